import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'lapidary-server-'))
const script = `export const words = '${'many words '.repeat(500)}'`
let server: RunningServer

beforeAll(async () => {
  writeFileSync(join(folder, 'page.js'), script)
  writeFileSync(join(folder, 'rows.csv'), 'a,b\n'.repeat(1000))
  server = await serve({ root: folder })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** As it goes over the line: `fetch` would unpack it. */
const get = (path: string, headers: Record<string, string>) =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    request(new URL(path, server.url), { headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      )
    })
      .on('error', reject)
      .end()
  })

test('what a page is made of is sent compressed to whoever takes that', async () => {
  const packed = await get('page.js', { 'Accept-Encoding': 'br, gzip' })
  expect(packed.headers['content-encoding']).toBe('gzip')
  expect(packed.body.length).toBeLessThan(script.length / 10)
  expect(gunzipSync(packed.body).toString()).toBe(script)
  const plain = await get('page.js', {})
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(plain.body.toString()).toBe(script)
  writeFileSync(join(folder, 'page.js'), 'export {}')
  expect(gunzipSync((await get('page.js', { 'Accept-Encoding': 'gzip' })).body).toString()).toBe('export {}')
})

test('a part of a file, and data, are sent as they are', async () => {
  const part = await get('page.js', { 'Accept-Encoding': 'gzip', Range: 'bytes=0-5' })
  expect([part.status, part.body.toString()]).toEqual([206, 'export'])
  const rows = await get('rows.csv', { 'Accept-Encoding': 'gzip' })
  expect([rows.headers['content-encoding'], rows.body.length]).toEqual([undefined, 4000])
})
