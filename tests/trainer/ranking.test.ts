import { describe, expect, test } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { Trial } from '../../src/protocol/studio.ts'
import { curvePoints, planLearningCurve, readCurve, SHARES } from '../../src/runs/learning-curve.ts'
import { bestScores, inOrder, meanAndSpread, metricsFor, rank, type Scored } from '../../src/runs/ranking.ts'
import { RunSeries } from '../../src/runs/series.ts'
import { refusalOf } from './support.ts'

const trial = (value: number, seed: number | null = null, judged?: Trial['judged']): Trial => ({
  key: `${value} ${seed}`,
  set: [{ field: 'lora.r', value }],
  seed,
  seconds: null,
  ...(judged && { judged }),
})
const scored = (value: number, seed: number, loss: number | null): Scored => ({
  trial: trial(value, seed),
  scores: loss === null ? null : { step: 1, eval_loss: loss, eval_mean_token_accuracy: 1 - loss / 10 },
})

function measured(...losses: [step: number, loss: number, accuracy: number][]) {
  const series = new RunSeries()
  for (const [step, eval_loss, mean_token_accuracy] of losses)
    series.add({ type: 'eval', step, epoch: step, eval_loss, metrics: { mean_token_accuracy } })
  return series.snapshot()
}

describe("a run's scores", () => {
  test('are those of the evaluation whose checkpoint is kept, the first before any step left out', () => {
    const run = measured([0, 1, 0.9], [5, 3, 0.5], [10, 2, 0.4], [15, 2, 0.7])
    expect(bestScores(run, 'eval_loss')).toEqual({ step: 10, eval_loss: 2, eval_mean_token_accuracy: 0.4 })
    expect(bestScores(run, 'eval_mean_token_accuracy')!.step).toBe(15)
  })

  test('are none where nothing was measured after a step, or nothing finite', () => {
    expect(bestScores(measured([0, 1, 1]), 'eval_loss')).toBeNull()
    expect(bestScores(measured([5, Number.NaN, 1]), 'eval_loss')).toBeNull()
  })
})

describe('settings are ranked', () => {
  test('by their mean over seeds, with their spread', () => {
    const all = [scored(4, 1, 2), scored(4, 2, 4), scored(8, 1, 1), scored(8, 2, 1.5), scored(16, 1, null)]
    const ranked = rank(all, 'eval_loss')
    expect(ranked.map(({ rank, set, mean, count }) => [rank, set[0]!.value, mean, count])).toEqual([
      [1, 8, 1.25, 2],
      [2, 4, 3, 2],
      [null, 16, null, 0],
    ])
    expect(ranked[1]!.spread).toBeCloseTo(Math.SQRT2, 12)
    expect(ranked[2]!.spread).toBeNull()
    expect(rank(all, 'eval_mean_token_accuracy')[0]!.set[0]!.value).toBe(8)
  })

  test('by judged answers where that is asked, and equals share a rank', () => {
    const judged = (value: number, accuracy: number): Scored => ({
      trial: trial(value, 1, { accuracy, rows: 50 }),
      scores: null,
    })
    const ranked = rank([judged(4, 0.5), judged(8, 0.75), judged(16, 0.75)], 'accuracy')
    expect(ranked.map(({ rank, set }) => [rank, set[0]!.value])).toEqual([
      [1, 8],
      [1, 16],
      [3, 4],
    ])
  })

  test('those that chance alone may have put behind the best are marked', () => {
    const apart = [1, 2, 3].flatMap((seed) => [
      scored(4, seed, 1 + seed / 10),
      scored(8, seed, 1.05 + seed / 10),
      scored(16, seed, 3 + seed / 10),
    ])
    expect(rank(apart, 'eval_loss').map(({ near }) => near)).toEqual([false, true, false])
    // Of one seed nothing is known of chance.
    expect(rank([scored(4, 1, 1), scored(8, 1, 1.001)], 'eval_loss')[1]!.near).toBe(false)
  })

  test('mean and spread of nothing and of one', () => {
    expect(meanAndSpread([])).toEqual({ mean: null, spread: null })
    expect(meanAndSpread([3])).toEqual({ mean: 3, spread: null })
    expect(metricsFor(null)).toEqual(['eval_loss', 'eval_mean_token_accuracy'])
    expect(metricsFor(['a', 'b'])).toContain('accuracy')
  })
})

describe('a learning curve', () => {
  const rows = { train: 80, validation: 20 }
  const config = parseRunConfig({ num_train_epochs: 2, seed: 3 })

  test('trains as many steps on each share, and measures as often', () => {
    const { base, trials } = planLearningCurve(config, { steps: 40, evaluations: 3 }, rows)
    expect(trials.map((one) => one.config.data.train_share)).toEqual([...SHARES])
    for (const one of trials) expect(one.config.training).toMatchObject({ max_steps: 40, eval_steps: 20 })
    expect(base.data.train_share).toBe(1)
    expect(planLearningCurve(config, { steps: 40, evaluations: 3 }, rows, [1, 2]).trials).toHaveLength(6)
  })

  test('is refused where there is nothing to tell', () => {
    const foretold = { steps: 40, evaluations: 3 }
    const plan = (change: object, of = rows) =>
      refusalOf(() => planLearningCurve(parseRunConfig(change), foretold, of))
    expect(plan({ data: { train_share: 0.5 } }).message).toMatch(/50% of its training rows/)
    expect(plan({}, { train: 80, validation: 0 }).code).toBe('bad_data')
    expect(plan({}, { train: 4, validation: 2 }).message).toMatch(/4 training rows/)
  })

  const share = (value: number, losses: number[]): Scored[] =>
    losses.map((loss, seed) => ({
      trial: { key: `${value} ${seed}`, set: [{ field: 'data.train_share', value }], seed, seconds: null },
      scores: { step: 1, eval_loss: loss, eval_mean_token_accuracy: 0 },
    }))
  const points = (...given: Scored[][]) => curvePoints(rank(given.flat(), 'eval_loss'), 80)

  test('has its points by rows, whatever their ranks', () => {
    const found = points(share(1, [1]), share(0.25, [3]), share(0.5, [2]))
    expect(found.map(({ rows, mean }) => [rows, mean])).toEqual([
      [20, 3],
      [40, 2],
      [80, 1],
    ])
    const ranked = inOrder('learning_curve', rank([share(1, [1]), share(0.25, [3])].flat(), 'eval_loss'))
    expect(ranked.map(({ set }) => set[0]!.value)).toEqual([0.25, 1])
  })

  test('says what the last doubling brought, or that it brought nothing', () => {
    const helps = readCurve(points(share(0.25, [3]), share(0.5, [2]), share(1, [1.5])), 'eval_loss')
    expect(helps).toMatchObject({ kind: 'helps', from: { rows: 40 }, to: { rows: 80 } })
    expect(helps.perDoubling).toBeCloseTo(0.25, 12)
    expect(readCurve(points(share(0.5, [2]), share(1, [1.97])), 'eval_loss').kind).toBe('flat')
    expect(readCurve(points(share(0.5, [2]), share(1, [2.2])), 'eval_loss').kind).toBe('worse')
    expect(readCurve(points(share(1, [2])), 'eval_loss').kind).toBe('unknown')
    // Two doublings between two shares count as two.
    expect(readCurve(points(share(0.25, [2]), share(1, [1])), 'eval_loss').perDoubling).toBeCloseTo(0.25, 12)
  })

  test('a gain that the seeds differ by as much tells nothing either way', () => {
    const noisy = points(share(0.5, [2.4, 1.6]), share(1, [2.2, 1.4]))
    expect(readCurve(noisy, 'eval_loss').kind).toBe('unsure')
  })

  test('a smaller share that did better shows how large chance is', () => {
    const seen = points(share(0.25, [0.195]), share(0.5, [0.201]), share(1, [0.191]))
    expect(readCurve(seen, 'eval_loss').kind).toBe('unsure')
    const clear = points(share(0.25, [0.195]), share(0.5, [0.201]), share(1, [0.15]))
    expect(readCurve(clear, 'eval_loss').kind).toBe('helps')
  })

  test('of right answers the count of rows says what chance may do', () => {
    const at = (rows: number, mean: number) => ({ rows, mean, spread: null, count: 1 })
    // Few rows held out: neither a gain of five points nor none of it shows that there is nothing to gain.
    expect(readCurve([at(40, 0.6), at(80, 0.65)], 'accuracy', 20).kind).toBe('unsure')
    expect(readCurve([at(40, 0.6), at(80, 0.6)], 'accuracy', 20).kind).toBe('unsure')
    expect(readCurve([at(40, 0.96), at(80, 0.96)], 'accuracy', 2000).kind).toBe('flat')
    expect(readCurve([at(40, 0.6), at(80, 0.3)], 'accuracy', 200).kind).toBe('worse')
    expect(readCurve([at(40, 0.6), at(80, 0.65)], 'accuracy', 2000).kind).toBe('helps')
  })
})
