import { beforeEach, expect, test } from 'vitest'
import type { ExportDataRequest, ExportedFile, Mapping } from '../../src/protocol/studio.ts'
import { failure } from '../data/helpers.ts'
import { PAIRS, useDataRooms } from './support/data-rooms.ts'

const { room } = useDataRooms()
let data: ReturnType<typeof room>
beforeEach(() => {
  data = room()
})

const csv = `q,a\n${Array.from({ length: 20 }, (_, i) => `Where is ${i}?,In box ${i}.`).join('\n')}\n`
const text = (files: ExportedFile[], path: string) => files.find((file) => file.path === path)!.blob.text()
const request = async (format: ExportDataRequest['format']): Promise<ExportDataRequest> => {
  const { id } = await data.openFile(new File([csv], 'balls.csv'))
  return { dataset: id, mapping: PAIRS, validationShare: 0.25, seed: 3, format }
}

test('every row is in one file of its split, the same rows in each format', async () => {
  const lines = await data.exportData(await request('jsonl'))
  expect(lines.map(({ path }) => path)).toEqual(['train.jsonl', 'validation.jsonl'])
  const asked = async (path: string) =>
    (await text(lines, path))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).messages[0].content as string)
  const [train, validation] = [await asked('train.jsonl'), await asked('validation.jsonl')]
  expect([train.length, validation.length]).toEqual([15, 5])
  expect(new Set([...train, ...validation]).size).toBe(20)

  const sheet = await data.exportData(await request('csv'))
  expect((await text(sheet, 'validation.csv')).split('\r\n').slice(1, -1)).toEqual(
    validation.map((prompt) => `${prompt},${prompt.replace('Where is ', 'In box ').replace('?', '.')}`),
  )
  const { parquetReadObjects } = await import('hyparquet')
  const [parquet] = await data.exportData(await request('parquet'))
  const rows = await parquetReadObjects({ file: await parquet!.blob.arrayBuffer() })
  expect(rows.map(({ prompt }) => prompt)).toEqual(train)

  const kauldron = await data.exportData({ ...(await request('kauldron')), model: 'pebble' })
  expect(kauldron.map(({ path }) => path)).toEqual(['train.json', 'validation.json', 'config.py'])
  expect(
    JSON.parse(await text(kauldron, 'train.json')).map((pair: { prompt: string }) => pair.prompt),
  ).toEqual(train)
  expect(await text(kauldron, 'config.py')).toContain('STEPS = 6')
})

test('plain text has no form in kauldron', async () => {
  const asked = await request('kauldron')
  const mapping: Mapping = { ...PAIRS, prompt: null, response: null, text: 'q' }
  await failure(() => data.exportData({ ...asked, mapping }), 'bad_data')
  const [lines] = await data.exportData({ ...asked, mapping, format: 'jsonl' })
  expect(JSON.parse((await lines!.blob.text()).split('\n')[0]!)).toHaveProperty('text')
})

test('it can be stopped', async () => {
  const asked = await request('csv')
  await expect(data.exportData(asked, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  })
})

test("prepared in kauldron's format, tokens are those of Seq2SeqTask, under a key of their own", async () => {
  const { format: _, ...examples } = await request('csv')
  const asked = { ...examples, model: 'pebble', maxLength: 64, completionOnlyLoss: null }
  const [usual, kauldron] = [await data.prepare(asked), await data.prepare({ ...asked, format: 'kauldron' })]
  expect(kauldron.tokens).not.toBe(usual.tokens)
  const pieces = kauldron.samples[0]!.pieces.map((piece) => piece.text).join('')
  expect(pieces).toMatch(
    /^<bos><start_of_turn>user\nWhere.*<end_of_turn>\n<start_of_turn>model\nIn box \d+\.<end_of_turn>$/,
  )
  const learnt = kauldron.samples[0]!.pieces.filter((piece) => piece.supervised)
  expect(learnt.map((piece) => piece.text).join('')).toMatch(/^In box \d+\.<end_of_turn>$/)
})
