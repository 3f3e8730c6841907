import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type ElementHandle, type Frame } from 'puppeteer-core'
import { type Driver, findExpression, type Query } from './driver.ts'

/** Firefox without a window, by WebDriver BiDi. Its question about persistent storage is left to whoever never answers. */
export async function openFirefox(executablePath: string, language: string): Promise<Driver<ElementHandle>> {
  const downloads = mkdtempSync(join(tmpdir(), 'lapidary-firefox-'))
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    // A step on a slow machine may keep the page's answer waiting.
    protocolTimeout: 120_000,
    extraPrefsFirefox: {
      'intl.accept_languages': language,
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.download.alwaysOpenPanel': false,
    },
  })
  const page = await browser.newPage()
  await page.setViewport({ width: 1280, height: 800 })
  let place: Frame = page.mainFrame()
  page.on('dialog', (dialog) => void dialog.accept().catch(() => {}))
  return {
    version: await browser.version(),
    downloads,
    async open(url) {
      place = page.mainFrame()
      await page.goto(url)
    },
    reload: async () => void (await page.reload()),
    async find(query: Query) {
      const handle = await place.evaluateHandle(findExpression(query))
      const element = handle.asElement() as ElementHandle | null
      if (!element) await handle.dispose()
      return element
    },
    click: (element) => element.click(),
    async type(element, text) {
      await element.click({ count: 3 })
      await page.keyboard.down('Control')
      await page.keyboard.press('a')
      await page.keyboard.up('Control')
      await page.keyboard.type(text)
    },
    chooseFile: (element, path) => (element as ElementHandle<HTMLInputElement>).uploadFile(path),
    async enter(frame) {
      place = page.mainFrame()
      if (frame === null) return
      const element = (
        await place.evaluateHandle(frame)
      ).asElement() as ElementHandle<HTMLIFrameElement> | null
      const inner = await element?.contentFrame()
      if (!inner) throw new Error(`${frame} is no frame`)
      place = inner
    },
    run: <T>(body: string) => place.evaluate(`(async () => { ${body} })()`) as Promise<T>,
    screenshot: () => page.screenshot(),
    async close() {
      await browser.close()
      rmSync(downloads, { recursive: true, force: true })
    },
  }
}
