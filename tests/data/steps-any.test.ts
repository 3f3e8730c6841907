import * as v from 'valibot'
import { expect, test } from 'vitest'
import { Frame } from '../../src/dataset/frame.ts'
import { guessMapping } from '../../src/dataset/guess.ts'
import { inspectFrame } from '../../src/dataset/inspect/index.ts'
import { describeColumns } from '../../src/dataset/open.ts'
import { runSteps } from '../../src/dataset/steps/index.ts'
import { makeTable } from '../../src/files/table.ts'
import { type DataStepInput, DataStepSchema } from '../../src/protocol/data-steps.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import { seeded } from './helpers.ts'

const VALUES = [
  null,
  '',
  ' ',
  'text',
  'Text.',
  'a\u0000b',
  '\ud800',
  '🙂',
  '1',
  '1,5',
  '-0',
  'NaN',
  'x'.repeat(3000),
  'User: hi\nAI: ho',
  0,
  -0,
  1e308,
  -2.5,
  true,
  false,
  [],
  [1, 'a'],
  {},
  { role: 'user', content: 'hi' },
  [
    { role: 'user', content: 'A  b' },
    { role: 'assistant', content: 'C' },
  ],
  '<start_of_turn>',
  'me@home.example',
  '__proto__',
  'data:image/png;base64,AAAA',
]
const NAMES = ['q', 'answer', '__proto__', 'constructor', ' spaced ', 'messages', '列', 'a.b']

const STEPS: DataStepInput[] = [
  { type: 'normalize_unicode', form: 'NFKC' },
  { type: 'whitespace', collapse: 'all' },
  { type: 'case', to: 'sentence' },
  { type: 'control_characters', invisible: true },
  { type: 'repair_encoding' },
  { type: 'replace', find: 'a', with: '$&' },
  { type: 'replace', find: '\\w+', with: '$&$&', mode: 'regex' },
  { type: 'round', columns: ['q', '__proto__'], digits: 2 },
  { type: 'scale', columns: ['q'], method: 'standard' },
  { type: 'scale', columns: ['q'], method: 'min_max' },
  { type: 'buckets', columns: ['q'], edges: [0, 1] },
  { type: 'wide_to_long', columns: ['q', 'answer'], name_to: 'name', value_to: 'value' },
  { type: 'join_columns', columns: ['q', '__proto__'], to: 'constructor' },
  { type: 'split_turns', column: 'q', to: 'turns' },
  { type: 'merge_turns', column: 'q' },
  { type: 'rename_column', column: 'q', to: '__proto__' },
  { type: 'rename_column', column: ' spaced ', to: 'toString' },
  { type: 'fill_missing', columns: ['q', '列'], with: '?' },
  { type: 'filter', column: 'q', test: { is: 'length', unit: 'words', max: 3 } },
  { type: 'filter', column: 'q', test: { is: 'matches', pattern: '[a-z]+' }, keep: false },
  { type: 'filter', column: 'q', test: { is: 'between', min: 0 } },
  { type: 'filter', column: 'q', test: { is: 'equals', values: ['1', 'true', '[]'] } },
  { type: 'drop_missing', columns: ['q', '__proto__'], how: 'all' },
  { type: 'deduplicate', match: 'normalised', keep: 'last' },
  { type: 'deduplicate', columns: ['q'], keep: 'none' },
  { type: 'sample', rows: 7 },
  { type: 'limit', rows: 5, skip: 2 },
  { type: 'balance', column: 'q', most: 2 },
  { type: 'drop_rows', rows: [0, 3, 1_000_000] },
]

test('whatever the values and the order of steps, counts add up and every failure is one of ours', async () => {
  const random = seeded(11)
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!
  let failures = 0
  for (let round = 0; round < 150; round++) {
    const rows = Math.floor(random() * 14)
    const columns = NAMES.slice(0, 1 + Math.floor(random() * NAMES.length))
    const table = makeTable(
      columns.map((name) => ({ name, values: Array.from({ length: rows }, () => pick(VALUES)) })),
    )
    const steps = Array.from({ length: 1 + Math.floor(random() * 5) }, () =>
      v.parse(DataStepSchema, pick(STEPS)),
    )
    try {
      const { frame, reports } = await runSteps(Frame.of(table), steps, { seed: round })
      expect(reports).toHaveLength(steps.length)
      let count = rows
      for (const { rowsIn, rowsOut, changed, dropped, added, samples } of reports) {
        expect(rowsIn).toBe(count)
        expect(rowsOut).toBe(rowsIn - dropped + added)
        expect(changed).toBeLessThanOrEqual(rowsIn)
        expect(samples.length).toBeLessThanOrEqual(5)
        count = rowsOut
      }
      expect(frame.rows).toBe(count)
      for (const name of frame.names) expect(frame.column(name)).toHaveLength(count)
      for (const row of frame.source) expect(row).toBeLessThan(rows)
      const { reason: _, ...mapping } = guessMapping(frame.toTable(), describeColumns(frame.toTable()))
      for (const roles of [mapping, NO_MAPPING])
        await inspectFrame(frame, { mapping: roles, split: null, validationShare: 0.3, seed: round })
    } catch (error) {
      if (!(error instanceof LapidaryError)) throw error
      expect(error.code).toMatch(/^(missing_column|bad_config)$/)
      failures++
    }
  }
  // Most lists of steps can be done.
  expect(failures).toBeLessThan(75)
})
