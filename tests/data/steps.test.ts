import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Frame } from '../../src/dataset/frame.ts'
import { runSteps } from '../../src/dataset/steps/index.ts'
import { roundTo } from '../../src/dataset/steps/numbers.ts'
import { makeTable } from '../../src/files/table.ts'
import { type DataStepInput, DataStepSchema } from '../../src/protocol/data-steps.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { failure } from './helpers.ts'

const frameOf = (columns: Record<string, unknown[]>) =>
  Frame.of(makeTable(Object.entries(columns).map(([name, values]) => ({ name, values }))))

async function run(columns: Record<string, unknown[]>, steps: DataStepInput[], seed = 42, share = 1) {
  const parsed = steps.map((step) => v.parse(DataStepSchema, step))
  const { frame, reports } = await runSteps(frameOf(columns), parsed, { seed, share })
  return { values: (name: string) => [...frame.column(name)], frame, reports, report: reports[0]! }
}

describe('text', () => {
  test('Unicode forms', async () => {
    const decomposed = 'Cafe\u0301 ﬁn ①'
    const nfc = await run({ a: [decomposed, 'plain', null] }, [{ type: 'normalize_unicode' }])
    expect(nfc.values('a')).toEqual(['Caf\u00e9 ﬁn ①', 'plain', null])
    expect(nfc.report).toMatchObject({ rowsIn: 3, rowsOut: 3, changed: 1, dropped: 0, added: 0 })
    expect(nfc.report.samples).toEqual([{ row: 0, column: 'a', before: decomposed, after: 'Caf\u00e9 ﬁn ①' }])
    const nfkc = await run({ a: [decomposed] }, [{ type: 'normalize_unicode', form: 'NFKC' }])
    expect(nfkc.values('a')).toEqual(['Caf\u00e9 fin 1'])
  })

  test.each([
    [{}, '  a \t b \r\n\r\n\r\n c\u00a0d ', 'a b\n\nc d'],
    [{ collapse: 'all' as const }, ' a\n\n b ', 'a b'],
    [{ collapse: 'none' as const, trim: false, blank_lines: null }, ' a  b\r\n\r\n\r\n', ' a  b\n\n\n'],
    [{ blank_lines: 0 }, 'a\n\n\nb', 'a\nb'],
  ])('white space %j', async (options, before, after) => {
    const { values } = await run({ a: [before] }, [{ type: 'whitespace', ...options }])
    expect(values('a')).toEqual([after])
  })

  test('case, of whole columns or of named ones', async () => {
    const data = { a: ['HELLO there. HOW are you?\n(fine) "yes"'], b: ['KEEP'] }
    const sentence = await run(data, [{ type: 'case', to: 'sentence', columns: ['a'] }])
    expect(sentence.values('a')).toEqual(['Hello there. How are you?\n(Fine) "yes"'])
    expect(sentence.values('b')).toEqual(['KEEP'])
    const lower = await run(data, [{ type: 'case', to: 'lower' }])
    expect(lower.values('b')).toEqual(['keep'])
    expect(lower.report.changed).toBe(1)
  })

  test('control characters go, tabs, line ends and joiners stay', async () => {
    const text = 'a\u0000b\tc\nd\u200be\u200df'
    expect((await run({ a: [text] }, [{ type: 'control_characters' }])).values('a')).toEqual([
      'ab\tc\nd\u200be\u200df',
    ])
    const both = await run({ a: [text] }, [{ type: 'control_characters', invisible: true }])
    expect(both.values('a')).toEqual(['ab\tc\nde\u200df'])
  })

  test('turns of conversations are reached, roles are not', async () => {
    const { values } = await run({ m: [[{ role: 'user', content: 'USER' }]] }, [
      { type: 'case', to: 'lower' },
      { type: 'replace', find: 'user', with: 'x', columns: ['m'] },
    ])
    expect(values('m')).toEqual([[{ role: 'user', content: 'x' }]])
  })
})

describe('find and replace', () => {
  test.each([
    [{ find: 'a.c', with: '$1' }, 'a.c abc', '$1 abc'],
    [{ find: 'A.C', with: '$&', ignore_case: true }, 'a.c abc', '$& abc'],
    [{ find: '(\\w+)@(\\w+)', with: '$2 at $1', mode: 'regex' as const }, 'me@home', 'home at me'],
    [{ find: '\\p{Lu}', with: '#', mode: 'regex' as const }, 'ÄbC', '#b#'],
    [{ find: '\\-', with: '+', mode: 'regex' as const }, 'a-b', 'a+b'],
  ])('%j', async (step, before, after) => {
    expect((await run({ a: [before] }, [{ type: 'replace', ...step }])).values('a')).toEqual([after])
  })

  test.each([
    '(a+)+b',
    '(a*)*',
    '(a|a)*b',
    '(a|ab)*c',
    '(\\w|\\d)+x',
    '(?:a?){40}a{40}',
    '((a)|(b+))*c',
    'a*a*a*a*a*a*a*a*a*b',
  ])('%s is refused before it can hang', async (find) => {
    const problem = await failure(
      () => run({ a: [`${'a'.repeat(60)}!`] }, [{ type: 'replace', find, mode: 'regex' }]),
      'bad_config',
    )
    expect(problem.message).toContain('Step 1 (replace)')
    // Read off the pattern: one that had been stopped would name the row.
    expect(problem.message).not.toContain('too long')
    expect(problem.detail).not.toHaveProperty('row')
  })

  test('a pattern that is slow on a long text is stopped, and says on which row', async () => {
    const problem = await failure(
      () =>
        run({ a: ['short', `${'a'.repeat(20_000)}!`] }, [
          { type: 'replace', find: 'a*a*a*a*b', mode: 'regex' },
        ]),
      'bad_config',
    )
    expect(problem.detail).toMatchObject({ row: 1, column: 'a', step: 0 })
    expect(problem.message).toContain('takes too long')
  })

  test('ordinary patterns pass, on long texts too', async () => {
    const long = 'word, word;  word '.repeat(5_000)
    for (const find of ['\\s+$', '<[^>]+>', '(?:ab|cd)+', '[a-z]+\\d{2,4}', '(foo|bar)', 'a.*b', '(ab){2}'])
      await run({ a: [long] }, [{ type: 'replace', find, mode: 'regex' }])
    const problem = await failure(
      () => run({ a: ['x'] }, [{ type: 'replace', find: '(', mode: 'regex' }]),
      'bad_config',
    )
    expect(problem.message).toContain('is not a regular expression')
  })
})

describe('numbers', () => {
  test('rounding is half away from zero, as written', () => {
    expect([1.005, 2.5, -2.5, 1e21, 0.1 + 0.2, -0.4, 1234].map((x) => roundTo(x, 0))).toEqual([
      1, 3, -3, 1e21, 0, 0, 1234,
    ])
    expect([roundTo(1.005, 2), roundTo(1250, -2), roundTo(1.5e-7, 7)]).toEqual([1.01, 1300, 2e-7])
  })

  test('text that is a number is one; anything else stays and is said', async () => {
    const { values, report } = await run({ a: ['1.26', '2,5', 'many', 3.1408, null, ''] }, [
      { type: 'round', columns: ['a'], digits: 1 },
    ])
    expect(values('a')).toEqual([1.3, 2.5, 'many', 3.1, null, ''])
    expect(report.changed).toBe(3)
    expect(report.findings).toMatchObject([{ row: 2, column: 'a', count: 1 }])
  })

  test('a comma that could be either is not guessed at', async () => {
    const { values, report } = await run({ a: ['1,234', '0,125', '1,25', '1234,5', '-12,000'] }, [
      { type: 'round', columns: ['a'], digits: 0 },
    ])
    expect(values('a')).toEqual(['1,234', 0, 1, 1235, '-12,000'])
    expect(report.findings).toMatchObject([{ row: 0, count: 2 }])
  })

  test('scaling', async () => {
    const scaled = async (method: 'min_max' | 'standard' | 'factor', a: unknown[] = [10, 20, 40]) =>
      (await run({ a }, [{ type: 'scale', columns: ['a'], method, factor: 0.5 }])).values('a') as number[]
    expect(await scaled('min_max')).toEqual([0, 1 / 3, 1])
    expect(await scaled('factor')).toEqual([5, 10, 20])
    expect(await scaled('min_max', [5, 5])).toEqual([0, 0])
    const standard = await scaled('standard')
    expect(standard.reduce((a, b) => a + b)).toBeCloseTo(0, 12)
    expect(standard.reduce((a, b) => a + b * b, 0) / 3).toBeCloseTo(1, 12)
  })

  test('buckets: a limit belongs above itself', async () => {
    const step: DataStepInput & { type: 'buckets' } = { type: 'buckets', columns: ['a'], edges: [10, 20] }
    const a = [9.99, 10, '19', 20, 'x']
    expect((await run({ a }, [step])).values('a')).toEqual([
      'below 10',
      '10 to 20',
      '10 to 20',
      '20 and above',
      'x',
    ])
    expect((await run({ a }, [{ ...step, words: ['low', 'mid', 'high'] }])).values('a')[3]).toBe('high')
    await failure(() => run({ a }, [{ ...step, words: ['low'] }]), 'bad_config')
  })
})

describe('reshaping', () => {
  test('wide to long', async () => {
    const { frame, report } = await run({ id: [1, 2, 3], en: ['a', 'b', null], fr: ['x', null, ' '] }, [
      { type: 'wide_to_long', columns: ['en', 'fr'], name_to: 'language', value_to: 'text' },
    ])
    expect(Array.from({ length: frame.rows }, (_, i) => frame.row(i))).toEqual([
      { id: 1, language: 'en', text: 'a' },
      { id: 1, language: 'fr', text: 'x' },
      { id: 2, language: 'en', text: 'b' },
    ])
    expect([...frame.source]).toEqual([0, 0, 1])
    expect(report).toMatchObject({ rowsIn: 3, rowsOut: 3, added: 1, dropped: 1 })
    const taken: DataStepInput = { type: 'wide_to_long', columns: ['en'], name_to: 'id', value_to: 'text' }
    await failure(() => run({ id: [1], en: ['a'] }, [taken]), 'bad_config')
  })

  test('joining leaves no separator for what is missing', async () => {
    const { values } = await run({ a: ['x', null, null], b: ['y', 'z', ''], n: [1, 2, null] }, [
      { type: 'join_columns', columns: ['a', 'b', 'n'], to: 'c', separator: ', ' },
    ])
    expect(values('c')).toEqual(['x, y, 1', 'z, 2', null])
  })

  test('splitting turns', async () => {
    const text = 'Be kind.\nUser: hi\nthere\n\nAssistant: hello\n### Human: bye\nAI: see you\nAI: soon'
    const { values, report } = await run({ t: [text, 'no turns here', null] }, [
      { type: 'split_turns', column: 't', to: 'm' },
    ])
    expect(values('m')).toEqual([
      [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'hi\nthere' },
        { role: 'assistant', content: 'hello' },
        { role: 'user', content: 'bye' },
        { role: 'assistant', content: 'see you\nsoon' },
      ],
      null,
      null,
    ])
    expect(report.findings[0]).toMatchObject({ row: 1, count: 1 })
  })

  test('renaming and filling', async () => {
    const { frame, values } = await run({ ' q ': ['a', null], b: [' ', 'x'] }, [
      { type: 'rename_column', column: ' q ', to: 'q' },
      { type: 'fill_missing', columns: ['q', 'b'], with: 'none' },
    ])
    expect(frame.names).toEqual(['q', 'b'])
    expect([values('q'), values('b')]).toEqual([
      ['a', 'none'],
      ['none', 'x'],
    ])
  })
})

describe('filters', () => {
  const a = ['one two', 'THREE', '', null, '4', '🙂🙂']
  const rows = async (test: object, keep = true) => {
    const step = { type: 'filter', column: 'a', test, keep } as DataStepInput
    return [...(await run({ a }, [step])).frame.source]
  }

  test.each<[object, number[]]>([
    [{ is: 'length', min: 2, max: 5 }, [1, 5]],
    [{ is: 'length', unit: 'words', min: 2 }, [0]],
    [{ is: 'contains', text: 'three' }, []],
    [{ is: 'contains', text: 'three', ignore_case: true }, [1]],
    [{ is: 'matches', pattern: '^\\d$' }, [4]],
    [{ is: 'equals', values: ['4', 'THREE'] }, [1, 4]],
    [{ is: 'between', min: 3 }, [4]],
    [{ is: 'missing' }, [2, 3]],
  ])('%j', async (test, kept) => {
    expect(await rows(test)).toEqual(kept)
    expect(await rows(test, false)).toEqual([0, 1, 2, 3, 4, 5].filter((row) => !kept.includes(row)))
  })

  test('what was dropped is shown', async () => {
    const { report } = await run({ a: ['x', 'y'] }, [
      { type: 'filter', column: 'a', test: { is: 'equals', values: ['x'] } },
    ])
    expect(report).toMatchObject({ rowsIn: 2, rowsOut: 1, dropped: 1 })
    expect(report.samples).toEqual([{ row: 1, column: 'a', before: 'y', after: null }])
  })

  test('missing values and single rows', async () => {
    const data = { a: ['x', '', null], b: ['y', 'z', ' '] }
    const missing = async (how: 'any' | 'all') => [
      ...(await run(data, [{ type: 'drop_missing', columns: ['a', 'b'], how }])).frame.source,
    ]
    expect(await missing('any')).toEqual([0])
    expect(await missing('all')).toEqual([0, 1])
    expect([...(await run(data, [{ type: 'drop_rows', rows: [0, 2, 9] }])).frame.source]).toEqual([1])
  })
})

describe('deduplicating', () => {
  const data = {
    q: ['Hi there', 'hi  THERE!', 'Hi there', 'Hi there', null, null, '?', '!'],
    a: ['x', 'x', 'x', 'y', null, null, '1', '1'],
  }
  const kept = async (step: object) => [...(await run(data, [{ type: 'deduplicate', ...step }])).frame.source]
  test('exact, normalised, over some columns, and which one stays', async () => {
    expect(await kept({})).toEqual([0, 1, 3, 4, 5, 6, 7])
    expect(await kept({ match: 'normalised' })).toEqual([0, 3, 4, 5, 6, 7])
    expect(await kept({ columns: ['q'] })).toEqual([0, 1, 4, 5, 6, 7])
    expect(await kept({ columns: ['q'], keep: 'last' })).toEqual([1, 3, 4, 5, 6, 7])
    expect(await kept({ columns: ['q'], keep: 'none', match: 'normalised' })).toEqual([4, 5, 6, 7])
  })
})

describe('parts of the rows', () => {
  const a = Array.from({ length: 50 }, (_, i) => String(i))

  test('a sample is drawn by seed, in order, and scales with the share at hand', async () => {
    const drawn = async (seed: number, share = 1) =>
      [...(await run({ a }, [{ type: 'sample', rows: 10 }], seed, share)).frame.source] as number[]
    const rows = await drawn(1)
    expect(rows).toHaveLength(10)
    expect(rows).toEqual([...rows].sort((x, y) => x - y))
    expect(await drawn(1)).toEqual(rows)
    expect(await drawn(2)).not.toEqual(rows)
    expect(await drawn(1, 0.5)).toHaveLength(5)
    // Pinned: a stored run must find the same rows in any later version.
    expect(rows).toEqual(PINNED_SAMPLE)
  })

  test('a limit skips and takes', async () => {
    expect([...(await run({ a }, [{ type: 'limit', rows: 3, skip: 5 }])).frame.source]).toEqual([5, 6, 7])
  })

  test('balance', async () => {
    const label = a.map((_, i) => (i < 40 ? 'no' : i < 48 ? 'yes' : null))
    const { values } = await run({ label }, [{ type: 'balance', column: 'label', most: 5 }])
    const count = (value: string | null) => values('label').filter((x) => x === value).length
    expect([count('no'), count('yes'), count(null)]).toEqual([5, 5, 2])
  })
})

describe('the list', () => {
  test('runs in order, leaves out what is switched off, and names what fails', async () => {
    const { values, reports } = await run({ a: ['B', 'b', 'c'] }, [
      { type: 'case', to: 'upper', enabled: false },
      { type: 'case', to: 'lower' },
      { type: 'deduplicate' },
    ])
    expect(values('a')).toEqual(['b', 'c'])
    expect(reports.map(({ index }) => index)).toEqual([1, 2])
    const problem = await failure(
      () => run({ a: ['x'] }, [{ type: 'deduplicate' }, { type: 'drop_missing', columns: ['z'] }]),
      'missing_column',
    )
    expect(problem.message).toContain('Step 2 (drop_missing)')
    expect(problem.detail).toMatchObject({ step: 1, column: 'z' })
  })

  test('stops when asked to', async () => {
    const control = new AbortController()
    control.abort()
    const frame = frameOf({ a: ['x'] })
    const step = v.parse(DataStepSchema, { type: 'deduplicate' })
    await expect(runSteps(frame, [step], { seed: 1, signal: control.signal })).rejects.toThrow(/abort/i)
  })

  test('is part of the run config, which fills defaults in and refuses by name', async () => {
    const { data } = parseRunConfig({ data: { steps: [{ type: 'whitespace' }] } })
    expect(data.steps).toEqual([
      { type: 'whitespace', enabled: true, columns: [], trim: true, collapse: 'spaces', blank_lines: 1 },
    ])
    const bad = async (steps: unknown[]) =>
      (await failure(() => parseRunConfig({ data: { steps } }), 'bad_config')).detail?.field
    expect(await bad([{ type: 'whitespace', trimm: true }])).toBe('data.steps.0.trimm')
    expect(
      await bad([
        { type: 'case', to: 'lower' },
        { type: 'case', to: 'title' },
      ]),
    ).toBe('data.steps.1.to')
    expect(await bad([{ type: 'nope' }])).toBe('data.steps.0.type')
    expect(await bad([{ type: 'buckets', columns: ['a'], edges: [2, 1] }])).toBe('data.steps.0.edges')
    expect(await bad([{ type: 'filter', column: 'a', test: { is: 'contains', text: '' } }])).toBe(
      'data.steps.0.test.text',
    )
  })
})

/** sample of 10 from 50, seed 1, step 0. */
const PINNED_SAMPLE = [10, 16, 17, 22, 25, 27, 29, 33, 43, 44]
