import { describe, expect, test } from 'vitest'
import {
  abstention,
  bootstrap,
  classification,
  fitTemperature,
  majority,
  nearestWords,
  reliability,
  rocAuc,
  softmaxRows,
} from '../../src/metrics/index.ts'

describe('labels', () => {
  test('an answer that is none of the labels is wrong, in a column of its own, and no label of the mean', () => {
    const found = classification([0, 0, 1, 1], [0, -1, 1, -1], 2)
    expect(found.accuracy).toBe(0.5)
    expect([...found.confusion]).toEqual([1, 0, 1, 0, 1, 1])
    expect(found.macroF1).toBeCloseTo(2 / 3, 12)
    expect(found.perClass.map(({ precision }) => precision)).toEqual([1, 1])
  })

  test('a label that no row has does not lower the balanced accuracy, but one that is answered lowers F1', () => {
    const found = classification([0, 0, 1, 1], [0, 2, 1, 1], 4)
    expect(found.balancedAccuracy).toBe(0.75)
    expect(found.macroF1).toBeCloseTo((2 / 3 + 1 + 0) / 3, 12)
  })

  test.each([
    ['no rows', [], [], 2],
    ['other lengths', [0, 1], [0], 2],
    ['a class that there is not', [0, 2], [0, 1], 2],
    ['an answer below -1', [0, 1], [0, -2], 2],
  ])('refuses %s', (_, truth, predicted, classes) => {
    expect(() => classification(truth, predicted, classes)).toThrow(
      expect.objectContaining({ code: 'bad_data' }),
    )
  })

  test('ROC-AUC of equal scores is a half, of one side alone nothing', () => {
    expect(rocAuc([0, 1, 0, 1], new Float64Array(8), 2)).toEqual({ perClass: [0.5, 0.5], macro: 0.5 })
    expect(rocAuc([1, 1], Float64Array.of(0, 1, 0, 1), 2)).toEqual({ perClass: [null, null], macro: null })
    // A row of a label that cannot be answered is one of the rest.
    expect(rocAuc([0, 5], Float64Array.of(0.9, 0.1), 1)).toEqual({ perClass: [1], macro: 1 })
    expect(() => rocAuc([0, 1], Float64Array.of(Number.NaN, 0), 1)).toThrow('score')
  })
})

describe('confidence', () => {
  test('0 and 1 are in the first bin and the last; an edge belongs to the bin below it', () => {
    const { bins } = reliability([0, 1, 0.5, 0.500001], [0, 1, 1, 1], 2)
    expect(bins.map(({ count }) => count)).toEqual([2, 2])
    expect(
      reliability([0, 0.2, 0.4, 0.6, 0.8, 1], [1, 1, 1, 1, 1, 1], 5).bins.map(({ count }) => count),
    ).toEqual([2, 1, 1, 1, 1])
    expect(() => reliability([1.1], [1])).toThrow('confidence')
    expect(() => reliability([Number.NaN], [1])).toThrow('confidence')
  })

  test('the error is what confidence and accuracy are apart, weighed by rows', () => {
    expect(reliability([0.9, 0.9, 0.9, 0.9, 0.3], [1, 1, 0, 0, 1], 10).ece).toBeCloseTo(
      0.8 * 0.4 + 0.2 * 0.7,
      12,
    )
  })

  test('softmax holds scores that are far away, or all impossible', () => {
    expect([...softmaxRows(Float64Array.of(-1e4, -1e4, -Infinity, -Infinity, 0, -Infinity), 2)]).toEqual([
      0.5, 0.5, 0.5, 0.5, 1, 0,
    ])
  })

  test('a temperature undoes the factor that scores were sharpened by, and ends where there is none to find', () => {
    // Right as often as the softmax of (1, 0) says, 73.1%, within 1/1000.
    const rows = 1000
    const right = Math.round(rows / (1 + Math.exp(-1)))
    const truth = Int32Array.from({ length: rows }, (_, i) => (i < right ? 0 : 1))
    const scores = Float64Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? 7 : 0))
    expect(fitTemperature(scores, truth, 2)).toBeCloseTo(7, 1)
    expect(fitTemperature(scores, new Int32Array(rows), 2)).toBe(0.01)
    expect(fitTemperature(scores, new Int32Array(rows).fill(1), 2)).toBe(100)
    // A label without any probability says nothing of sharpness.
    expect(fitTemperature(Float64Array.of(...scores, -Infinity, 0), [...truth, 0], 2)).toBeCloseTo(7, 1)
  })

  test('silence is told with what is left, and nothing is said of nothing', () => {
    expect(abstention([0.2, 0.6, 0.9], [0, 0, 1], [0, 0.6, 0.95])).toEqual([
      { threshold: 0, answered: 1, accuracy: 1 / 3 },
      { threshold: 0.6, answered: 2 / 3, accuracy: 0.5 },
      { threshold: 0.95, answered: 0, accuracy: null },
    ])
  })
})

describe('bootstrap', () => {
  const mean = (values: ArrayLike<number>) => (rows: Uint32Array) =>
    rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length

  test('is the same for a seed, another for another, and wide as theory has it', () => {
    const values = Array.from({ length: 401 }, (_, i) => (i % 4 === 0 ? 1 : 0))
    const found = bootstrap(401, mean(values), { seed: 1 })
    expect(bootstrap(401, mean(values), { seed: 1 })).toEqual(found)
    expect(bootstrap(401, mean(values), { seed: 2 })).not.toEqual(found)
    // 1.96 standard errors of a share of a quarter, 4.2%, and its own noise.
    expect(found.low).toBeGreaterThan(0.25 - 0.055)
    expect(found.low).toBeLessThan(0.25 - 0.03)
    expect(found.high).toBeGreaterThan(0.25 + 0.03)
    expect(found.high).toBeLessThan(0.25 + 0.055)
  })

  test('draws every row alike', () => {
    const counts = new Float64Array(7)
    bootstrap(
      7,
      (rows) => {
        for (const row of rows) counts[row]!++
        return 0
      },
      { seed: 3, resamples: 7000 },
    )
    // 7000 each; five standard deviations of 84.
    for (const count of counts) expect(Math.abs(count - 7000)).toBeLessThan(420)
  })

  test('leaves draws without a figure out, and refuses where none has one', () => {
    let draw = 0
    expect(bootstrap(2, () => (draw++ % 2 ? 5 : Number.NaN), { seed: 0, resamples: 10 })).toEqual({
      low: 5,
      high: 5,
    })
    expect(() => bootstrap(0, () => 1, { seed: 0 })).toThrow(expect.objectContaining({ code: 'bad_data' }))
    expect(() => bootstrap(2, () => Number.NaN, { seed: 0 })).toThrow(
      expect.objectContaining({ code: 'bad_data' }),
    )
  })

  test('the level is the share between the ends', () => {
    let draw = 0
    const found = bootstrap(1, () => draw++, { seed: 0, resamples: 101, level: 0.9 })
    expect(found.low).toBeCloseTo(5, 9)
    expect(found.high).toBeCloseTo(95, 9)
  })
})

describe('baselines', () => {
  test('the commonest label, the first of several', () => {
    expect(majority([2, 1, 1, 2, 0], 3)).toBe(1)
    expect(() => majority([], 3)).toThrow(expect.objectContaining({ code: 'bad_data' }))
  })

  test('the likest row: rare words count for more, ties go to the first, and so does what is unknown', () => {
    const nearest = nearestWords([
      { text: 'the card is lost', label: 0 },
      { text: 'the fee is high', label: 1 },
      { text: 'the fee is high', label: 2 },
    ])
    expect(nearest('LOST the fee')).toBe(0)
    expect(nearest('is that fee high?')).toBe(1)
    expect(nearest('qwerty')).toBe(0)
    expect(nearest('')).toBe(0)
    expect(() => nearestWords([])).toThrow(expect.objectContaining({ code: 'bad_data' }))
  })
})
