import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, type Page, test, type Worker } from '@playwright/test'
import { serve } from '../../cli/server.ts'
import { bundled, openOutside, SEALED_HASH, underPolicy } from '../browsers/policy.ts'
import { probe } from './probe.ts'

test.use({ serviceWorkers: 'allow' })

/** Starts workers as the studio does. */
const STARTER = `
  import { startAtAddresses, Worker } from './src/protocol/worker.ts'
  window.startAtAddresses = startAtAddresses
  window.start = (path) => { window.last = new Worker(new URL(path, location.href), { type: 'module' }) }
  window.stop = () => window.last.terminate()`

interface Starting {
  startAtAddresses(): void
  start(path: string): void
  stop(): void
}

/** Of a page with an adapter that is taken away, a document of its own. */
const OF_CHAT_PAGE = 'chat.worker'

/** The scripts of a build that start as workers: one for each in the sources, whatever starts it. */
function builtWorkers(dist: string): string[] {
  const names = readdirSync('src', { recursive: true, encoding: 'utf8' }).flatMap((path) =>
    path.endsWith('.worker.ts') ? [basename(path, '.ts')] : [],
  )
  expect(names).toContain(OF_CHAT_PAGE)
  const assets = readdirSync(`${dist}/assets`).filter((name) => name.endsWith('.js'))
  return names
    .filter((name) => name !== OF_CHAT_PAGE)
    .map((name) => {
      const found = assets.filter((asset) => asset.startsWith(`${name}-`))
      expect(found, name).toHaveLength(1)
      return `assets/${found[0]}`
    })
}

async function begun(page: Page, path: string): Promise<Worker> {
  const waiting = page.waitForEvent('worker', { timeout: 30_000 })
  await page.evaluate((path) => (window as unknown as Starting).start(path), path)
  return waiting
}

test('every worker of the build is refused what the policy does not name, and sealed all but its own host, as a blob and behind the service worker', async ({
  page,
  baseURL,
}) => {
  const port = new URL(baseURL!).port
  const dist = `.cache/e2e${port === '4391' ? '' : `-${port}`}`
  const workers = builtWorkers(dist)
  const outside = await openOutside()
  const texts = new Map([
    ['/starter.js', await bundled(STARTER)],
    ['/starter.html', underPolicy('starter.js')],
  ])
  const server = await serve({ root: dist, texts })
  const studio = server.url.replace('127.0.0.1', 'localhost')
  try {
    for (const url of [outside.allowed, outside.forbidden]) expect((await fetch(url)).status).toBe(200)
    outside.asked.length = 0
    for (const behind of [false, true]) {
      for (const sealed of [false, true]) {
        await page.goto('about:blank')
        await page.goto(`${studio}starter.html${sealed ? SEALED_HASH : ''}`)
        await page.waitForFunction(() => 'start' in window)
        if (behind) {
          await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
          await page.evaluate(() => (window as unknown as Starting).startAtAddresses())
        }
        for (const path of workers) {
          const worker = await begun(page, path)
          const where = `${path}, ${sealed ? 'sealed' : 'not sealed'}, ${worker.url()}`
          expect(worker.url(), where).toMatch(behind ? /^http/ : /^blob:/)
          expect(await probe(worker, outside, studio), where).toEqual({
            allowed: sealed ? 'refused' : 'answered',
            forbidden: 'refused',
            own: 'answered',
            program: 'EvalError',
          })
          await page.evaluate(() => (window as unknown as Starting).stop())
        }
        // Counted at the other end, too.
        const hosts = [...new Set(outside.asked)]
        expect(hosts).toEqual(sealed ? [] : [new URL(outside.allowed).host])
        outside.asked.length = 0
      }
      // It stays sealed, as whoever sealed it wants. Its own service worker answers for this page from the next opening on.
      await page.evaluate(() => localStorage.clear())
      await page.goto(studio)
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => null))
    }
  } finally {
    outside.close()
    await server.close()
  }
})
