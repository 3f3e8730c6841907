import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const context = vi.hoisted(() => ({ pages: () => [{}], close: async () => {} }))
vi.mock('playwright-core', () => ({ chromium: { launchPersistentContext: async () => context } }))
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return { ...real, rm: vi.fn(real.rm) }
})

const { openBrowser } = await import('../../cli/browser.ts')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-browser-'))
  vi.stubEnv('TMPDIR', folder)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

test('a browser that died takes its profile with it when it is closed', async () => {
  vi.spyOn(context, 'close').mockRejectedValue(new Error('Target page, context or browser has been closed'))
  const browser = await openBrowser()
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^lapidary-profile-/)])
  await browser.close()
  expect(readdirSync(folder)).toEqual([])
})

test('a profile that is still written into is said, and keeps nothing from ending', async () => {
  const said: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const browser = await openBrowser()
  vi.mocked(rm).mockRejectedValueOnce(new Error('ENOTEMPTY: directory not empty'))
  await browser.close()
  expect(said).toEqual(['The profile of the browser could not be removed: ENOTEMPTY: directory not empty\n'])
})
