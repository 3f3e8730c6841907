import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { CHROMIUM_ARGS, findChromium } from '../../cli/chromium.mjs'

/**
 * A Chromium in which frames of other sites store apart, as people have it. Playwright switches that off; Chromium then lets such frames
 * store nothing. The last such flag holds.
 */
export async function storingApart(): Promise<{ page: Page; close(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'embed-'))
  const executablePath = await findChromium()
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : {}),
    args: [...CHROMIUM_ARGS, '--disable-features=MediaRouter,OptimizationHints,HttpsUpgrades'],
    headless: true,
    viewport: { width: 1280, height: 1000 },
  })
  return {
    page: context.pages()[0]!,
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
