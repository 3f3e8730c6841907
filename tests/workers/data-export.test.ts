import { beforeEach, expect, test } from 'vitest'
import { blobOf } from '../../src/protocol/exported.ts'
import type { ExportedFile } from '../../src/protocol/studio.ts'
import { failure } from '../data/helpers.ts'
import { changed, recipeOf } from '../support/recipe.ts'
import { PAIRS, useDataRooms } from './support/data-rooms.ts'

const { room } = useDataRooms()
let data: ReturnType<typeof room>
beforeEach(() => {
  data = room()
})

const csv = `q,a\n${Array.from({ length: 20 }, (_, i) => `Where is ${i}?,In box ${i}.`).join('\n')}\n`
const text = async (files: ExportedFile[], path: string) =>
  (await blobOf(files.find((file) => file.path === path)!)).text()
const balls = async () => {
  const info = await data.openFile(new File([csv], 'balls.csv'))
  return recipeOf(info, { data: { ...PAIRS, validation_share: 0.25 }, training: { seed: 3 } })
}

test('every row is in one file of its split, the same rows in each format', async () => {
  const lines = await data.exportData(await balls(), 'jsonl')
  expect(lines.map(({ path }) => path)).toEqual(['train.jsonl', 'validation.jsonl'])
  const asked = async (path: string) =>
    (await text(lines, path))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).messages[0].content as string)
  const [train, validation] = [await asked('train.jsonl'), await asked('validation.jsonl')]
  expect([train.length, validation.length]).toEqual([15, 5])
  expect(new Set([...train, ...validation]).size).toBe(20)

  const sheet = await data.exportData(await balls(), 'csv')
  expect((await text(sheet, 'validation.csv')).split('\r\n').slice(1, -1)).toEqual(
    validation.map((prompt) => `${prompt},${prompt.replace('Where is ', 'In box ').replace('?', '.')}`),
  )
  const { parquetReadObjects } = await import('hyparquet')
  const [parquet] = await data.exportData(await balls(), 'parquet')
  const rows = await parquetReadObjects({ file: await (await blobOf(parquet!)).arrayBuffer() })
  expect(rows.map(({ prompt }) => prompt)).toEqual(train)

  const kauldron = await data.exportData(await balls(), 'kauldron')
  expect(kauldron.map(({ path }) => path)).toEqual(['train.json', 'validation.json', 'config.py'])
  expect(
    JSON.parse(await text(kauldron, 'train.json')).map((pair: { prompt: string }) => pair.prompt),
  ).toEqual(train)
  expect(await text(kauldron, 'config.py')).toContain('STEPS = 6')
})

test('plain text has no form in kauldron', async () => {
  const asked = changed(await balls(), { data: { prompt: null, response: null, text: 'q' } })
  await failure(() => data.exportData(asked, 'kauldron'), 'bad_data')
  const [lines] = await data.exportData(asked, 'jsonl')
  expect(JSON.parse((await (await blobOf(lines!)).text()).split('\n')[0]!)).toHaveProperty('text')
})

test('it can be stopped', async () => {
  const asked = await balls()
  await expect(data.exportData(asked, 'csv', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  })
})

test("prepared in kauldron's format, tokens are those of Seq2SeqTask, under a key of their own", async () => {
  const asked = changed(await balls(), { training: { max_length: 64 } })
  const usual = await data.prepare(asked)
  const kauldron = await data.prepare(changed(asked, { data: { format: 'kauldron' } }))
  expect(kauldron.tokens).not.toBe(usual.tokens)
  const pieces = kauldron.samples[0]!.pieces.map((piece) => piece.text).join('')
  expect(pieces).toMatch(
    /^<bos><start_of_turn>user\nWhere.*<end_of_turn>\n<start_of_turn>model\nIn box \d+\.<end_of_turn>$/,
  )
  const learnt = kauldron.samples[0]!.pieces.filter((piece) => piece.supervised)
  expect(learnt.map((piece) => piece.text).join('')).toMatch(/^In box \d+\.<end_of_turn>$/)
})
