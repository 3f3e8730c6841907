import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { unzipSync } from 'fflate'
import { PATIENCE, startShort, watchForComplaints } from './helpers.ts'

const TYPES: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  json: 'application/json',
  wasm: 'application/wasm',
}

/** A server that can do nothing but give files. */
function serve(folder: string) {
  const asked: string[] = []
  const server = createServer(({ url }, response) => {
    const path = decodeURIComponent((url ?? '/').replace(/\/$/, '/index.html'))
    asked.push(path)
    try {
      const bytes = readFileSync(join(folder, path))
      response.writeHead(200, {
        'content-type': TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream',
      })
      response.end(bytes)
    } catch {
      response.writeHead(404)
      response.end()
    }
  })
  return new Promise<{ url: string; asked: string[]; close: () => void }>((resolve) =>
    server.listen(0, () =>
      resolve({
        url: `http://localhost:${(server.address() as AddressInfo).port}/some/where/`,
        asked,
        close: () => server.close(),
      }),
    ),
  )
}

test('a chat page that was taken away answers by itself what the studio answers, to the word', async ({
  page,
  browser,
}) => {
  await page.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
  await startShort(page, 12, { settings: { 'Learning rate': '1e-2' } })
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await page.getByLabel('Your question (prompt)').fill('Where do boats sleep?')
  await page.getByRole('button', { name: 'Ask both models' }).click()
  const exchange = page.locator('article.sample').first()
  await expect(exchange.locator('.answer p.small').getByText(/^[\d.]+ s( ·|$)/)).toHaveCount(2, {
    timeout: PATIENCE,
  })
  const said = (await exchange.locator('.answer p').allInnerTexts()).filter((_, i) => i % 2 === 0)

  await page.getByRole('link', { name: 'Export', exact: true }).click()
  await page.getByRole('radio', { name: 'Try it' }).check()
  await page.getByText('Let others try it: a chat page to hand on').click()
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: /^Download \(/ }).click()
  const folder = test.info().outputPath('served', 'some', 'where')
  for (const [path, bytes] of Object.entries(unzipSync(readFileSync(await (await downloading).path())))) {
    const file = join(folder, path.slice(path.indexOf('/') + 1))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }

  const server = await serve(test.info().outputPath('served'))
  // A browser that knows nothing of the studio.
  const context = await browser.newContext({ colorScheme: 'dark', viewport: { width: 360, height: 740 } })
  const strange: string[] = []
  await context.route('**', (route) => {
    if (route.request().url().startsWith(server.url)) return route.continue()
    strange.push(route.request().url())
    return route.abort()
  })
  const chat = await context.newPage()
  const complaints = watchForComplaints(chat)
  await chat.goto(server.url)
  await chat.getByLabel('Your question (prompt)').fill('Where do boats sleep?')
  await chat.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(chat.getByText(/^[\d.]+ s( ·|$)/)).toHaveCount(2, { timeout: PATIENCE })
  const [tuned, base] = await chat.locator('.answer .said').allInnerTexts()
  expect([base, tuned]).toEqual(said)
  expect(tuned).not.toBe(base)
  await chat.getByRole('button', { name: 'Check this model' }).click()
  await expect(chat.getByText(/^It works: /)).toBeVisible({ timeout: PATIENCE })
  const over = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
  expect(await chat.evaluate(over)).toBeLessThanOrEqual(0)
  for (const colorScheme of ['dark', 'light'] as const) {
    await chat.emulateMedia({ colorScheme })
    expect((await new AxeBuilder({ page: chat }).analyze()).violations).toEqual([])
    await chat.screenshot({ path: test.info().outputPath(`chat-${colorScheme}.png`), fullPage: true })
  }

  // In the language of a browser, what goes wrong as well.
  const taiwan = await browser.newContext({ locale: 'zh-TW', viewport: { width: 360, height: 740 } })
  const inChinese = await taiwan.newPage()
  await inChinese.goto(server.url)
  await expect(inChinese.getByRole('heading', { level: 1 })).toHaveText('向微調後的模型提問')
  expect(await inChinese.evaluate(() => [document.documentElement.lang, document.title])).toEqual([
    'zh-Hant',
    '向微調後的模型提問',
  ])
  expect(await inChinese.locator('main').innerText()).not.toMatch(/[a-z]{2,} [a-z]{2,} [a-z]{2,}/i)
  expect(await inChinese.evaluate(over)).toBeLessThanOrEqual(0)
  await inChinese.screenshot({ path: test.info().outputPath('chat-zh-Hant.png'), fullPage: true })
  await inChinese.route('**/base/**', (route) => route.abort())
  await inChinese.getByLabel('您的問題（prompt）').fill('船睡在哪裡？')
  await inChinese.getByRole('button', { name: '提問', exact: true }).click()
  await expect(inChinese.getByRole('alert').first()).toHaveText(/[\u4e00-\u9fff]/, { timeout: PATIENCE })
  await taiwan.close()

  // Once it is loaded nothing more is fetched.
  const before = server.asked.length
  server.close()
  await chat.getByLabel('Your question (prompt)').fill('And where do ships?')
  await chat.getByLabel('Ask the base model, too').uncheck()
  await chat.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(chat.getByText(/^[\d.]+ s( ·|$)/)).toHaveCount(3, { timeout: PATIENCE })
  expect([server.asked.length, strange, complaints]).toEqual([before, [], []])
  await context.close()
})
