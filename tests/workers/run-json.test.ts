import { parse } from 'valibot'
import { describe, expect, test } from 'vitest'
import { AugmentSchema, DataStepSchema, SplitSchema } from '../../src/protocol/data-steps.ts'
import { identity } from '../../src/protocol/identity.ts'
import { dataFor, type ReadOptions, type Recipe } from '../../src/protocol/recipe.ts'
import { type DataConfig, parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import type { DatasetInfo } from '../../src/protocol/studio.ts'
import type { Split } from '../../src/protocol/tokens.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { readTokens } from '../../src/storage/datasets.ts'
import { readTokenTable } from '../../src/tokens/table.ts'
import { dataIdentity } from '../../src/ui/state/data-recipe.ts'
import { readyConfig } from '../../src/ui/state/draft.ts'
import { readConfigFile } from '../../src/ui/state/open-config.ts'
import { newStep } from '../../src/ui/state/step-forms.ts'
import { failure, UNLIKE } from '../data/helpers.ts'
import { useDataRooms } from './support/data-rooms.ts'

const { room } = useDataRooms()

const THINGS = ['ball', 'book', 'cat', 'cup', 'hat', 'kite']
const CSV = `Who,what,mood,set\n${Array.from(
  { length: 60 },
  (_, i) => `" Tom  number ${i}",the ${THINGS[i % 6]},${i % 2},${i % 4 ? 'train' : 'dev'}`,
).join('\n')}\n`
const QUESTIONS = CSV.replace('Who,what', 'question,answer')
const CHATS = Array.from({ length: 30 }, (_, i) =>
  JSON.stringify({
    chat: [
      { role: 'user', content: `Hello ${i}` },
      { role: 'assistant', content: `Good day, number ${i}.` },
    ],
  }),
).join('\n')
const file = (text: string) => new File([text], text === CHATS ? 'rows.jsonl' : 'rows.csv')

async function table(tokens: string) {
  const database = await openDatabase()
  const stored = (await database.get('tokens', tokens))!
  return { hash: stored.table.hash, rows: readTokenTable(await readTokens(database, stored)) }
}

/** The config of the page with this data set in view, this chosen for it. */
function shown(data: Partial<DataConfig>, info: DatasetInfo, share: number, given = false): RunConfig {
  const none = parseRunConfig({ training: { max_length: 64, seed: 7 } })
  const draft = { ...none, data: { ...none.data, ...data, validation_share: share } }
  const ready = readyConfig(draft, given)!
  return { ...ready, data: { ...ready.data, ...dataIdentity(info) } }
}

/** What the page asks the worker with. */
const asked = (data: Partial<DataConfig>, info: DatasetInfo, share: number): Recipe => ({
  dataset: info.id,
  model: 'pebble',
  config: shown(data, info, share),
})

/** The run's config as it leaves the page in a file. */
const runJson = (data: Partial<DataConfig>, info: DatasetInfo, share: number) =>
  JSON.stringify(shown(data, info, share))

/** The config of the command line for a file, from a run.json. */
function onCommandLine(config: RunConfig, info: DatasetInfo): RunConfig {
  const data = { ...dataFor(config.data, info), name: `/there/${info.name}`, hash: info.hash }
  return parseRunConfig({ ...config, data })
}

/** The config of the page that was opened from a run.json, with that file in view. */
function onPage(text: string, info: DatasetInfo): RunConfig {
  const { config } = readConfigFile(new TextEncoder().encode(text), 'run.json')
  const data = dataFor(config.data, info)
  const ready = readyConfig({ ...config, data }, true)!
  return { ...ready, data: { ...ready.data, ...dataIdentity(info) } }
}

const split = (input: object) => parse(SplitSchema, input)
const augment = (input: object) => parse(AugmentSchema, input)
const RECIPES: Record<string, [string, Partial<DataConfig>]> = {
  'template, label words, steps, strata, a test set, made rows': [
    CSV,
    {
      template: 'Is {Who} glad of {what}?',
      response: 'mood',
      labels: { 0: 'no', 1: 'yes' },
      steps: [
        newStep('whitespace', ['Who'], 'Who'),
        // Lacks what it looks for: waits.
        newStep('replace', ['Who'], 'Who'),
        parse(DataStepSchema, { type: 'sample', rows: 50 }),
      ],
      split: split({ method: 'stratified', column: 'mood', test_share: 0.1 }),
      augment: augment({ reworded: 0.5, noisy: 0.5 }),
    },
  ],
  "kauldron's format, a further column, a split by column": [
    CSV,
    {
      prompt: 'Who',
      input: 'mood',
      response: 'what',
      format: 'kauldron',
      split: split({ method: 'column', column: 'set' }),
    },
  ],
  conversations: [CHATS, { messages: 'chat' }],
  text: [CSV, { text: 'Who', format: 'kauldron' }],
}

describe('the same file and run.json give the same tokens in another browser', () => {
  test.each(Object.keys(RECIPES))('%s', async (name) => {
    const [text, recipe] = RECIPES[name]!
    const first = room()
    const info = await first.openFile(file(text))
    const prepared = await first.prepare(asked(recipe, info, 0.2))
    const before = await table(prepared.tokens)
    const json = runJson(recipe, info, 0.2)

    globalThis.indexedDB = new IDBFactory()
    const other = room()
    const again = await other.openFile(file(text))
    const config = parseRunConfig(JSON.parse(json))
    const wanted = onCommandLine(config, again)
    const repeated = await other.prepare({ dataset: again.id, model: 'pebble', config: wanted })
    expect(repeated).toEqual(prepared)
    expect(await table(repeated.tokens)).toEqual(before)
    // And as the page reads a run of its own.
    const opened = onPage(json, again)
    expect(opened).toEqual(shown(recipe, info, 0.2))
    const own = await other.prepare({ dataset: again.id, model: 'pebble', config: opened })
    expect(own.tokens).toBe(prepared.tokens)
    expect(identity(opened)).toBe(identity(wanted))
  })

  const WRITTEN: Record<string, [string, object]> = {
    'nothing about the columns': [QUESTIONS, {}],
    'a flat file': [
      CSV,
      { seed: 9, max_length: 32, lora: { r: 4 }, data: { prompt: 'what', response: 'mood' } },
    ],
    'words for no answer, and a split with fields of another method': [
      CHATS,
      {
        data: {
          messages: 'chat',
          labels: { a: 'b' },
          split: { test_values: ['x'] },
          augment: { noisy: 0.1 },
        },
      },
    ],
    'a prompt alone, and steps': [
      QUESTIONS,
      { data: { prompt: 'question', steps: [{ type: 'whitespace' }] } },
    ],
  }
  test.each(Object.keys(WRITTEN))(
    'page and command line make the same run of a file with %s',
    async (name) => {
      const [text, json] = WRITTEN[name]!
      const data = room()
      const info = await data.openFile(file(text))
      const line = onCommandLine(parseRunConfig(json), info)
      const page = onPage(JSON.stringify(json), info)
      expect(identity(page)).toBe(identity(line))
      const prepared = async (config: RunConfig) =>
        (await data.prepare({ dataset: info.id, model: 'pebble', config })).tokens
      expect(await prepared(page)).toBe(await prepared(line))
      const { name: _, ...rest } = page.data
      expect(line).toMatchObject({ ...page, data: rest })
    },
  )

  test('the way that the file was read included', async () => {
    const story = () =>
      new File([Array.from({ length: 12 }, (_, i) => `Line ${i}.\nAnd more.\n`).join('\n')], 'story.txt')
    const open = (data: ReturnType<typeof room>, options: ReadOptions) => data.openFiles([story()], options)
    const recipe = { text: 'text' }
    const first = room()
    const byLine = await open(first, {})
    const info = await open(first, { text: 'paragraph' })
    expect([byLine.rows, info.rows]).toEqual([24, 12])
    // Other rows of the same bytes are another data set, with tokens of its own.
    expect(info.hash).not.toBe(byLine.hash)
    const prepared = await first.prepare(asked(recipe, info, 0.2))
    expect((await first.prepare(asked(recipe, byLine, 0.2))).tokens).not.toBe(prepared.tokens)

    const config = parseRunConfig(JSON.parse(runJson(recipe, info, 0.2)))
    expect(config.data.reading).toMatchObject({ text: 'paragraph', sheet: null })
    globalThis.indexedDB = new IDBFactory()
    const other = room()
    const again = await open(other, config.data.reading)
    expect(again.hash).toBe(info.hash)
    expect(await other.prepare({ dataset: again.id, model: 'pebble', config })).toEqual(prepared)
  })
})

test('written examples are part of run.json: the same tokens where they are, a plain refusal elsewhere', async () => {
  const data = room()
  const info = await data.openFile(file(CSV))
  const recipe = { prompt: 'Who', response: 'what' }
  let n = 0
  const written = await data.synthesise(
    asked(recipe, info, 0.25),
    { count: 5, author: 'Pebble', practice: true },
    async (prompts) => prompts.map(() => `Question: Who saw the ${UNLIKE[n++]}?\nAnswer: the cat`),
  )
  const used = { ...recipe, augment: augment({ synthetic: written.set, noisy: 0.2 }) }
  const prepared = await data.prepare(asked(used, info, 0.25))
  const { rows } = await table(prepared.tokens)
  const origins = (split: Split) => new Set(rows[split].map(({ origin }) => origin ?? 'data'))
  expect(origins('train')).toEqual(new Set(['data', 'noisy', 'synthetic']))
  expect(origins('validation')).toEqual(new Set(['data']))
  const config = parseRunConfig(JSON.parse(runJson(used, info, 0.25)))
  expect((await data.prepare({ dataset: info.id, model: 'pebble', config })).tokens).toBe(prepared.tokens)

  globalThis.indexedDB = new IDBFactory()
  const other = room()
  const again = await other.openFile(file(CSV))
  await failure(() => other.prepare({ dataset: again.id, model: 'pebble', config }), 'missing_file')
})
