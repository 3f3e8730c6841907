import { describe, expect, test } from 'vitest'
import { Frame } from '../../src/dataset/frame.ts'
import { guessMapping } from '../../src/dataset/guess.ts'
import { describeColumns } from '../../src/dataset/open.ts'
import { mapFrame } from '../../src/dataset/rows.ts'
import { makeTable } from '../../src/files/table.ts'
import type { LapidaryError } from '../../src/protocol/errors.ts'
import { identity } from '../../src/protocol/identity.ts'
import { mappingFor, NO_MAPPING } from '../../src/protocol/recipe.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { Mapping } from '../../src/protocol/studio.ts'
import { fillTemplate, parseTemplate } from '../../src/protocol/template.ts'
import { failure } from './helpers.ts'

const tableOf = (columns: Record<string, unknown[]>) =>
  makeTable(Object.entries(columns).map(([name, values]) => ({ name, values })))
const map = (columns: Record<string, unknown[]>, mapping: Partial<Mapping>) =>
  mapFrame(Frame.of(tableOf(columns)), { ...NO_MAPPING, ...mapping })
const texts = (result: ReturnType<typeof map>) =>
  result.rows.map((row) => ('messages' in row ? row.messages.map(({ content }) => content) : [row.text]))
const guess = (columns: Record<string, unknown[]>) => {
  const table = tableOf(columns)
  return guessMapping(table, describeColumns(table))
}

describe('templates', () => {
  const fill = (template: string, row: Record<string, string | null>) =>
    fillTemplate(parseTemplate(template, Object.keys(row)), (name) => row[name] ?? null)

  test.each([
    ['Translate {en} to French', 'Translate hello to French'],
    ['{en}', 'hello'],
    ['{ en }: {{en}} }}{{ {a b}', 'hello: {en} }{ x'],
    ['$& {en} $1', '$& hello $1'],
  ])('%s', (template, text) => {
    expect(fill(template, { en: 'hello', 'a b': 'x' })).toEqual({ text })
  })

  test('what is put in is not read again', () => {
    expect(fill('{en} {fr}', { en: '{fr}', fr: 'x' })).toEqual({ text: '{fr} x' })
  })

  test('a value that is missing is named', () => {
    expect(fill('{en} {fr}', { en: 'a', fr: null })).toEqual({ missing: 'fr' })
  })

  test.each([
    ['Translate {english}', 'missing_column', '"english", which is no column', 'Choose one of: "en", "Name"'],
    ['{name}', 'missing_column', '"name", which is no column', 'Did you mean {Name}?'],
    ['{en', 'bad_config', 'character 1 is never closed', '{{'],
    ['a } b {en}', 'bad_config', 'character 3 closes without', '{{'],
    ['no column', 'bad_config', 'names no column', '"en"'],
  ] as const)('%s is refused', async (template, code, message, hint) => {
    const problem = await failure(() => parseTemplate(template, ['en', 'Name']), code)
    expect(problem.message).toContain(message)
    expect(problem.hint).toContain(hint)
  })

  test('as a mapping: rows with nothing in a named column are left out, and said', () => {
    const result = map(
      { en: ['cat', null, 'dog'], fr: ['chat', 'x', 'chien'], n: [1, 2, 3] },
      { template: '{n}. {en}', response: 'fr' },
    )
    expect(texts(result)).toEqual([
      ['1. cat', 'chat'],
      ['3. dog', 'chien'],
    ])
    expect(result.at).toEqual([0, 2])
    expect(result.findings).toMatchObject([{ row: 1, kind: 'missing' }])
  })

  test('a template needs an answer, and may stand beside a prompt that it replaces', async () => {
    await failure(() => map({ a: ['x'] }, { template: '{a}' }), 'missing_column')
    expect(texts(map({ a: ['x'], b: ['y'] }, { template: '<{a}>', prompt: 'b', response: 'b' }))).toEqual([
      ['<x>', 'y'],
    ])
  })
})

describe('label words', () => {
  test('stand for values; what is not named stays', () => {
    const mapping = { prompt: 'q', response: 'l', labels: { '0': 'no', '1': 'yes', '2': ' ' } }
    const result = map({ q: ['a', 'b', 'c', 'd', 'e'], l: [0, 1, 2, 3, null] }, mapping)
    expect(texts(result).map(([, answer]) => answer)).toEqual(['no', 'yes', '2', '3'])
    expect(texts(map({ q: ['a'], l: [' 1 '] }, mapping))[0]![1]).toBe('yes')
  })

  test('are guessed only where everyone would agree', () => {
    expect(guess({ text: ['x', 'y'], sentiment: [0, 1] })).toMatchObject({
      response: 'sentiment',
      labels: { 0: 'negative', 1: 'positive' },
    })
    expect(guess({ text: ['x', 'y'], label: [0, 1] }).labels).toBeNull()
    expect(guess({ text: ['x', 'y', 'z'], sentiment: [0, 1, 2] }).labels).toBeNull()
  })
})

describe("Alpaca's input", () => {
  test('goes after the instruction where there is one', () => {
    const columns = { instruction: ['Sum up', 'Hi'], input: ['long text', ''], output: ['short', 'Ho'] }
    const { reason: _, ...mapping } = guess(columns)
    expect(mapping).toMatchObject({ prompt: 'instruction', input: 'input', response: 'output' })
    expect(texts(map(columns, mapping))).toEqual([
      ['Sum up\n\nlong text', 'short'],
      ['Hi', 'Ho'],
    ])
  })

  test('must be a column, and goes with a prompt', async () => {
    await failure(
      () => map({ a: ['x'], b: ['y'] }, { prompt: 'a', response: 'b', input: 'c' }),
      'missing_column',
    )
    expect(texts(map({ a: ['x'], b: ['y'] }, { text: 'a', input: 'b' }))).toEqual([['x']])
  })
})

test('rows keep the number they have in the data set', () => {
  const frame = Frame.of(tableOf({ q: ['a', 'b', 'c'], a: ['x', 'y', 'z'] }), Uint32Array.of(0, 2))
  const { rows, at } = mapFrame(frame, { ...NO_MAPPING, prompt: 'q', response: 'a' })
  expect(rows.map(({ row }) => row)).toEqual([0, 2])
  expect(at).toEqual([0, 1])
})

describe('the command line', () => {
  const guessed: Mapping = { ...NO_MAPPING, prompt: 'q', response: 'a', input: 'i' }

  test('takes the guess, or what was named with the guess for its partner', () => {
    expect(mappingFor({}, guessed)).toMatchObject({ prompt: 'q', response: 'a', input: 'i' })
    expect(mappingFor({ prompt: 'x', response: null }, guessed)).toMatchObject({ prompt: 'x', response: 'a' })
    expect(mappingFor({ prompt: 'x' }, guessed).input).toBeNull()
    expect(mappingFor({ template: '{x}' }, guessed)).toMatchObject({
      prompt: null,
      template: '{x}',
      response: 'a',
    })
    expect(mappingFor({ labels: { 0: 'no' } }, guessed)).toMatchObject({ prompt: 'q', labels: { 0: 'no' } })
    expect(mappingFor({ messages: 'm' }, guessed)).toMatchObject({ prompt: null, messages: 'm' })
  })

  test('a checkpoint belongs to its steps, and older ones stay good', () => {
    const plain = identity(parseRunConfig({}))
    expect(plain).not.toContain('"steps"')
    const stepped = identity(parseRunConfig({ data: { steps: [{ type: 'deduplicate' }] } }))
    expect(stepped).not.toBe(plain)
    expect(stepped).toContain('deduplicate')
    expect(identity(parseRunConfig({ data: { split: { method: 'random' } } }))).toBe(plain)
  })
})

test('of thousands of columns a failure names a few, and says how many there are', () => {
  const many = Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`column_${i}`, ['x']]))
  for (const mapping of [{}, { prompt: 'column_1' }, { prompt: 'frage', response: 'column_2' }])
    try {
      map(many, mapping)
      expect.unreachable()
    } catch (error) {
      const { code, message, hint, detail } = error as LapidaryError
      expect(code).toBe('missing_column')
      expect(JSON.stringify([message, hint, detail]).length).toBeLessThan(800)
      expect(detail?.columns).toContain('(6000 in all)')
    }
})
