import { describe, expect, test } from 'vitest'
import { findingLine } from '../../cli/findings.ts'
import { trainJob } from '../../cli/train-job.ts'
import { knownFindings } from '../../src/protocol/findings.ts'
import { identity } from '../../src/protocol/identity.ts'
import { dataFor } from '../../src/protocol/recipe.ts'
import { defaultRunConfig, parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import type { DatasetInfo, Finding } from '../../src/protocol/studio.ts'
import { dataIdentity, freshData } from '../../src/ui/state/data-recipe.ts'
import { readyConfig } from '../../src/ui/state/draft.ts'
import { useDataRooms } from './support/data-rooms.ts'

const { room } = useDataRooms()

type Files = Record<string, string>

const lines = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const pairs = (count: number, split?: (i: number) => string) =>
  lines(
    Array.from({ length: count }, (_, i) => ({
      prompt: `Name tree ${i}.`,
      response: 'An oak.',
      ...(split ? { split: split(i) } : {}),
    })),
  )
const turns = (content: string) => [
  { role: 'user', content },
  { role: 'assistant', content: 'An oak.' },
]

/** An input of each kind, and how many rows are for training, validation and testing by what the data says; null: drawn. */
const KINDS: Record<string, [Files, [number, number, number] | null]> = {
  'a split column': [
    { 'a.jsonl': pairs(20, (i) => (i < 10 ? 'train' : i < 14 ? 'validation' : 'test')) },
    [10, 4, 6],
  ],
  'a split column with a value that says nothing': [
    { 'a.jsonl': pairs(20, (i) => (i < 10 ? 'train' : i < 14 ? 'validation' : i < 17 ? 'test' : 'extra')) },
    [10, 4, 6],
  ],
  'a column of yes and no that says which are for testing': [
    {
      'a.csv': `prompt,response,is_test\n${Array.from({ length: 20 }, (_, i) => `Name ${i}.,Oak.,${i < 6}\n`).join('')}`,
    },
    [13, 1, 6],
  ],
  'files named for it in one word': [
    { 'trainSet.jsonl': pairs(10), 'devset.jsonl': pairs(4), 'testdata.jsonl': pairs(6) },
    [10, 4, 6],
  ],
  'a split column of other words, some cells empty': [
    { 'a.jsonl': pairs(20, (i) => (i < 5 ? '' : i < 10 ? 'train_sft' : i < 14 ? 'dev_sft' : 'test_sft')) },
    [10, 4, 6],
  ],
  'files by name': [
    { 'd/test.jsonl': pairs(9), 'd/train.jsonl': pairs(8), 'd/valid.jsonl': pairs(3) },
    [8, 3, 9],
  ],
  'files by folder': [
    { 'd/test/0.jsonl': pairs(9), 'd/train/0.jsonl': pairs(8), 'd/val/0.jsonl': pairs(3) },
    [8, 3, 9],
  ],
  'a file for testing beside one that does not say': [
    { 'd/test.jsonl': pairs(9), 'd/trees.jsonl': pairs(20) },
    [18, 2, 9],
  ],
  'no word of a split': [{ 'a.jsonl': pairs(20) }, null],
  'conversations with a system text': [
    {
      'a.jsonl': lines(
        Array.from({ length: 20 }, (_, i) => ({ conversation: turns(`${i}`), system: 'Be brief.' })),
      ),
    },
    null,
  ],
  'prompt and completion as turns': [
    {
      'a.jsonl': lines(
        Array.from({ length: 20 }, (_, i) => ({
          prompt: turns(`${i}`).slice(0, 1),
          completion: turns('').slice(1),
        })),
      ),
    },
    null,
  ],
  'a workbook of text': [{ 'a.csv': `question,answer\n${'What?,That.\n'.repeat(20)}` }, null],
}

const open = (data: ReturnType<typeof room>, files: Files) =>
  data.openFiles(
    Object.entries(files).map(([path, text]) => ({ path, file: new File([text], path.split('/').at(-1)!) })),
    {},
  )
const onLine = (config: RunConfig, info: DatasetInfo): RunConfig =>
  parseRunConfig({ ...config, data: { ...dataFor(config.data, info), name: info.name, hash: info.hash } })
const onPage = (info: DatasetInfo): RunConfig => {
  const config = defaultRunConfig()
  const ready = readyConfig({ ...config, data: freshData(info, config.data) }, true)!
  return { ...ready, data: { ...ready.data, ...dataIdentity(info) } }
}

describe('the same rows on the page and on the command line', () => {
  test.each(Object.keys(KINDS))('%s', async (kind) => {
    const [files, parts] = KINDS[kind]!
    const data = room()
    const info = await open(data, files)
    const [page, line] = [onPage(info), onLine(defaultRunConfig(), info)]
    expect(identity(line)).toBe(identity(page))
    const prepared = (config: RunConfig) => data.prepare({ dataset: info.id, model: 'pebble', config })
    const found = await prepared(line)
    expect((await prepared(page)).tokens).toBe(found.tokens)
    const { train, validation, test } = found.examples
    expect([train, validation, test]).toEqual(parts ?? [18, 2, 0])
    // A run of it is repeated word for word, from its own config.
    expect(identity(onLine(line, info))).toBe(identity(line))
  })

  test('a run that was split at random is repeated so, and so is what a flag says', async () => {
    const info = await open(room(), KINDS['a split column']![0])
    const random = { ...onLine(defaultRunConfig(), info) }
    random.data = { ...random.data, split: defaultRunConfig().data.split }
    expect(dataFor(random.data, info).split.method).toBe('random')
    expect(dataFor(defaultRunConfig().data, info, {}, true).split.method).toBe('random')
    const job = async (...flags: string[]) =>
      (await trainJob(['--data', 'package.json', '--out', '/tmp/none/out', ...flags]))!
    expect((await job()).splitSaid).toBe(false)
    expect((await job('--split-method', 'random')).splitSaid).toBe(true)
    expect((await job('--split-method', 'column', '--split-column', 'set')).config.data.split).toMatchObject({
      method: 'column',
      column: 'set',
    })
  })
})

test('whatever the page can say of columns, flags say as well', async () => {
  const rows = lines(
    Array.from({ length: 20 }, (_, i) => ({
      en: `one ${i}`,
      de: 'eins',
      mood: String(i % 2),
      more: '',
      part: i < 15 ? 'fit' : 'look',
    })),
  )
  const data = room()
  const info = await open(data, { 'a.jsonl': rows })
  const prepared = async (config: RunConfig) => {
    const { examples } = await data.examples({ dataset: info.id, config }, 'train', { offset: 0, count: 2 })
    return examples.map(({ messages }) => messages!.map(({ content }) => content))
  }
  const job = async (...flags: string[]) =>
    (await trainJob(['--data', 'package.json', '--out', '/tmp/none/out', ...flags]))!
  const line = await job(
    ...[
      '--template',
      'Put {en} into German',
      '--response',
      'mood',
      '--input',
      'more',
      '--format',
      'kauldron',
    ],
    ...[
      '--label',
      '0=sad, or low',
      '--label',
      '1=glad',
      '--split-test-values',
      'look',
      '--split-column',
      'part',
    ],
  )
  const said = dataFor(line.config.data, info, line.mapping, line.splitSaid)
  const page = freshData(info, line.config.data)
  const chosen = {
    ...page,
    ...{ prompt: null, template: 'Put {en} into German', response: 'mood', input: 'more' },
    labels: { 0: 'sad, or low', 1: 'glad' },
    format: 'kauldron' as const,
    split: { ...page.split, method: 'column' as const, column: 'part', test_values: ['look'] },
  }
  const config = { ...defaultRunConfig(), data: said }
  expect(identity(config)).toBe(identity({ ...config, data: chosen }))
  expect(await prepared(config)).toEqual([
    ['Put one 0 into German', 'sad, or low'],
    ['Put one 1 into German', 'glad'],
  ])
  await expect(job('--label', 'glad')).rejects.toThrow(/takes VALUE=WORD/)
})

describe('findings', () => {
  const found = (part: Partial<Finding>): Finding => ({
    severity: 'warning',
    message: 'M.',
    hint: 'H.',
    ...part,
  })

  test('of reading stay when rows have been looked through', () => {
    const encoding = found({ kind: 'encoding', message: 'E.' })
    const few = found({ kind: 'few_rows', severity: 'note' })
    const known = { opening: [few, encoding], inspected: [few], prepared: [], exact: true }
    expect(knownFindings(known)).toEqual([encoding, few])
    expect(knownFindings({ ...known, inspected: null })).toEqual([encoding, few])
  })

  test('stand in one line with their code and what mends them', async () => {
    const line = (fix?: Finding['fix']) => findingLine(found({ kind: 'encoding', ...(fix ? { fix } : {}) }))
    expect(line()).toBe('warning [encoding]: M. H.')
    expect(line({ kind: 'reading', label: '', reading: { encoding: 'gb18030' } })).toMatch(
      /\(--reading-encoding gb18030\)$/,
    )
    expect(line({ kind: 'reading', label: '', reading: { skip_initial_space: false } })).toMatch(
      /\(--no-reading-skip-initial-space\)$/,
    )
    expect(line({ kind: 'training', label: '', field: 'max_length', value: 64 })).toMatch(
      /\(--max-length 64\)$/,
    )
    expect(line({ kind: 'mapping', label: '', mapping: { system: 'my system' } })).toMatch(
      /\(--system "my system"\)$/,
    )
    expect(line({ kind: 'split', label: '', split: { method: 'grouped', column: 'q' } })).toMatch(
      /\(--split-method grouped --split-column q\)$/,
    )
    expect(line({ kind: 'label_words', label: '', column: 'a', values: ['0', '1'] })).toMatch(
      /\(--label 0=WORD --label 1=WORD\)$/,
    )
    for (const reading of [
      { encoding: 'gb18030' },
      { header_row: 0 },
      { quotes: 'none' },
      { skip_initial_space: false },
      { sheet: 'S' },
    ] as const) {
      const [, flags] = /\((.*)\)$/.exec(line({ kind: 'reading', label: '', reading }))!
      const { config } = (await trainJob([
        '--data',
        'package.json',
        '--out',
        '/tmp/none/out',
        ...flags!.split(' '),
      ]))!
      expect(config.data.reading).toMatchObject(reading)
    }
  })
})
