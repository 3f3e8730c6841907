import { afterEach, expect, test, vi } from 'vitest'
import chatPage from '../../src/export/formats/chat-page.ts'
import { readJson, readText } from '../../src/files/bytes.ts'
import { openWeights } from '../../src/files/weights.ts'
import { namedFor } from '../../src/model/lora.ts'
import { blobFile } from '../../src/protocol/exported.ts'
import { readAdapter } from '../../src/workers/adapter-files.ts'
import { chatPageAt } from '../../src/workers/chat-page-files.ts'
import { goldenSource, written } from '../support/export-source.ts'
import { failure } from './helpers.ts'

afterEach(() => vi.unstubAllGlobals())

test('a chat page holds the base as it is stored, the adapter as it was learnt, and what reads them', async () => {
  const { golden, source } = await goldenSource('gemma3-tiny')
  const page = [blobFile('index.html', new Blob(['<!doctype html>']))]
  const files = await written(await chatPage.files({ ...source, chatPage: async () => page }))
  const base = await source.model()
  expect([...files.keys()].sort()).toEqual(
    [
      'NOTICE',
      'README.txt',
      'adapter/adapter_config.json',
      'adapter/adapter_model.safetensors',
      ...[...base.files.keys()].map((name) => `base/${name}`),
      'chat.json',
      'index.html',
    ].sort(),
  )
  for (const [name, stored] of base.files) {
    const [is, was] = [
      await files.get(`base/${name}`)!.read(0, stored.size),
      await stored.read(0, stored.size),
    ]
    expect(Buffer.compare(is, was), name).toBe(0)
  }
  expect(await readJson(files.get('chat.json')!, 'chat.json')).toEqual({
    version: 1,
    base: 'gemma3-tiny',
    practice: false,
    step: 20,
    quantization: null,
    files: Object.fromEntries([...base.files].map(([name, { size }]) => [name, size])),
  })
  expect(await readText(files.get('NOTICE')!, 'NOTICE')).toContain('whose own files are unchanged')
  const tensors = files.get('adapter/adapter_model.safetensors')!
  const weights = await openWeights(new Map([['adapter_model.safetensors', tensors]]))
  expect(await readAdapter(namedFor(base.config, weights))).toEqual(golden.state.lora)
})

test('the files of the page are those that the build lists; where there are none that is said', async () => {
  const there: Record<string, Response> = {}
  vi.stubGlobal('fetch', async (url: URL) => there[url.href]?.clone() ?? new Response('', { status: 404 }))
  const at = 'https://studio.example/sub/'
  const missing = async () => (await failure(() => chatPageAt(at), 'missing_file')).detail
  expect(await missing()).toEqual({ path: 'chat-page/files.json' })
  // A development server's start page in place of the file.
  there[`${at}chat-page/files.json`] = new Response('<!doctype html>')
  expect(await missing()).toEqual({ path: 'chat-page/files.json' })
  there[`${at}chat-page/files.json`] = new Response('["assets/a.js","index.html"]')
  there[`${at}chat-page/index.html`] = new Response('page')
  expect(await missing()).toEqual({ path: 'chat-page/assets/a.js' })
  there[`${at}chat-page/assets/a.js`] = new Response('script')
  const files = await written(await chatPageAt(at))
  expect([...files].map(([path, { size }]) => [path, size])).toEqual([
    ['assets/a.js', 6],
    ['index.html', 4],
  ])
})
