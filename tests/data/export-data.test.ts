import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { csvFiles } from '../../src/export/data/csv.ts'
import { jsonLinesFiles } from '../../src/export/data/jsonl.ts'
import { kauldronFiles } from '../../src/export/data/kauldron.ts'
import { parquetFiles } from '../../src/export/data/parquet.ts'
import type { DataFile, DataRow } from '../../src/export/data/rows.ts'
import { blobSource } from '../../src/files/bytes.ts'
import { tableRows } from '../../src/files/table.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { Message } from '../../src/protocol/tokens.ts'
import { failure } from './helpers.ts'

const turn = (role: Message['role'], content: string) => ({ role, content })
const TEXTS = [
  'plain',
  'a,b;"c"',
  ' blanks ',
  'two\nlines\r\n',
  '',
  '日本語 👩‍💻',
  '\u0000\t',
  'a\u2028b',
  '=1+1',
]
const pair = (text: string): DataRow => ({ messages: [turn('user', text), turn('assistant', `${text}!`)] })
const withSystem: DataRow = {
  messages: [turn('system', 'be kind'), turn('user', 'q'), turn('assistant', 'a')],
}
const long: DataRow = {
  messages: [turn('user', 'q'), turn('assistant', 'a'), turn('user', 'r'), turn('assistant', 'b')],
}
const pairs = TEXTS.map(pair)

const text = (files: DataFile[], path: string) => files.find((file) => file.path === path)!.blob.text()
const open = async ({ path, blob }: DataFile) => tableRows((await openDataset(path, blobSource(blob))).table)

describe('JSON lines', () => {
  test('a line a row, a file a split', async () => {
    const files = jsonLinesFiles({ train: [...pairs, long], validation: [{ text: 'x\ny' }], test: [] })
    expect(files.map(({ path }) => path)).toEqual(['train.jsonl', 'validation.jsonl'])
    const lines = (await text(files, 'train.jsonl')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual([...pairs, long])
    expect(await text(files, 'validation.jsonl')).toBe('{"text":"x\\ny"}\n')
  })

  test('many rows', async () => {
    const [file] = jsonLinesFiles({ train: Array.from({ length: 2500 }, (_, i) => ({ text: String(i) })) })
    const lines = (await file!.blob.text()).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).text)).toEqual(Array.from({ length: 2500 }, (_, i) => `${i}`))
  })
})

describe('CSV', () => {
  test('comes back as it was, from another reader too', async () => {
    const [file] = csvFiles({ train: pairs })
    const { data, errors } = Papa.parse<string[]>(await file!.blob.text(), { skipEmptyLines: true })
    expect(errors).toEqual([])
    expect(data).toEqual([['prompt', 'response'], ...TEXTS.map((one) => [one, `${one}!`])])
    // Our own reader refuses a zero character, unifies line ends and takes an empty cell for a missing one.
    const readable = TEXTS.filter((one) => one !== '' && !one.includes('\0') && !one.includes('\r'))
    const [again] = csvFiles({ train: readable.map(pair) })
    expect((await open(again!)).map(({ prompt }) => prompt)).toEqual(readable)
  })

  test('columns: system where there is one, messages where there are more turns, the same in all splits', async () => {
    const files = csvFiles({ train: [pair('a'), withSystem], validation: [pair('b')] })
    expect(await text(files, 'train.csv')).toBe('system,prompt,response\r\n,a,a!\r\nbe kind,q,a\r\n')
    expect(await text(files, 'validation.csv')).toBe('system,prompt,response\r\n,b,b!\r\n')
    const [several] = csvFiles({ train: [long, { text: 't' }] })
    const { data } = Papa.parse<Record<string, string>>(await several!.blob.text(), { header: true })
    expect(JSON.parse(data[0]!.messages!)).toEqual((long as { messages: unknown }).messages)
    expect(data[1]).toEqual({ messages: '', text: 't' })
  })
})

describe('Parquet', () => {
  test('pairs, text and conversations come back as they were', async () => {
    const [file] = parquetFiles({ train: [...pairs, withSystem] })
    expect(file!.path).toBe('data/train-00000-of-00001.parquet')
    const { parquetReadObjects } = await import('hyparquet')
    const read = async (one: DataFile) => parquetReadObjects({ file: await one.blob.arrayBuffer() })
    expect(await read(file!)).toEqual([
      ...TEXTS.map((one) => ({ system: null, prompt: one, response: `${one}!` })),
      { system: 'be kind', prompt: 'q', response: 'a' },
    ])
    const [several] = parquetFiles({ train: [long, { text: 't' }, pair('z')] })
    expect(await read(several!)).toEqual([
      { ...long, text: null },
      { messages: undefined, text: 't' },
      { ...pair('z'), text: null },
    ])
  })

  test('many rows are several row groups', async () => {
    const rows = Array.from({ length: 25_001 }, (_, i) => ({ text: `row ${i}` }))
    const [file] = parquetFiles({ train: rows })
    const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet')
    const bytes = await file!.blob.arrayBuffer()
    expect((await parquetMetadataAsync(bytes)).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([
      10_000, 10_000, 5001,
    ])
    expect(await parquetReadObjects({ file: bytes })).toEqual(rows)
  })
})

describe('kauldron', () => {
  const config = (training: object) => {
    const { training: read, lora } = parseRunConfig({ version: 1, training, lora: { r: 6 } })
    return { training: read, lora, model: { hiddenSize: 1152, numLayers: 26 } }
  }

  test('a JSON array a split, and a config with the numbers of the run', async () => {
    const train = TEXTS.map((one) => ({ prompt: one, response: `${one}!`, row: 3 }))
    const files = kauldronFiles(
      { train, validation: [{ prompt: 'v', response: 'w' }] },
      config({ per_device_train_batch_size: 2, num_train_epochs: 3, max_length: 65, warmup_steps: 0.1 }),
    )
    expect(files.map(({ path }) => path)).toEqual(['train.json', 'validation.json', 'config.py'])
    expect(JSON.parse(await text(files, 'train.json'))).toEqual(
      train.map(({ prompt, response }) => ({ prompt, response })),
    )
    const python = await text(files, 'config.py')
    for (const line of [
      'BATCH_SIZE = 2',
      'MAX_LENGTH = 64',
      'STEPS = 15',
      'rank=6,',
      'gm.nn.Gemma3_1B(tokens="batch.input")',
      'CheckpointPath.GEMMA3_1B_IT',
      'optax.join_schedules([optax.linear_schedule(0.0, 0.00002, 2), optax.linear_schedule(0.00002, 0.0, 13)], [2])',
      'kd.evals.EveryNSteps(5)',
    ])
      expect(python).toContain(line)
  })

  test('no batch is larger than the data, and none to train on is refused', async () => {
    const python = await text(
      kauldronFiles({ train: [{ prompt: 'a', response: 'b' }] }, config({})),
      'config.py',
    )
    expect(python).toContain('BATCH_SIZE = 1')
    expect(python).not.toContain('validation')
    await failure(
      () => kauldronFiles({ validation: [{ prompt: 'a', response: 'b' }] }, config({})),
      'nothing_to_learn',
    )
  })
})
