import { expect, test } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { tellingDifferences } from '../../src/runs/compare.ts'
import { diverging, gentler } from '../../src/runs/diverging.ts'
import { RunSeries } from '../../src/runs/series.ts'

/** A run of these losses; NaN: a step that was left out. */
function run(losses: readonly number[], before: number | null = null): RunSeries {
  const first = { type: 'eval' as const, step: 0, epoch: 0, eval_loss: before ?? 0, metrics: {} }
  return RunSeries.from([
    ...(before === null ? [] : [first]),
    ...losses.map((loss, i) => ({
      type: 'step' as const,
      step: i + 1,
      max_steps: losses.length,
      epoch: 1,
      loss,
      mean_token_accuracy: 0,
      learning_rate: 1,
      grad_norm: 1,
      tokens: 1,
      tokens_per_second: 1,
      ...(Number.isFinite(loss) ? {} : { skipped: true as const }),
    })),
  ])
}
const along = (steps: number, loss: (i: number) => number) => Array.from({ length: steps }, (_, i) => loss(i))

test('a loss that climbs above its beginning is told, with both figures', () => {
  const climbing = run(along(40, (i) => 3 + i / 10))
  expect(diverging(climbing)).toMatchObject({ kind: 'climbs', step: 40, first: 3.3 })
})

test('a loss that fell and is back is told, with how far it had come', () => {
  const found = diverging(run([...along(40, (i) => 3 - i / 20), ...along(14, () => 2.95)]))
  expect(found).toMatchObject({ kind: 'back', last: 2.95 })
  expect(found?.kind === 'back' && found.best < 1.3).toBe(true)
})

test('a run that comes apart in its first steps is told by what it was before them, at once and to its end', () => {
  // Warm-up: the first steps do nothing, then the loss is far up, and falls again as the rate does.
  const apart = [5.3, 5.4, 40, ...along(60, (i) => 60 - i / 2)]
  for (const steps of [5, 9, 30, apart.length]) {
    expect(diverging(run(apart.slice(0, steps), 5.2))).toMatchObject({ kind: 'climbs', first: 5.3 })
    expect(diverging(run(apart.slice(0, steps)))).toMatchObject({ kind: 'climbs' })
  }
  // One hard or easy batch at first says nothing.
  expect(diverging(run([0.4, ...along(40, () => 2)], 2.1))).toBeNull()
  expect(diverging(run([6, ...along(40, () => 2.8)], 2.1))).toBeNull()
})

test('steps without a finite loss are told at the first, and no more once one is finite again', () => {
  const some = along(30, () => 2)
  expect(diverging(run([...some, Number.NaN]))).toEqual({ kind: 'lost', step: 31, steps: 1 })
  expect(diverging(run([...some, Number.NaN, Number.NaN, Number.NaN]))).toEqual({
    kind: 'lost',
    step: 33,
    steps: 3,
  })
  expect(diverging(run([...some, Number.NaN, Number.NaN, Number.NaN, 2]))).toBeNull()
})

test('a loss that falls, stands, jumps about by the batch, or spikes for a step is no cause for alarm', () => {
  expect(diverging(run(along(200, (i) => 3 / Math.sqrt(i + 1))))).toBeNull()
  expect(diverging(run(along(200, () => 2)))).toBeNull()
  expect(diverging(run(along(200, (i) => 2 + Math.sin(i * 1.7) * 1.2)))).toBeNull()
  expect(diverging(run([...along(60, (i) => 3 - i / 30), 50, 60]))).toBeNull()
  // A warm-up bump: too few steps to say anything.
  expect(diverging(run([3, 3, 3, 5.5, 5.5, 5.5, 5.5, 5.5]))).toBeNull()
})

test('the rate to try instead is a quarter, and round, or what suits the model', () => {
  expect([2e-3, 6e-3, 1e-4].map((rate) => gentler(rate))).toEqual([5e-4, 2e-3, 3e-5])
  // Never one that is as far off: what suits the model is known.
  expect([1, 0.01, 1e-4].map((rate) => gentler(rate, 3e-4))).toEqual([3e-4, 3e-4, 3e-5])
})

test('runs side by side: what they were made of first, and of hashes only where the name is the same', () => {
  const config = (data: string, hash: string, learning_rate: number) =>
    parseRunConfig({ data: { name: data, hash: hash.repeat(64) }, training: { learning_rate } })
  const fields = (...configs: ReturnType<typeof config>[]) =>
    tellingDifferences(configs).map(({ field }) => field)
  expect(fields(config('a', '1', 1e-3), config('b', '2', 2e-3))).toEqual([
    'data.name',
    'training.learning_rate',
  ])
  expect(fields(config('a', '1', 1e-3), config('a', '2', 1e-3))).toEqual(['data.hash'])
  expect(fields(config('a', '1', 1e-3), config('a', '1', 1e-3), config('a', '1', 3e-3))).toEqual([
    'training.learning_rate',
  ])
  expect(fields(config('a', '1', 1e-3), config('a', '1', 1e-3))).toEqual([])
})
