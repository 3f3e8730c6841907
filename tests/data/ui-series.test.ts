import { describe, expect, it } from 'vitest'
import type { EvalEvent, StepEvent } from '../../src/protocol/events.ts'
import { RunSeries } from '../../src/runs/series.ts'
import { align, smooth, thin } from '../../src/ui/charts/align.ts'
import { tableRows } from '../../src/ui/charts/rows.ts'
import { StepClock } from '../../src/ui/state/clock.ts'

const step = (at: number, loss: number, more: Partial<StepEvent> = {}): StepEvent => ({
  type: 'step',
  step: at,
  max_steps: 1000,
  epoch: at / 10,
  loss,
  mean_token_accuracy: 0.5,
  learning_rate: 1e-3,
  grad_norm: 1,
  tokens: at * 100,
  tokens_per_second: 50,
  ...more,
})
const evaluation = (at: number, loss: number): EvalEvent => ({
  type: 'eval',
  step: at,
  epoch: at / 10,
  eval_loss: loss,
  metrics: { mean_token_accuracy: 0.25 },
})

describe('smoothing', () => {
  it('is an average with bias correction: constants stay, and the first value counts whole', () => {
    const flat = smooth(new Float64Array(50).fill(2.5), 0.95)
    for (const value of flat) expect(Math.abs(value - 2.5) <= 1e-12).toBe(true)
    const two = smooth(Float64Array.of(4, 1), 0.5)
    expect(two[0]).toBeCloseTo(4, 12)
    expect(two[1]).toBeCloseTo((0.25 * 4 + 0.5 * 1) / 0.75, 12)
  })
  it('passes over what is not finite', () => {
    const out = smooth(Float64Array.of(1, Number.NaN, 1), 0.9)
    expect(out[1]).toBeNaN()
    expect(out[2]).toBeCloseTo(1, 12)
  })
  it('leaves the values alone at zero', () => {
    const values = Float64Array.of(3, 1, 2)
    expect(smooth(values, 0)).toBe(values)
  })
})

describe('thinning', () => {
  it('keeps a single spike of a long curve, the order, and the end', () => {
    const x = Float64Array.from({ length: 100_000 }, (_, i) => i)
    const y = new Float64Array(100_000).fill(1)
    y[77_777] = 99
    const small = thin({ x, y }, 1000)
    expect(small.x.length).toBeLessThanOrEqual(1001)
    expect(Math.max(...small.y)).toBe(99)
    expect(small.x.at(-1)).toBe(99_999)
    expect([...small.x].every((value, i) => i === 0 || value > small.x[i - 1]!)).toBe(true)
  })
  it('leaves a short curve as it is', () => {
    const curve = { x: Float64Array.of(1, 2), y: Float64Array.of(3, 4) }
    expect(thin(curve, 1000)).toBe(curve)
  })
})

describe('one axis for several curves', () => {
  it('is ascending without repeats, with holes where a curve has no point', () => {
    const train = { x: Float64Array.of(1, 2, 3), y: Float64Array.of(9, Number.NaN, 7) }
    const validation = { x: Float64Array.of(0, 3), y: Float64Array.of(8, 6) }
    expect(align([train, validation])).toEqual([
      [0, 1, 2, 3],
      [null, 9, null, 7],
      [8, null, null, 6],
    ])
  })
  it('has no place for zero on a log scale', () => {
    expect(align([{ x: Float64Array.of(1, 2), y: Float64Array.of(0, 1) }], true)).toEqual([
      [1, 2],
      [null, 1],
    ])
  })
})

describe('the table beside the chart', () => {
  it('has each validation, the first and the last step, and is not longer than asked for', () => {
    const series = new RunSeries()
    series.add(evaluation(0, 4))
    for (let i = 1; i <= 997; i++) {
      series.add(step(i, i))
      if (i % 250 === 0) series.add(evaluation(i, i / 2))
    }
    const rows = tableRows(series, 40)
    expect(rows.length).toBeLessThanOrEqual(46)
    expect(rows[0]).toMatchObject({ step: 0, evalLoss: 4, loss: Number.NaN })
    expect(rows.find((row) => row.step === 250)).toMatchObject({ loss: 250, evalLoss: 125, epoch: 25 })
    expect(rows.at(-1)).toMatchObject({ step: 997, loss: 997 })
  })
})

describe('the time left', () => {
  it('follows the pace of the last steps', () => {
    const clock = new StepClock()
    expect(clock.secondsLeft(100)).toBeNaN()
    for (let i = 1; i <= 10; i++) clock.tick(i, i * 2000)
    expect(clock.secondsLeft(60)).toBeCloseTo(100, 9)
    for (let i = 11; i <= 60; i++) clock.tick(i, 20_000 + (i - 10) * 500)
    expect(clock.secondsLeft(100)).toBeCloseTo(20, 9)
  })
  it('is told at once after a resume, by what the steps before took, and gives way to those of this sitting', () => {
    const clock = new StepClock({ pace: 10, from: 40 })
    expect(clock.secondsLeft(100)).toBe(600)
    // One step says little: it may have met an evaluation.
    clock.tick(41, 0)
    expect(clock.secondsLeft(100)).toBe(590)
    clock.tick(42, 100_000)
    expect(clock.secondsLeft(100)).toBeCloseTo((58 * (4 * 10 + 100)) / 5, 9)
    for (let i = 43; i <= 60; i++) clock.tick(i, 100_000 + (i - 42) * 2000)
    expect(clock.secondsLeft(100)).toBeCloseTo((40 * (100 + 18 * 2)) / 19, 9)
  })
  it('is not known of a run that nothing is known of', () => {
    const clock = new StepClock({ pace: Number.NaN, from: 40 })
    expect(clock.secondsLeft(100)).toBeNaN()
    clock.tick(41, 0)
    expect(clock.secondsLeft(100)).toBeNaN()
  })
  it('goes by the pace so far where the run goes back, and takes the way back for no step', () => {
    const clock = new StepClock()
    for (let i = 1; i <= 60; i++) clock.tick(i, i * 2000)
    clock.back(25)
    expect(clock.secondsLeft(100)).toBeCloseTo(150, 9)
    // The device was asked for again meanwhile, for a minute.
    for (let i = 26; i <= 30; i++) {
      clock.tick(i, 180_000 + i * 2000)
      expect(clock.secondsLeft(100)).toBeCloseTo((100 - i) * 2, 9)
    }
  })
  it('is never below zero', () => {
    const clock = new StepClock()
    clock.tick(1, 0)
    clock.tick(5, 1000)
    expect(clock.secondsLeft(4)).toBe(0)
  })
})
