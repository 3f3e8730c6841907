import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { expect, type FrameLocator, type Page, test } from '@playwright/test'
import { openPage } from '../browsers/embed.ts'
import { PATIENCE, watchForComplaints } from './helpers.ts'
import { storingApart } from './storing-apart.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
}

/** A plain host of a build, until another version takes its place: then no script of it has the name it had. */
async function plainHost(dist: string) {
  const host = { url: '', replaced: false, lists: true, asked: 0, close() {} }
  const server = createServer((request, response) => {
    host.asked = Date.now()
    const path = decodeURIComponent(new URL(request.url!, 'http://x').pathname)
    const file = join(dist, path.endsWith('/') ? `${path}index.html` : path)
    const gone = (host.replaced && path.startsWith('/assets/')) || (!host.lists && /later-files/.test(path))
    if (gone || !existsSync(file)) return response.writeHead(404).end()
    const type = TYPES[extname(file)] ?? 'application/octet-stream'
    response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }).end(readFileSync(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host.url = `http://localhost:${(server.address() as AddressInfo).port}/`
  host.close = () => {
    server.closeAllConnections()
    server.close()
  }
  return host
}

type Host = Awaited<ReturnType<typeof plainHost>>

/** A page of another site with the studio in it, whose run has begun. */
async function begun(page: Page, host: Host, steps: number): Promise<{ frame: FrameLocator; close(): void }> {
  page.setDefaultTimeout(60_000)
  await page.context().addInitScript(() => {
    try {
      localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' }))
    } catch {
      // Where there is none it is taken by itself.
    }
  })
  const config = { training: { max_steps: steps, learning_rate: 0.003, max_length: 128 }, lora: { r: 4 } }
  const around = await openPage(`<!doctype html><title>A tutorial</title>
    <script src="${host.url}embed.js"></script>
    <lapidary-studio data="sample:pirate" parts="train,evaluate,export,runs" height="700" config='${JSON.stringify(config)}'></lapidary-studio>`)
  await page.goto(around.url)
  const frame = page.frameLocator('lapidary-studio iframe')
  await frame.getByRole('button', { name: 'Start training' }).click()
  await expect(frame.getByText(new RegExp(`step [1-9]\\d* of ${steps}`)).first()).toBeVisible({
    timeout: PATIENCE,
  })
  return { frame, close: () => around.close() }
}

let host: Host
let around: { close(): void } | null = null
let apart: Awaited<ReturnType<typeof storingApart>>
test.beforeEach(async ({ baseURL }) => {
  const { port } = new URL(baseURL!)
  apart = await storingApart()
  host = await plainHost(`.cache/e2e${port === '4391' ? '' : `-${port}`}`)
})
test.afterEach(async () => {
  await apart.close()
  around?.close()
  host.close()
})

test('a frame whose host has another version by now trains to its end, answers and gives every kind of file', async () => {
  const { page } = apart
  const complaints = watchForComplaints(page)
  const { frame, close } = await begun(page, host, 40)
  around = { close }
  // Whatever it may need is there once it asks for nothing more.
  await expect.poll(() => Date.now() - host.asked, { timeout: PATIENCE }).toBeGreaterThan(4000)
  host.replaced = true

  await expect(frame.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await frame.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await frame.getByLabel('Your question (prompt)').fill('What colour is the sky?')
  await frame.getByRole('button', { name: 'Ask both models' }).click()
  const asked = frame.getByRole('article').filter({ hasText: 'What colour is the sky?' })
  await expect(asked.getByText(/^[\d.]+ s( |$)/)).toHaveCount(2, { timeout: PATIENCE })
  await frame.getByRole('link', { name: 'Export', exact: true }).click()
  for (const way of ['Use it elsewhere', 'Keep it']) {
    await frame.getByRole('radio', { name: way }).check()
    const waiting = page.waitForEvent('download', { timeout: PATIENCE })
    await frame
      .getByRole('button', { name: /^Download/ })
      .first()
      .click()
    expect((await waiting).suggestedFilename()).toMatch(/\.zip$/)
  }
  expect(complaints).toEqual([])
})

test('a frame that could not load a part says so; loaded anew it has what was learnt', async () => {
  const { page } = apart
  host.lists = false
  const { frame, close } = await begun(page, host, 900)
  around = { close }
  host.replaced = true
  await frame.getByText(/^Under the hood/).click()
  await frame.getByText('This part of the page could not be fetched.').first().waitFor()
  host.replaced = false
  await frame.getByRole('button', { name: 'Reload the page' }).first().click()
  // Until then it is the page of before, which has such a button too.
  await expect(frame.getByText('This part of the page could not be fetched.')).toHaveCount(0, {
    timeout: PATIENCE,
  })
  // Nobody was asked whether to leave: the run was stopped after its step, and stored.
  await frame.getByRole('button', { name: /^Runs: 1/ }).click({ timeout: PATIENCE })
  await expect(frame.getByRole('dialog', { name: 'Runs' }).getByText('Stopped')).toBeVisible()
})
