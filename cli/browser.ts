import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { LapidaryError } from '../src/protocol/errors.ts'
import { CHROMIUM_ARGS, findChromium } from './chromium.mjs'

/**
 * A Chromium without a window, with a profile of its own on disk (the one in memory has little room), which goes when
 * it is closed.
 */
export async function openBrowser(): Promise<{ page: Page; close(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'lapidary-profile-'))
  // What is left of a browser that died may write into it for a moment. A folder that stays is said, and never in place of what went wrong.
  const remove = () =>
    rm(profile, { recursive: true, force: true, maxRetries: 10 }).catch(({ message }: Error) => {
      process.stderr.write(`The profile of the browser could not be removed: ${message}\n`)
    })
  const executablePath = await findChromium()
  let context: BrowserContext
  try {
    context = await chromium.launchPersistentContext(profile, {
      ...(executablePath ? { executablePath } : {}),
      args: CHROMIUM_ARGS,
      headless: true,
      // Signals are the command's: a stop saves a checkpoint first.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
  } catch (error) {
    await remove()
    throw new LapidaryError({
      code: 'internal',
      message: `Chromium did not start: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
      hint: 'Install a current Chromium, or name one with LAPIDARY_CHROMIUM.',
    })
  }
  const page = context.pages()[0] ?? (await context.newPage())
  return {
    page,
    async close() {
      await context.close().catch(() => {})
      await remove()
    },
  }
}
