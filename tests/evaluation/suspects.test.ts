import { expect, test } from 'vitest'
import { type RowLoss, suspectsOf } from '../../src/evaluation/suspects.ts'

const rows = [0, 1, 2, 3, 4].map((row) => ({
  row,
  number: row + 1,
  question: `q${row}`,
  reference: 'a',
}))
const told = (...nats: number[]): RowLoss[] =>
  nats.map((value, i) => ({ pass: i + 1, nats: value, tokens: 2 }))
const losses = new Map([
  [0, told(9, 8, 8)],
  [1, told(4, 3, 0.1)],
  [2, told(4, 0.1, 0.05)],
  [3, told(0.1, 7, 6)],
])

test('the most suspect row is the one that stays unlikely; the first pass does not count where there are others', () => {
  const found = suspectsOf({ kind: 'labels', losses, rows })
  expect(found).toMatchObject({ by: 'answer', epochs: 3, firstLeftOut: true, known: 4 })
  expect(found.rows.map(({ row, region }) => [row, region])).toEqual([
    [0, 'hard'],
    [3, 'hard'],
    [1, 'ambiguous'],
  ])
  const [first] = found.rows
  expect(first!.confidence).toBeCloseTo(Math.exp(-8), 12)
  expect(first!.variability).toBeCloseTo(0, 12)
  expect(first!.losses).toEqual([
    { epoch: 1, loss: 4.5 },
    { epoch: 2, loss: 4 },
    { epoch: 3, loss: 4 },
  ])
})

test('one pass is better than none, and of texts the mean token counts', () => {
  const once = new Map([
    [0, told(9)],
    [1, told(0.5)],
  ])
  const found = suspectsOf({ kind: 'text', losses: once, rows })
  expect(found).toMatchObject({ by: 'token', epochs: 1, firstLeftOut: false, known: 2 })
  expect(found.rows.map(({ row }) => row)).toEqual([0])
  expect(found.rows[0]!.confidence).toBeCloseTo(Math.exp(-4.5), 12)
})

test('where most rows were hardly learnt none of them is named', () => {
  const hardly = (learnt: number) =>
    suspectsOf({
      kind: 'labels',
      losses: new Map(rows.map(({ row }) => [row, row < learnt ? told(9, 0.1) : told(9, 8)])),
      rows,
    })
  expect(hardly(2)).toMatchObject({ known: 5, early: true, rows: [] })
  const enough = hardly(3)
  expect([enough.early, enough.rows.map(({ row }) => row)]).toEqual([false, [3, 4]])
})

test('a run that kept no losses names no row', () => {
  expect(suspectsOf({ kind: 'labels', losses: new Map(), rows })).toMatchObject({
    epochs: 0,
    known: 0,
    rows: [],
  })
})
