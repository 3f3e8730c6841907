import { describe, expect, test } from 'vitest'
import { mark } from '../../src/evaluation/answers.ts'
import { comparable, likeliest } from '../../src/evaluation/decide.ts'
import { evaluationJson, predictionsCsv } from '../../src/evaluation/files.ts'
import { type Judged, reportOf } from '../../src/evaluation/report.ts'
import type { EvaluationInfo, JudgedRow, Side, TaskKind } from '../../src/protocol/studio.ts'

const INFO: EvaluationInfo = {
  id: 'e',
  run: 'r',
  created: 0,
  model: { id: 'pebble', name: 'Pebble', hash: 'm' },
  step: 4,
  data: { name: 'test.csv', hash: 'h', split: null, rows: 4 },
  rowsKey: 'k',
  task: { kind: 'labels', labels: ['card', 'card lost'], from: 'learnt' },
  labelTokens: [2, 4],
  maxNewTokens: null,
  notes: [],
  total: 4,
  judged: 4,
  seconds: 1,
}

function row(number: number, reference: string, more: Partial<JudgedRow>): JudgedRow {
  const plain = { logProbability: -2, tokens: 2, hits: 1, answer: null }
  return { row: number - 1, number, question: `question 1${number}`, reference, ...plain, ...more }
}

const labelled = (...rows: JudgedRow[]): Judged => ({ info: INFO, rows })
const value = (side: Side | undefined, name: string) =>
  side!.figures.find((figure) => figure.name === name)?.value
const alone = { base: null, validation: null, learnt: null }

describe('labels', () => {
  test('are held against each other by all of their tokens, or by the mean for each', () => {
    expect(comparable([-3, -4], [2, 4], 'sum')).toEqual([-3, -4])
    expect(comparable([-3, -4], [2, 4], 'mean')).toEqual([-1.5, -1])
    expect(likeliest([-3, -4])).toBe(0)
    expect(likeliest([-1.5, -1])).toBe(1)
    expect(likeliest([-1, -1])).toBe(0)
    const rows = [row(1, 'card lost', { scores: [-3, -4] })]
    const [sum, mean] = (['sum', 'mean'] as const).map((choice) =>
      reportOf({ judged: labelled(...rows), ...alone, choice }),
    )
    expect([sum!.choice, sum!.rows[0]!.answer, sum!.sides[0]!.right]).toEqual(['sum', 'card', 0])
    expect([mean!.choice, mean!.rows[0]!.answer, mean!.sides[0]!.right]).toEqual(['mean', 'card lost', 1])
  })

  const ROWS = [
    row(1, 'card', { scores: [-1, -3] }),
    row(2, 'card', { scores: [-3, -1] }),
    row(3, 'card lost', { scores: [-9, -1] }),
    row(4, 'stolen', { scores: [-1, -2] }),
  ]

  test('of others on the same rows stand beside; rows that are not the same, or were judged by other labels, do not', () => {
    const other = (more: Partial<EvaluationInfo>, rows = ROWS): Judged => ({
      info: { ...INFO, id: 'o', run: 'other', step: 9, ...more },
      rows,
    })
    const besides = (...beside: Judged[]) => reportOf({ judged: labelled(...ROWS), ...alone, beside }).beside
    const right = ROWS.map((one) => ({ ...one, scores: one.reference === 'card' ? [-1, -9] : [-9, -1] }))
    const [same, better] = besides(other({}), other({ step: null }, right))
    expect(same).toMatchObject({ run: 'other', model: 'Pebble', step: 9, right: 2 })
    expect(better).toMatchObject({ step: null, right: 3 })
    expect(
      besides(
        other({ labelTokens: [2] }),
        other({}, ROWS.slice(1)),
        other({}, [...ROWS].reverse()),
        other({}, [{ ...ROWS[0]!, scores: [-1] }, ...ROWS.slice(1)]),
      ),
    ).toEqual([])
  })

  test('that were never learnt are asked for and cannot be right', () => {
    const { sides, labels, rows, count } = reportOf({ judged: labelled(...ROWS), ...alone })
    expect(count).toBe(4)
    expect(sides[0]!.right).toBe(2)
    expect(value(sides[0], 'accuracy')).toBe(0.5)
    expect(value(sides[0], 'balanced_accuracy')).toBeCloseTo((0.5 + 1 + 0) / 3, 12)
    expect(labels!.classes.map(({ label, seen, support }) => [label, seen, support])).toEqual([
      ['card', true, 2],
      ['card lost', true, 1],
      ['stolen', false, 1],
    ])
    // Rows by truth, columns by answer, none of them last.
    expect([...labels!.confusion]).toEqual([1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0])
    // Wrong ones first, those of them first of whose truth least was thought.
    expect(rows.map(({ number }) => number)).toEqual([4, 2, 1, 3])
    expect(rows[0]).toMatchObject({ answer: 'card', right: false, score: 0 })
    expect(rows[2]!.confidence).toBeCloseTo(1 / (1 + Math.exp(-2)), 12)
  })

  test('are left unsaid below a threshold: what that buys, in the figures and row by row', () => {
    const report = reportOf({ judged: labelled(...ROWS), ...alone, abstain: 0.8 })
    expect(report.labels!.abstain).toEqual({ threshold: 0.8, answered: 0.75, accuracy: 2 / 3 })
    expect(JSON.parse(evaluationJson(report)).labels.abstain).toEqual(report.labels!.abstain)
    const [head, ...lines] = predictionsCsv(report).trim().split('\r\n')
    const cells = (line: string) => line.split(',')[head!.split(',').indexOf('answered')]
    // Rows 4, 2, 1 and 3: the first of them is 73% sure.
    expect(lines.map(cells)).toEqual(['false', 'true', 'true', 'true'])
    const always = reportOf({ judged: labelled(...ROWS), ...alone }).labels!
    expect(always.abstain).toEqual({ threshold: 0, answered: 1, accuracy: 0.5 })
    // The slider's stops: by the hundredth, so that the page says the same of a threshold as the command line.
    expect(always.abstention).toHaveLength(100)
    expect(always.abstention[80]).toEqual(report.labels!.abstain)
  })

  test('of the base model stand beside the same rows, and so do the baselines', () => {
    const base = labelled(...ROWS.map((one) => ({ ...one, scores: [-1, -2] })), row(9, 'card', {}))
    const learnt = [
      { question: 'question 11', reference: 'card' },
      { question: 'question 12', reference: 'card' },
      { question: 'question 13', reference: 'card lost' },
    ]
    const { sides, rows } = reportOf({ judged: labelled(...ROWS), ...alone, base, learnt })
    expect(sides.map(({ name, right }) => [name, right])).toEqual([
      ['judged', 2],
      ['base', 2],
      ['nearest', 3],
      ['majority', 2],
    ])
    expect(rows.find(({ number }) => number === 3)!.base).toEqual({ answer: 'card', right: false })
  })

  test('are calibrated by validation rows only, and these are not held against themselves', () => {
    const validation = { rows: ROWS.slice(0, 3), labelTokens: [2, 4], same: false }
    const other = reportOf({ judged: labelled(...ROWS), ...alone, validation })
    expect(other.labels!.temperature).toMatchObject({ rows: 3, same: false })
    expect(value(other.sides[0], 'ece_calibrated')).toBeDefined()
    const same = reportOf({ judged: labelled(...ROWS), ...alone, validation: { ...validation, same: true } })
    expect(same.labels!.temperature).toMatchObject({ same: true })
    expect(value(same.sides[0], 'ece_calibrated')).toBeUndefined()
    expect(same.labels!.reliability.calibrated).toBeNull()
    expect(reportOf({ judged: labelled(...ROWS), ...alone }).labels!.temperature).toBeNull()
  })

  test('have the same intervals each time', () => {
    const figures = () => reportOf({ judged: labelled(...ROWS), ...alone }).sides
    expect(figures()).toEqual(figures())
    const accuracy = figures()[0]!.figures[0]!
    expect([accuracy.low < accuracy.value, accuracy.high > accuracy.value]).toEqual([true, true])
  })

  test('perplexity and token accuracy are weighted by tokens', () => {
    const rows = [
      row(1, 'card', { scores: [-1, -3], logProbability: -3, tokens: 3, hits: 3 }),
      row(2, 'card', { scores: [-1, -3], logProbability: -6, tokens: 1, hits: 0 }),
    ]
    const { sides } = reportOf({ judged: labelled(...rows), ...alone })
    expect(value(sides[0], 'perplexity')).toBeCloseTo(Math.exp(9 / 4), 10)
    expect(value(sides[0], 'token_accuracy')).toBe(0.75)
  })
})

describe('answers that were written', () => {
  const written = (kind: TaskKind, ...rows: JudgedRow[]): Judged => ({
    info: { ...INFO, task: { kind, labels: [], from: 'learnt' }, labelTokens: [] },
    rows,
  })

  test('are right where they are what the data says; the worst come first', () => {
    const judged = written(
      'text',
      row(1, 'It is sunny.', { answer: 'It is sunny.' }),
      row(2, 'It is sunny.', { answer: 'It is rainy.' }),
      row(3, 'It is sunny.', { answer: 'xyz' }),
    )
    const { sides, rows, labels, choice } = reportOf({ judged, ...alone })
    expect([sides[0]!.right, labels, choice]).toEqual([1, null, null])
    expect(rows.map(({ number }) => number)).toEqual([3, 2, 1])
    expect(value(sides[0], 'accuracy')).toBeCloseTo(1 / 3, 12)
  })

  test('of JSON are held against the data field by field', () => {
    const answer = { answer: '{"a":1,"b":3}' }
    expect(mark('json', row(1, '{"a":1,"b":2}', answer))).toMatchObject({
      right: false,
      score: 0.5,
      parts: { valid_json: 1, equal_fields: 0.5 },
    })
    expect(mark('json', row(1, '{"a":1}', { answer: '{"a":' }))).toMatchObject({
      right: false,
      score: 0,
      parts: { valid_json: 0 },
    })
  })

  test('that call functions are held against the data by name and arguments', () => {
    const wanted = 'get_weather({"city":"Oslo"})'
    expect(mark('calls', row(1, wanted, { answer: wanted }))).toMatchObject({ right: true, score: 1 })
    expect(mark('calls', row(1, wanted, { answer: 'get_weather({"city":"Rome"})' }))).toMatchObject({
      right: false,
      score: 0.5,
      parts: { call_name: 1, call_arguments: 0 },
    })
  })

  test('of plain text there are none: only how likely it is', () => {
    const { sides, rows } = reportOf({ judged: written('plain', row(1, 'Once upon', {})), ...alone })
    expect(sides[0]).toMatchObject({ right: null })
    expect(sides[0]!.figures.map(({ name }) => name)).toEqual(['perplexity', 'token_accuracy'])
    expect(rows[0]).toMatchObject({ right: null, answer: null })
  })
})

test('predictions are a line a row, whatever is in them', () => {
  const judged: Judged = {
    info: { ...INFO, task: { kind: 'text', labels: [], from: 'learnt' } },
    rows: [row(1, 'a, "b"', { answer: 'x\ny' })],
  }
  const csv = predictionsCsv(reportOf({ judged, ...alone }))
  expect(csv.split('\r\n')[0]).toBe(
    'row,question,reference,answer,right,score,reference_log_probability,reference_tokens,reference_tokens_likeliest',
  )
  const formula: Judged = {
    info: judged.info,
    rows: [row(1, '-1.5', { answer: '=HYPERLINK("x")' }), row(2, '+cmd', { answer: '@sum' })],
  }
  const guarded = predictionsCsv(reportOf({ judged: formula, ...alone }))
  expect(guarded).toContain(`-1.5,"'=HYPERLINK(""x"")",false`)
  expect(guarded).toContain("'+cmd,'@sum,false")
  expect(csv).toContain('1,question 11,"a, ""b""","x\ny",false,')
})
