import { describe, expect, test } from 'vitest'
import {
  type Answered,
  guessKind,
  prefixLabels,
  taskOf,
  taskOutlook,
  unseenLabels,
} from '../../src/evaluation/task.ts'
import { labelsOf, onlyHeldLabel, taskKind, usualMetric } from '../../src/runs/task.ts'

const said = (...references: string[]): Answered[] =>
  references.map((reference) => ({ reference, calls: false, plain: false }))
const PETS = said('cat', 'dog', 'dog', 'cat', 'dog')

describe('the task is told from answers', () => {
  test('a few that come again are labels', () => {
    expect(guessKind(PETS)).toBe('labels')
    expect(guessKind(said('yes', 'no', 'yes', 'no'))).toBe('labels')
  })

  test('answers that do not come again are text, and so is one and the same answer', () => {
    expect(guessKind(said('It is sunny.', 'It rains.', 'It rains.', 'It snows.'))).toBe('text')
    expect(guessKind(said('Arr!', 'Arr!', 'Arr!'))).toBe('text')
    expect(guessKind([])).toBe('text')
  })

  test('one slip among many labels leaves them labels', () => {
    const names = Array.from({ length: 12 }, (_, i) => `label ${i}`)
    expect(guessKind(said(...names, ...names, 'lable 3'))).toBe('labels')
    expect(guessKind(said(...names, ...names, 'a', 'b'))).toBe('text')
  })

  test('long ones, or too many, are no labels', () => {
    const long = 'x'.repeat(81)
    expect(guessKind(said(long, long, 'b', 'b'))).toBe('text')
    const many = Array.from({ length: 201 }, (_, i) => `${i}`)
    expect(guessKind(said(...many, ...many))).toBe('text')
  })

  test('objects are JSON, even where they come again; a number alone is none', () => {
    expect(guessKind(said('{"a":1}', '{"a":2}', '[1]'))).toBe('json')
    expect(guessKind(said('{"a":1}', '{"a":1}', '{"a":2}', '{"a":2}'))).toBe('json')
    expect(guessKind(said('1', '2', '1', '2'))).toBe('labels')
    expect(guessKind(said('{not json', '{nor this', 'x'))).toBe('text')
  })

  test('calls and plain text are what the rows say they are', () => {
    const call = { reference: 'f({})', calls: true, plain: false }
    expect(guessKind([call, call, ...said('No.')])).toBe('calls')
    expect(guessKind([{ reference: 'Once', calls: false, plain: true }])).toBe('plain')
  })
})

describe('labels', () => {
  test('are those of rows that were learnt, the most frequent first', () => {
    const task = taskOf(PETS, said('cow', 'cat'))
    expect(task).toEqual({ kind: 'labels', labels: ['dog', 'cat'], from: 'learnt' })
    expect(unseenLabels(task, said('cow', 'cat', 'cow', 'owl'))).toEqual(['cow', 'owl'])
  })

  test('are those of the judged rows where nothing else is known, and that is said', () => {
    expect(taskOf(null, PETS)).toEqual({ kind: 'labels', labels: ['dog', 'cat'], from: 'judged' })
  })

  test('are those that a person names', () => {
    const task = taskOf(PETS, PETS, { kind: 'labels', labels: ['a', ' b ', 'a'] })
    expect(task).toEqual({ kind: 'labels', labels: ['a', 'b'], from: 'given' })
    expect(taskOf(PETS, PETS, { kind: 'text' })).toEqual({ kind: 'text', labels: [], from: 'given' })
  })

  test('that begin others are found', () => {
    expect(prefixLabels({ kind: 'labels', labels: ['card', 'card lost', 'pin'], from: 'learnt' })).toEqual([
      'card',
    ])
  })
})

describe('what rows cannot be', () => {
  const why = (rows: Answered[]) =>
    Object.fromEntries(Object.entries(taskOutlook(rows).ruledOut).map(([kind, out]) => [kind, out.why]))

  test('is said of each kind, and the guess is never among it', () => {
    expect(why(PETS)).toEqual({ json: 'no_json', calls: 'no_calls', plain: 'answers' })
    expect(taskOutlook(PETS)).toMatchObject({ guess: 'labels', answers: ['dog', 'cat'] })
    const texts = [{ reference: 'Once', calls: false, plain: true }]
    expect(why(texts)).toEqual({ labels: 'texts', json: 'texts', calls: 'texts', text: 'texts' })
    const call = { reference: 'f({})', calls: true, plain: false }
    const json = said('{"a":1}', '{"a":2}')
    for (const rows of [PETS, texts, [call, call], json, said('a', 'b', 'c'), said('Arr!', 'Arr!')]) {
      const { guess, ruledOut } = taskOutlook(rows)
      expect(ruledOut[guess]).toBeUndefined()
    }
  })

  test('names what is too many or too long to be labels', () => {
    const many = Array.from({ length: 201 }, (_, i) => `${i}`)
    expect(taskOutlook(said(...many)).ruledOut.labels).toEqual({ why: 'many_answers', count: 201, most: 200 })
    expect(taskOutlook(said('a', 'x'.repeat(81))).ruledOut.labels).toEqual({
      ...{ why: 'long_answers', count: 81, most: 80 },
    })
    expect(taskOutlook(said('a', 'a')).ruledOut.labels).toEqual({ why: 'one_answer' })
    expect(taskOutlook(said('a', 'a')).answers).toBeNull()
  })

  test('some JSON is enough to be judged as JSON', () => {
    expect(taskOutlook(said('{"a":1}', 'sorry')).ruledOut.json).toBeUndefined()
  })
})

describe('what a config says of the task', () => {
  const prepared = { task: taskOutlook(PETS) }
  const of = (task: 'labels' | 'text' | null) => ({ data: { task } })

  test('goes before the guess, and the labels and the metric go by it', () => {
    expect([taskKind(of(null), prepared), taskKind(of('text'), prepared)]).toEqual(['labels', 'text'])
    expect(taskKind(of(null), {})).toBeNull()
    expect(labelsOf(of(null), prepared)).toEqual(['dog', 'cat'])
    expect(labelsOf(of('text'), prepared)).toBeNull()
    expect(usualMetric(labelsOf(of('labels'), prepared))).toBe('accuracy')
    expect(usualMetric(null)).toBe('eval_loss')
  })
})

describe('rows held out that all say the same', () => {
  const labels = (...validation: number[]) => ({
    labels: validation.map((count, i) => ({
      label: `label ${i}`,
      count: { train: 5, validation: count, test: 1 },
    })),
  })

  test('show nothing of the other answers', () => {
    expect(onlyHeldLabel(labels(0, 3))).toBe('label 1')
  })

  test('are told of only where there are others, and rows held out at all', () => {
    expect(onlyHeldLabel(labels(1, 3))).toBeNull()
    expect(onlyHeldLabel(labels(0, 0))).toBeNull()
    expect(onlyHeldLabel(labels(3))).toBeNull()
    expect(onlyHeldLabel({})).toBeNull()
  })
})
