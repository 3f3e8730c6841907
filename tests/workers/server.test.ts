import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { httpSource } from '../../src/files/bytes.ts'

let folder: string
let server: RunningServer
const put = new Map<string, string>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-server-'))
  writeFileSync(join(folder, 'index.html'), '<p>studio</p>')
  writeFileSync(
    join(folder, 'weights.bin'),
    Uint8Array.from({ length: 1000 }, (_, i) => i & 255),
  )
  writeFileSync(join(folder, 'empty'), '')
  writeFileSync(join(folder, 'worker.js'), 'code')
  writeFileSync(join(folder, 'a b.csv'), 'x\n')
  server = await serve({
    root: folder,
    policy: "default-src 'self'",
    files: new Map([['/given/m.bin', join(folder, 'weights.bin')]]),
    async put(path, body) {
      let text = ''
      for await (const piece of body) text += String(piece)
      put.set(path, text)
    },
  })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers })

describe('the static server', () => {
  test('serves files with their types, and the start page', async () => {
    const page = await get('')
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<p>studio</p>',
    ])
    expect(await (await get('a%20b.csv')).text()).toBe('x\n')
    expect((await get('empty')).headers.get('content-length')).toBe('0')
    expect((await get('nothing')).status).toBe(404)
  })

  test('sends the policy with the page and with scripts, of which workers take it, and with nothing else', async () => {
    const policies = []
    for (const path of ['', 'index.html', 'worker.js', 'worker.js?sealed', 'a%20b.csv', 'nothing.html'])
      policies.push((await get(path)).headers.get('content-security-policy'))
    const own = "default-src 'self'"
    expect(policies).toEqual([own, own, own, own, null, null])
  })

  test('answers ranges as the weight reader asks for them', async () => {
    const source = await httpSource(`${server.url}given/m.bin`)
    expect(source.size).toBe(1000)
    expect(await source.read(255, 258)).toEqual(Uint8Array.of(255, 0, 1))
    expect(await source.read(990, 1000)).toHaveLength(10)
  })

  test('knows open, trailing and impossible ranges', async () => {
    const range = async (value: string) => {
      const response = await get('weights.bin', { Range: value })
      return [
        response.status,
        response.headers.get('content-range'),
        (await response.arrayBuffer()).byteLength,
      ]
    }
    expect(await range('bytes=990-')).toEqual([206, 'bytes 990-999/1000', 10])
    expect(await range('bytes=-5')).toEqual([206, 'bytes 995-999/1000', 5])
    expect(await range('bytes=0-9999')).toEqual([206, 'bytes 0-999/1000', 1000])
    expect(await range('bytes=1000-')).toEqual([416, 'bytes */1000', 0])
    expect((await range('bytes=0-1,5-6'))[0]).toBe(200)
  })

  test('lets nobody out of its folder', async () => {
    for (const path of ['%2e%2e/%2e%2e/etc/passwd', '..%2f..%2fetc%2fpasswd', 'a/..%5c..%5cx', '%00'])
      expect((await get(path)).status >= 400, path).toBe(true)
  })

  test('takes files back by PUT, and nothing by POST', async () => {
    expect((await fetch(`${server.url}out/x`, { method: 'PUT', body: 'bytes' })).status).toBe(204)
    expect(put.get('/out/x')).toBe('bytes')
    expect((await fetch(`${server.url}out/x`, { method: 'POST', body: 'bytes' })).status).toBe(405)
  })

  test('takes the next port where one is taken, unless it must be that one', async () => {
    const port = Number(new URL(server.url).port)
    const second = await serve({ root: folder, port })
    expect(Number(new URL(second.url).port)).toBeGreaterThan(port)
    await second.close()
    await expect(serve({ root: folder, port, strict: true })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
