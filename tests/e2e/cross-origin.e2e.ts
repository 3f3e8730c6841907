import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, type Page, test } from '@playwright/test'
import { build } from 'esbuild'

/**
 * Files of other servers as a real browser lets a page read them. The unit tests know what servers do; only a browser
 * knows what it hides.
 */
type Read = (url: string, token?: string) => Promise<(string | number)[]>

const CODE = `
  import { remoteFile } from './src/files/remote.ts'
  import { approve } from './src/protocol/gate.ts'
  window.read = async (url, token) => {
    approve(url)
    try {
      const { name, source } = await remoteFile(url, { wait: 1, token })
      const tail = await source.read(source.size - 4, source.size)
      return [name, source.size, new TextDecoder().decode(tail)]
    } catch (error) {
      return [error.code, error.hint]
    }
  }`

const rows = Buffer.from(`${'x'.repeat(9_000_000)}end\n`)
const OPEN = { 'Access-Control-Allow-Origin': '*' }
const SHOWN = { ...OPEN, 'Access-Control-Expose-Headers': 'Content-Range' }
const HEADERS: Record<string, Record<string, string>> = {
  '/closed.csv': {},
  '/plain.csv': OPEN,
  '/shown.csv': SHOWN,
  '/token.csv': { ...SHOWN, 'Access-Control-Allow-Headers': 'authorization' },
}
let asked: string[] = []
const servers: Server[] = []

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function openPage(page: Page): Promise<{ read: Read; files: string }> {
  const { outputFiles } = await build({
    stdin: { contents: CODE, resolveDir: '.', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
  })
  const own = await listen((_, response) => {
    response.setHeader('Content-Type', 'text/html').end(`<script>${outputFiles[0]!.text}</script>`)
  })
  const port = await listen((request, response) => {
    asked.push(`${request.method} ${request.headers.range ?? ''}`.trim())
    const headers = HEADERS[request.url!]!
    if (request.method === 'OPTIONS')
      return void response.writeHead(headers['Access-Control-Allow-Headers'] ? 204 : 405, headers).end()
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '')
    const start = Number(range?.[1] ?? 0)
    const end = Math.min(Number(range?.[2] ?? rows.length) + 1, rows.length)
    const place = range ? { 'Content-Range': `bytes ${start}-${end - 1}/${rows.length}` } : {}
    response.writeHead(range ? 206 : 200, { ...headers, ...place, 'Content-Length': end - start })
    response.end(rows.subarray(start, end))
  })
  await page.goto(`http://127.0.0.1:${own}/`)
  const read: Read = (url, token) =>
    page.evaluate(([url, token]) => (window as unknown as { read: Read }).read(url!, token), [url, token])
  return { read, files: `http://127.0.0.1:${port}` }
}

test.afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

test('files of other servers, as far as these let a page read them', async ({ page }) => {
  const { read, files } = await openPage(page)
  const whole = (name: string) => [name, rows.length, 'end\n']
  // Where the size is shown, only the blocks that are wanted: the first tells the size, the third has the end.
  expect(await read(`${files}/shown.csv`)).toEqual(whole('shown.csv'))
  expect(asked).toEqual(['GET bytes=0-4194303', `GET bytes=8388608-${rows.length - 1}`])
  asked = []
  // Where it is hidden, all of it, once.
  expect(await read(`${files}/plain.csv`)).toEqual(whole('plain.csv'))
  expect(asked).toEqual(['GET bytes=0-4194303', 'GET'])
  asked = []
  expect(await read(`${files}/token.csv`, 'secret')).toEqual(whole('token.csv'))
  expect(asked[0]).toBe('OPTIONS')
  const advice = ['network', 'Download it in a browser tab, then drop it here.']
  expect(await read(`${files}/closed.csv`)).toEqual(advice)
  expect(await read(`${files}/plain.csv`, 'secret')).toEqual(advice)
  expect(await read('http://127.0.0.1:9/rows.csv')).toEqual(advice)
})
