import { describe, expect, test } from 'vitest'
import { CONTROL, INVISIBLE, TEMPLATE_TOKENS } from '../../src/dataset/characters.ts'
import { Frame } from '../../src/dataset/frame.ts'
import { inspectFrame } from '../../src/dataset/inspect/index.ts'
import { EMAIL, PHONE } from '../../src/dataset/inspect/text.ts'
import { checkMapping } from '../../src/dataset/mapping.ts'
import { runSteps } from '../../src/dataset/steps/index.ts'
import { makeTable } from '../../src/files/table.ts'
import { compile } from '../../src/lib/safe-regex.ts'
import { NO_SPLIT, type SplitConfig } from '../../src/protocol/data-steps.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import type { Finding, FindingKind, Mapping } from '../../src/protocol/studio.ts'
import { failure } from './helpers.ts'

type Columns = Record<string, unknown[]>
const frameOf = (columns: Columns) =>
  Frame.of(makeTable(Object.entries(columns).map(([name, values]) => ({ name, values }))))
const PAIRS: Mapping = { ...NO_MAPPING, prompt: 'q', response: 'a' }

/** Thirty clean rows, with others in front. */
const padded = (q: unknown[], a: unknown[]): Columns => ({
  q: [...q, ...Array.from({ length: 30 }, (_, i) => `What is the answer to question ${i}?`)],
  a: [...a, ...Array.from({ length: 30 }, (_, i) => `It is answer ${i}, of course.`)],
})

async function inspect(
  columns: Columns,
  mapping: Mapping = PAIRS,
  split: Partial<SplitConfig> | null = null,
  share = 0,
) {
  return inspectFrame(frameOf(columns), {
    mapping,
    split: split && { ...NO_SPLIT, ...split },
    validationShare: share,
    seed: 42,
  })
}

const only = (findings: Finding[], kind: FindingKind) => findings.filter((finding) => finding.kind === kind)

/** The one finding of a kind, which must be gone once its fix has been applied. */
async function fixed(columns: Columns, kind: FindingKind, mapping = PAIRS): Promise<Finding> {
  const found = only(await inspect(columns, mapping), kind)
  expect(found, kind).toHaveLength(1)
  const { fix } = found[0]!
  if (fix?.kind !== 'step') throw new Error(`the fix of ${kind} is ${JSON.stringify(fix)}`)
  expect(fix.label.length).toBeGreaterThan(3)
  const { frame } = await runSteps(frameOf(columns), [fix.step], { seed: 42 })
  const later = { ...mapping, ...fix.mapping }
  checkMapping(frame, later)
  const after = await inspectFrame(frame, { mapping: later, split: null, validationShare: 0, seed: 42 })
  expect(only(after, kind), `${kind} after its fix`).toEqual([])
  return found[0]!
}

test('rows that are the names of the columns once more', async () => {
  const found = await fixed(padded(['x', 'q', 'q'], ['y', ' a', 'a']), 'names_again')
  expect(found).toMatchObject({ severity: 'warning', row: 1, count: 2, column: 'q' })
  // Of a row that has the name for a question alone, nothing is said; nor is it taken along.
  const [other] = only(await inspect(padded(['q', 'q'], ['a', 'an answer'])), 'names_again')
  expect(other).toMatchObject({ count: 1 })
  expect(other!.fix).toBeUndefined()
})

test('clean rows bring nothing up', async () => {
  expect(await inspect(padded([], []), PAIRS, null, 0.2)).toEqual([])
})

test('few rows', async () => {
  expect(only(await inspect({ q: ['a'], a: ['b'] }), 'few_rows')).toMatchObject([{ count: 1 }])
})

describe('each finding names its place, and its fix removes it', () => {
  test.each<[FindingKind, Columns, Partial<Finding>]>([
    ['missing', padded(['ok', ' '], ['fine then', 'y']), { row: 1, column: 'q', count: 1 }],
    ['duplicate', padded(['x', 'x '], ['the same', ' the same']), { row: 1, count: 1 }],
    ['contradiction', padded(['x', 'x'], ['one thing', 'another']), { row: 1, column: 'a', count: 1 }],
    ['control_characters', padded(['a\u0007b'], ['yes it is']), { row: 0, column: 'q' }],
    ['invisible_characters', padded(['a\u200bb'], ['yes it is']), { row: 0, column: 'q' }],
    ['replacement_characters', padded(['a'], ['caf\ufffd is it']), { row: 0, column: 'a' }],
    ['template_tokens', padded(['a'], ['so<end_of_turn>']), { row: 0, column: 'a' }],
    ['personal_data', padded(['write to jo.b@mail.example.org now'], ['done so']), { row: 0, column: 'q' }],
    ['personal_data', padded(['call +44 20 7946 0018 now'], ['done so']), { row: 0, column: 'q' }],
    ['nothing_to_learn', padded(['a', 'b'], ['N/A', '...']), { row: 0, column: 'a', count: 2 }],
    [
      'nothing_to_learn',
      padded(['say this sentence once more'], ['say this sentence once more']),
      { row: 0, column: 'a', count: 1 },
    ],
    [
      'number_text',
      { ...padded([], []), p: ['$1,200', ...Array.from({ length: 29 }, (_, i) => `${i}%`)] },
      { row: 0, column: 'p' },
    ],
  ])('%s %#', async (kind, columns, place) => {
    expect(await fixed(columns, kind)).toMatchObject(place)
  })

  test('duplicates that only white space tells apart are all gone, too', async () => {
    const columns = padded(['x', 'x', 'x'], ['same', 'same', 'same'])
    expect(await fixed(columns, 'duplicate')).toMatchObject({ count: 2 })
  })

  test('header_space', async () => {
    const { q, a } = padded([], [])
    const finding = await fixed({ ' q ': q!, a: a! }, 'header_space', { ...PAIRS, prompt: ' q ' })
    expect(finding).toMatchObject({ column: ' q ', fix: { mapping: { prompt: 'q' } } })
    const template = { ...NO_MAPPING, template: 'Asked: { q }, {{ q }}', response: 'a' }
    const written = await fixed({ ' q ': q!, a: a! }, 'header_space', template)
    expect(written.fix).toMatchObject({ mapping: { template: 'Asked: {q}, {{ q }}' } })
    const unused = await fixed({ ...padded([], []), ' id': q! }, 'header_space')
    expect(unused.fix).not.toHaveProperty('mapping')
  })

  test('class_imbalance', async () => {
    const q = Array.from({ length: 60 }, (_, i) => `text ${i}`)
    const a = q.map((_, i) => (i < 56 ? 'no' : 'yes'))
    const finding = await fixed({ q, a }, 'class_imbalance')
    expect(finding).toMatchObject({ column: 'a', row: 56 })
    expect(finding.hint).toContain('93%')
  })

  test('bad_conversation', async () => {
    const good = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'ho ho' },
    ]
    const m = [
      ...Array.from({ length: 25 }, (_, i) => [{ ...good[0], content: `hi ${i}` }, good[1]]),
      [{ role: 'dog', content: 'wuff' }],
    ]
    const finding = await fixed({ m }, 'bad_conversation', { ...NO_MAPPING, messages: 'm' })
    expect(finding).toMatchObject({ row: 25, column: 'm', count: 1 })
  })
})

describe('columns', () => {
  test('images and sounds are named; mapped ones are an error whose fix lets go of them', async () => {
    const columns = {
      ...padded([], []),
      photo: Array.from({ length: 30 }, (_, i) => `img/${i}.PNG`),
      sound: Array.from({ length: 30 }, () => ({ array: [0], sampling_rate: 16000, path: 'a.wav' })),
      file: Array.from({ length: 30 }, () => ({ bytes: 'AAAA', path: 'x.jpg' })),
      link: Array.from({ length: 30 }, (_, i) => (i < 3 ? 'see a.png' : 'text')),
    }
    const found = only(await inspect(columns), 'unsupported_column')
    expect(found.map(({ column, severity }) => [column, severity])).toEqual([
      ['photo', 'note'],
      ['sound', 'note'],
      ['file', 'note'],
    ])
    expect(found.map(({ message }) => /holds ([^,]+),/.exec(message)![1])).toEqual([
      'images',
      'sound',
      'images',
    ])
    const mapped = only(await inspect(columns, { ...PAIRS, prompt: 'photo' }), 'unsupported_column')
    expect(mapped[0]).toMatchObject({
      severity: 'error',
      fix: { kind: 'mapping', mapping: { prompt: null } },
    })
  })

  test('empty and mixed ones', async () => {
    const columns = { ...padded([], []), none: Array(30).fill(null), mixed: [1, ...Array(29).fill('x')] }
    const findings = await inspect(columns)
    expect(only(findings, 'empty_column')).toMatchObject([{ column: 'none' }])
    expect(only(findings, 'mixed_types')).toMatchObject([{ column: 'mixed', row: 0, count: 1 }])
  })

  test('a column with nothing in it, mapped, is an error without a step', async () => {
    const { q } = padded([], [])
    const [missing] = only(await inspect({ q: q!, a: Array(30).fill('') }), 'missing')
    expect(missing).toMatchObject({ severity: 'error', column: 'a' })
    expect(missing!.fix).toBeUndefined()
  })

  test('plain numbers are no numbers in disguise', async () => {
    const columns = { ...padded([], []), n: Array.from({ length: 30 }, (_, i) => String(i)) }
    expect(only(await inspect(columns), 'number_text')).toEqual([])
  })
})

describe('classes', () => {
  const q = Array.from({ length: 40 }, (_, i) => `text ${i}`)

  test('numbers for answers ask for words, until they have them', async () => {
    const a = q.map((_, i) => i % 3)
    const [found] = only(await inspect({ q, a }), 'number_labels')
    expect(found).toMatchObject({ column: 'a', fix: { kind: 'label_words', values: ['0', '1', '2'] } })
    const labels = { '0': 'bad', '1': 'so so', '2': 'good' }
    expect(only(await inspect({ q, a }, { ...PAIRS, labels }), 'number_labels')).toEqual([])
  })

  test('one answer for everything', async () => {
    // Rows for testing teach nothing: they are not counted.
    const tested = {
      q,
      a: q.map((_, i) => (i < 2 ? 'no' : 'yes')),
      part: q.map((_, i) => (i < 4 ? 'train' : 'test')),
    }
    const by = { method: 'column' as const, column: 'part' }
    expect(only(await inspect(tested, PAIRS, by), 'class_imbalance')).toEqual([])
    expect(only(await inspect(tested), 'class_imbalance')).toHaveLength(1)
    const [found] = only(await inspect({ q, a: q.map(() => 'yes') }), 'class_imbalance')
    expect(found!.message).toContain('Every answer')
  })

  test('"none" among the classes is a class', async () => {
    const a = q.map((_, i) => (i % 4 === 0 ? 'none' : i % 2 ? 'left' : 'right'))
    expect(only(await inspect({ q, a }), 'nothing_to_learn')).toEqual([])
  })

  test('answers in sentences are no classes', async () => {
    const columns = padded(['x'], ['odd one out'])
    expect(only(await inspect(columns), 'class_imbalance')).toEqual([])
  })
})

describe('leakage', () => {
  const q = Array.from({ length: 60 }, (_, i) => `Who is number ${i % 20}?`)
  const a = q.map((_, i) => `Nobody knows ${i}.`)

  test('questions on both sides are found, and gone once they are kept together', async () => {
    const [found] = only(await inspect({ q, a }, PAIRS, null, 0.2), 'leakage')
    expect(found!.message).toMatch(/also trained on: row \d+, for one, asks what row \d+ does/)
    expect(found!.fix).toMatchObject({ kind: 'split', split: { method: 'grouped', column: 'q' } })
    if (found!.fix?.kind !== 'split') throw new Error('no split')
    expect(only(await inspect({ q, a }, PAIRS, found!.fix.split, 0.2), 'leakage')).toEqual([])
  })

  test('near copies are kept once', async () => {
    const near = q.map((text, i) => (i % 3 ? text.toUpperCase() : text))
    const columns = { q: near, a }
    const [found] = only(await inspect(columns, PAIRS, null, 0.2), 'leakage')
    if (found?.fix?.kind !== 'step') throw new Error('no step')
    const { frame } = await runSteps(frameOf(columns), [found.fix.step], { seed: 42 })
    expect(frame.rows).toBe(20)
  })

  test('is looked for in the test split, and not where nothing is held out', async () => {
    const split = { method: 'column', column: 's' } as const
    const s = q.map((_, i) => (i < 50 ? 'train' : 'test'))
    expect(only(await inspect({ q, a, s }, PAIRS, split), 'leakage')[0]!.message).toContain('test rows')
    expect(only(await inspect({ q, a }), 'leakage')).toEqual([])
  })
})

describe('text', () => {
  test('the turns of conversations are read', async () => {
    const m = Array.from({ length: 25 }, (_, i) => [
      { role: 'user', content: i === 3 ? 'mail me at a@b.example' : `hi ${i}` },
      { role: 'assistant', content: 'ho ho' },
    ])
    const found = only(await inspect({ m }, { ...NO_MAPPING, messages: 'm' }), 'personal_data')
    expect(found).toMatchObject([{ row: 3, column: 'm', severity: 'note' }])
  })

  test.each([
    ['2024-01-02', false],
    ['12.05.2023 10:30', false],
    ['1,234,567.89', false],
    ['order 123456789', false],
    ['555-123-4567', true],
    ['(555) 123-4567', true],
    ['+49 30 901820', true],
    ['030 123 45 67', true],
    ['192.168.100.200', false],
  ])('%s is a telephone number: %s', (text, yes) => {
    PHONE.lastIndex = 0
    expect(PHONE.test(`It is ${text}, yes.`)).toBe(yes)
  })

  test('columns that the model never sees are left alone', async () => {
    const columns = { ...padded([], []), notes: Array(30).fill('a@b.example') }
    expect(only(await inspect(columns), 'personal_data')).toEqual([])
    expect(only(await inspect(columns, NO_MAPPING), 'personal_data')).toHaveLength(1)
  })

  test('patterns that become steps are taken by the guard against slow ones', () => {
    for (const { source } of [EMAIL, PHONE, TEMPLATE_TOKENS, CONTROL, INVISIBLE])
      expect(compile(source, 'g').replace('plain text', 'x')).toBe('plain text')
  })
})

test('a mapping that is not whole, or wrong, still says what can be said', async () => {
  const columns = padded(['\u0007'], ['x'])
  const findings = await inspect(columns, { ...NO_MAPPING, prompt: 'q' })
  expect(only(findings, 'control_characters')).toHaveLength(1)
  expect((await inspect(columns, { ...PAIRS, response: 'gone' })).length).toBeGreaterThan(0)
  await failure(() => inspect(columns, PAIRS, { method: 'grouped', column: 'gone' }, 0.2), 'missing_column')
})

test('every finding has a kind, a message and a hint', async () => {
  const findings = await inspect(padded(['\u0007', 'x', 'x'], ['y\ufffd', 'N/A', '']), PAIRS, null, 0.3)
  expect(findings.length).toBeGreaterThan(3)
  for (const { kind, message, hint } of findings) {
    expect(kind).toBeTruthy()
    expect(message).toMatch(/[.!?]$/)
    expect(hint.length).toBeGreaterThan(10)
  }
})
