import { expect, test } from 'vitest'
import { Frame } from '../../src/dataset/frame.ts'
import { runPipeline } from '../../src/dataset/pipeline.ts'
import { makeTable } from '../../src/files/table.ts'
import { type Correction, NO_SPLIT } from '../../src/protocol/data-steps.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { Split } from '../../src/protocol/tokens.ts'

const ROWS = 40
const table = makeTable([
  { name: 'q', values: Array.from({ length: ROWS }, (_, i) => `question ${i}`) },
  { name: 'a', values: Array.from({ length: ROWS }, (_, i) => `answer ${i}`) },
])

async function split(list: Partial<Correction>[] = []) {
  const { corrections } = parseRunConfig({ data: { corrections: list } }).data
  const { rows, findings } = await runPipeline(Frame.of(table), {
    steps: [],
    mapping: { ...NO_MAPPING, prompt: 'q', response: 'a' },
    split: { ...NO_SPLIT, test_share: 0.2 },
    corrections: { list: corrections, rows: ROWS },
    augment: null,
    validationShare: 0.2,
    seed: 42,
  })
  const said = (of: Split) =>
    new Map(rows[of].map((row) => [row.row, 'messages' in row ? row.messages.at(-1)!.content : '']))
  return {
    train: said('train'),
    validation: said('validation'),
    test: said('test'),
    rows,
    messages: findings.map(({ message }) => message),
  }
}

test('a corrected row is learnt from, and every other row stays where it was', async () => {
  const before = await split()
  const [learnt, held, tested] = [before.train, before.validation, before.test].map(
    (of) => [...of.keys()][0]!,
  )
  const right = (row: number) => ({ row, prompt: `question ${row}`, response: `right ${row}` })
  const after = await split([
    right(learnt!),
    right(held!),
    right(tested!),
    { prompt: 'a new question', system: 'Be brief.', response: 'new' },
  ])
  expect(after.train.get(learnt!)).toBe(`right ${learnt}`)
  expect(after.train.get(held!)).toBe(`right ${held}`)
  expect(after.train.get(ROWS + 3)).toBe('new')
  expect(after.rows.train.find(({ row }) => row === ROWS + 3)).toMatchObject({
    messages: [{ role: 'system' }, { role: 'user' }, { role: 'assistant' }],
  })
  expect(after.test).toEqual(before.test)
  expect([...after.validation]).toEqual([...before.validation].filter(([row]) => row !== held))
  expect(after.train.size).toBe(before.train.size + 2)
  expect(after.messages).toContainEqual(expect.stringContaining('3 answers were put right by hand'))
  expect(after.messages).toContainEqual(expect.stringContaining('1 correction asks what a test row asks'))
})

test('without a row whoever asks it is meant; test rows are never learnt from that way either', async () => {
  const before = await split()
  const [held, tested] = [before.validation, before.test].map((of) => [...of.keys()][0]!)
  const after = await split([
    { prompt: `question ${held}`, response: 'right' },
    { prompt: ` question ${tested} `, response: 'leaked' },
  ])
  expect(after.train.get(held!)).toBe('right')
  expect(after.train.size).toBe(before.train.size + 1)
  expect([...after.train.values()]).not.toContain('leaked')
})

test('a row may be left out, and a correction of what asks something else has no effect', async () => {
  const before = await split()
  const [one, other] = [...before.train.keys()]
  const after = await split([
    { row: one!, prompt: `question ${one}`, response: null },
    { row: other!, prompt: 'something else', response: 'x' },
  ])
  expect(after.train.has(one!)).toBe(false)
  expect(after.train.get(other!)).toBe(before.train.get(other!))
  expect(after.messages).toEqual([
    '1 row is left out by hand (data.corrections).',
    '1 correction is of rows that are not there any more, or ask something else now: of no effect.',
  ])
})
