import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { DatasetPreview } from '../../src/protocol/studio.ts'
import { useDataRooms } from './support/data-rooms.ts'

/** The data room's sources, with addresses of the Hub led to a server of our own. */
const GOLDEN = join(import.meta.dirname, '..', 'golden', 'files')
const folder = mkdtempSync(join(tmpdir(), 'lapidary-sources-'))
const ROWS = 3000

const lines = Array.from({ length: ROWS }, (_, i) => `question ${i},answer ${i}`)
writeFileSync(join(folder, 'rows.csv'), `question,answer\n${lines.join('\n')}\n`)
const { room, base } = useDataRooms({ root: folder, folders: new Map([['/golden/', GOLDEN]]) })
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllGlobals())

test('rows behind an address are stored like those of a file', async () => {
  const data = room()
  const previews: DatasetPreview[] = []
  const shares: number[] = []
  const info = await data.openUrl(
    `${base()}rows.csv`,
    {},
    {},
    {
      onPreview: (preview) => previews.push(preview),
      onProgress: ({ share }) => shares.push(share!),
    },
  )
  expect(info).toMatchObject({
    name: 'rows.csv',
    rows: ROWS,
    guess: { prompt: 'question', response: 'answer' },
  })
  expect(previews[0]!.rows[0]).toEqual({ question: 'question 0', answer: 'answer 0' })
  expect(shares.at(-1)).toBe(1)
  const file = await data.openFile(new File([`question,answer\n`, 'a,b\n'], 'rows.csv'))
  expect(file.id).not.toBe(info.id)
  expect(await data.rows(info.id, { offset: ROWS - 1, count: 5 })).toEqual([
    { question: `question ${ROWS - 1}`, answer: `answer ${ROWS - 1}` },
  ])
  expect((await data.list()).map(({ name }) => name)).toContain('rows.csv')
})

/** A call that stops itself once the first rows are there. */
const stopping = (abort: AbortController) => ({ signal: abort.signal, onPreview: () => abort.abort() })

test('what fails or is stopped leaves nothing behind', async () => {
  const data = room()
  await expect(data.openUrl(`${base()}none.csv`)).rejects.toMatchObject({ code: 'missing_file' })
  await expect(data.openUrl('https://drive.google.com/file/d/1AbCdEfGhIjKlMn/view')).rejects.toMatchObject({
    code: 'network',
    hint: expect.stringContaining('then drop it here'),
  })
  const abort = new AbortController()
  const stopped = data.openUrl(`${base()}rows.csv`, {}, {}, stopping(abort))
  await expect(stopped).rejects.toThrow(/abort/i)
  expect(await data.list()).toEqual([])
})

test('what was stopped or broke off goes on with what had come', async () => {
  const data = room()
  const real = globalThis.fetch
  let asked = 0
  vi.stubGlobal('fetch', (input: string, init?: RequestInit) => {
    asked++
    return real(input, init)
  })
  const abort = new AbortController()
  const address = `${base()}rows.csv`
  await expect(data.openUrl(address, {}, {}, stopping(abort))).rejects.toThrow(/abort/i)
  expect(asked).toBe(1)
  expect((await data.openUrl(address)).rows).toBe(ROWS)
  expect(asked).toBe(1)
  // What was read whole is not kept: the file may have changed since.
  await data.openUrl(address)
  expect(asked).toBe(2)
})

test('a data set of the Hub by its page, its token in nothing that is kept', async () => {
  const seen: (string | null)[] = []
  const file = {
    config: 'default',
    split: 'train',
    filename: '0000.parquet',
    size: statSync(join(GOLDEN, 'text-zstd.parquet')).size,
    url: 'https://huggingface.co/datasets/o/n/resolve/refs%2Fconvert%2Fparquet/default/train/0000.parquet',
  }
  const real = globalThis.fetch
  vi.stubGlobal('fetch', async (input: string, init?: RequestInit) => {
    const url = new URL(input)
    if (url.origin === new URL(base()).origin) return real(input, init)
    const headers = new Headers(init?.headers)
    seen.push(headers.get('authorization'))
    if (url.hostname === 'datasets-server.huggingface.co')
      return Response.json({
        splits: [{ config: 'default', split: 'train' }],
        parquet_files: [file],
        partial: false,
      })
    expect(url.href).toBe(file.url)
    return real(`${base()}golden/text-zstd.parquet`, init)
  })
  const data = room()
  const access = { token: 'hf_secret' }
  const configs = await data.hubConfigs('o/n', access)
  expect(configs.configs).toEqual([
    { name: 'default', splits: [{ name: 'train', bytes: file.size, files: 1 }] },
  ])
  const byPage = await data.openUrl('https://huggingface.co/datasets/o/n', access)
  const byChoice = await data.openHub({ dataset: 'o/n', config: 'default', split: 'train' }, access)
  expect(byPage.name).toBe('o/n (train)')
  expect([byChoice.id, byChoice.rows]).toEqual([byPage.id, byPage.rows])
  expect(byPage.rows).toBeGreaterThan(0)
  expect(new Set(seen)).toEqual(new Set(['Bearer hf_secret']))
  expect(JSON.stringify(await data.list())).not.toContain('hf_secret')
})
