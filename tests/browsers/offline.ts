import type { Driver } from './driver.ts'
import { adapterIn, type Part, require } from './journey.ts'
import { page, texts } from './locators.ts'
import { clearDownloads } from './pack.ts'
import { Person } from './person.ts'

const STEPS = 6
/** The studio keeps itself ten seconds after it was opened. */
const KEPT_MS = 90_000
const MOST_MS = 240_000
const FOUND_MS = 8_000

/** @param stop ends the studio's server */
export function offlinePart(driver: Driver, url: string, stop: () => Promise<void>): Part {
  const person = new Person(driver)
  return [
    'keeps itself, and with its server stopped opens, trains and gives the adapter',
    async () => {
      await driver.open(url)
      await person.press({ role: 'button', name: /^This app/ })
      await person.read(/Works without internet/, KEPT_MS)
      await stop()
      const there = await fetch(url).then(
        () => true,
        () => false,
      )
      require(!there, 'the server answers still')
      await driver.open('about:blank')
      await driver.open(url)
      // What was being set up is found again, in Firefox; other data make it another run.
      await person.press({ role: 'button', name: 'Choose other data' }, FOUND_MS).catch(() => {})
      await person.press({ role: 'button', name: /^Find the mood/ })
      await person.read(page.counted)
      await person.press(page.train)
      await person.write(page.steps, String(STEPS))
      await person.press(page.start)
      await person.read(texts.done, MOST_MS)
      clearDownloads(driver.downloads)
      await person.press(page.export)
      await person.press(page.download)
      await adapterIn(driver.downloads)
    },
  ]
}
