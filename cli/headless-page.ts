import type { Page } from 'playwright-core'
import { type Failure, LapidaryError } from '../src/protocol/errors.ts'

/** Milliseconds that the death of a browser may take to be told. */
const DEATH_MS = 2000

/** Opens the studio without a page to look at, behind `window.lapidary`. */
export async function openStudio(page: Page, url: string): Promise<void> {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(`${url}headless.html`)
  await page
    .waitForFunction(() => 'lapidary' in window, undefined, { timeout: 60_000 })
    .catch(() => {
      throw new Error(`The studio did not open. ${problems.join(' ')}`)
    })
}

/** Rejects when the browser dies under the page, with what is told of that. */
export function deathOf(page: Page, told: (what: string) => Failure): Promise<never> {
  const death = new Promise<never>((_, reject) => {
    const gone = (what: string) => reject(new LapidaryError(told(what)))
    page.on('crash', () => gone('Chromium crashed'))
    page.on('close', () => gone('Chromium was closed, or was ended by the system'))
  })
  death.catch(() => {})
  return death
}

/** What work comes to, or the browser's death: what waits for a browser that dies fails a moment before its death is told. */
export function untilDeath<T>(work: Promise<T>, death: Promise<never>): Promise<T> {
  return Promise.race([work, death]).catch(async (error: unknown) => {
    await Promise.race([death, new Promise((resolve) => setTimeout(resolve, DEATH_MS))])
    throw error
  })
}
