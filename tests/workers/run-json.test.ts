import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { parse } from 'valibot'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { AugmentSchema, DataStepSchema, SplitSchema } from '../../src/protocol/data-steps.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { configMapping, configReading, prepareRequest } from '../../src/protocol/run-request.ts'
import type { DatasetInfo, Mapping, PrepareRequest, ReadOptions } from '../../src/protocol/studio.ts'
import type { Split } from '../../src/protocol/tokens.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { readTokens } from '../../src/storage/datasets.ts'
import { readTokenTable } from '../../src/tokens/table.ts'
import {
  dataConfig,
  EMPTY_RECIPE,
  type Recipe,
  readyFormat,
  readySplit,
  readySteps,
  tidyMapping,
} from '../../src/ui/state/data-recipe.ts'
import { newStep } from '../../src/ui/state/step-forms.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { mappingFor } from '../../src/workers/headless.ts'
import { failure, UNLIKE } from '../data/helpers.ts'

// Machines that run other things beside the tests are slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const PUBLIC = join(import.meta.dirname, '..', '..', 'public')
let server: RunningServer
beforeAll(async () => {
  server = await serve({ root: PUBLIC })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})

function room() {
  const data = dataRoom()
  data.open({ base: server.url })
  return data
}

const NONE: Mapping = { prompt: null, response: null, system: null, messages: null, text: null }
const THINGS = ['ball', 'book', 'cat', 'cup', 'hat', 'kite']
const CSV = `Who,what,mood,set\n${Array.from(
  { length: 60 },
  (_, i) => `" Tom  number ${i}",the ${THINGS[i % 6]},${i % 2},${i % 4 ? 'train' : 'dev'}`,
).join('\n')}\n`
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

/** What the page asks the worker with. */
const asked = (recipe: Recipe, info: DatasetInfo, share: number): PrepareRequest => ({
  dataset: info.id,
  model: 'pebble',
  mapping: tidyMapping(recipe.mapping),
  steps: readySteps(recipe.steps),
  split: readySplit(recipe.split),
  augment: recipe.augment,
  format: readyFormat(recipe),
  validationShare: share,
  maxLength: 64,
  completionOnlyLoss: null,
  seed: 7,
})

/** The run's config as it leaves the page in a file. */
const runJson = (recipe: Recipe, info: DatasetInfo, share: number) =>
  JSON.stringify(
    parseRunConfig({
      training: { max_length: 64, seed: 7 },
      data: dataConfig(recipe, info, share),
    }),
  )

const split = (input: object) => parse(SplitSchema, input)
const augment = (input: object) => parse(AugmentSchema, input)
const RECIPES: Record<string, [string, Recipe]> = {
  'template, label words, steps, strata, a test set, made rows': [
    CSV,
    {
      mapping: {
        ...NONE,
        template: 'Is {Who} glad of {what}?',
        response: 'mood',
        labels: { 0: 'no', 1: 'yes' },
      },
      format: 'template',
      steps: [
        newStep('whitespace', ['Who'], 'Who'),
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
      ...EMPTY_RECIPE,
      mapping: { ...NONE, prompt: 'Who', input: 'mood', response: 'what' },
      format: 'kauldron',
      split: split({ method: 'column', column: 'set' }),
    },
  ],
  conversations: [CHATS, { ...EMPTY_RECIPE, mapping: { ...NONE, messages: 'chat' } }],
  text: [CSV, { ...EMPTY_RECIPE, mapping: { ...NONE, text: 'Who' }, format: 'kauldron' }],
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
    // As the command line does: named columns, and a guess for what is not.
    const mapping = mappingFor(configMapping(config.data), again.guess)
    const wanted = parseRunConfig({ ...config, data: { ...config.data, ...mapping } })
    const repeated = await other.prepare(prepareRequest(wanted, again.id, 'pebble'))
    expect(repeated).toEqual(prepared)
    expect(await table(repeated.tokens)).toEqual(before)
    // And as the page reads a run of its own.
    expect((await other.prepare(prepareRequest(config, again.id, 'pebble'))).tokens).toBe(prepared.tokens)
  })

  test('the way that the file was read included', async () => {
    const story = () =>
      new File([Array.from({ length: 12 }, (_, i) => `Line ${i}.\nAnd more.\n`).join('\n')], 'story.txt')
    const open = (data: ReturnType<typeof room>, options: ReadOptions) => data.openFiles([story()], options)
    const recipe: Recipe = { ...EMPTY_RECIPE, mapping: { ...NONE, text: 'text' } }
    const first = room()
    const byLine = await open(first, {})
    const info = await open(first, { text: 'paragraph' })
    expect([byLine.rows, info.rows]).toEqual([24, 12])
    // Other rows of the same bytes are another data set, with tokens of its own.
    expect(info.hash).not.toBe(byLine.hash)
    const prepared = await first.prepare(asked(recipe, info, 0.2))
    expect((await first.prepare(asked(recipe, byLine, 0.2))).tokens).not.toBe(prepared.tokens)

    const config = parseRunConfig(JSON.parse(runJson(recipe, info, 0.2)))
    expect(config.data.reading).toEqual({ text: 'paragraph', sheet: null })
    globalThis.indexedDB = new IDBFactory()
    const other = room()
    const again = await open(other, configReading(config.data))
    expect(again.hash).toBe(info.hash)
    expect(await other.prepare(prepareRequest(config, again.id, 'pebble'))).toEqual(prepared)
  })
})

test('written examples are part of run.json: the same tokens where they are, a plain refusal elsewhere', async () => {
  const data = room()
  const info = await data.openFile(file(CSV))
  const recipe = { ...EMPTY_RECIPE, mapping: { ...NONE, prompt: 'Who', response: 'what' } }
  let n = 0
  const written = await data.synthesise(
    { ...asked(recipe, info, 0.25), count: 5, author: 'Pebble', practice: true },
    async (prompts) => prompts.map(() => `Question: Who saw the ${UNLIKE[n++]}?\nAnswer: the cat`),
  )
  const used = { ...recipe, augment: augment({ synthetic: written.set, noisy: 0.2 }) }
  const prepared = await data.prepare(asked(used, info, 0.25))
  const { rows } = await table(prepared.tokens)
  const origins = (split: Split) => new Set(rows[split].map(({ origin }) => origin ?? 'data'))
  expect(origins('train')).toEqual(new Set(['data', 'noisy', 'synthetic']))
  expect(origins('validation')).toEqual(new Set(['data']))
  const config = parseRunConfig(JSON.parse(runJson(used, info, 0.25)))
  expect((await data.prepare(prepareRequest(config, info.id, 'pebble'))).tokens).toBe(prepared.tokens)

  globalThis.indexedDB = new IDBFactory()
  const other = room()
  const again = await other.openFile(file(CSV))
  await failure(() => other.prepare(prepareRequest(config, again.id, 'pebble')), 'missing_file')
})
