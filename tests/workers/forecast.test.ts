import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/protocol/events.ts'
import type { RunForecast } from '../../src/protocol/studio.ts'
import {
  fitted,
  fittedLength,
  LEAST_STEPS,
  lengthOf,
  quickSteps,
  recommend,
} from '../../src/runs/profiles.ts'
import { sizeFactor } from '../../src/runs/speed.ts'
import { withTimesBefore } from '../../src/workers/engine/remembering.ts'
import { shareOf } from '../../src/workers/forecast.ts'
import { SpeedMeter } from '../../src/workers/speed-meter.ts'

const step = (number: number, tokens: number) =>
  ({ type: 'step', step: number, tokens, max_steps: 9 }) as unknown as RunEvent
const stage = (name: string) => ({ type: 'stage', stage: name }) as RunEvent
const done = { type: 'done' } as unknown as RunEvent

describe('where the time of a run goes', () => {
  /** [second, event] in order. */
  function timed(events: [at: number, event: RunEvent][]) {
    let now = 0
    const meter = new SpeedMeter(4, 50, () => now * 1000)
    for (const [at, event] of events) {
      now = at
      meter.take(event)
    }
    return meter.timing()
  }

  test('each second belongs to the stage that it passed in; the first step to the beginning', () => {
    expect(
      timed([
        [3, stage('evaluate')],
        [4, stage('evaluate')],
        [5, stage('sample')],
        [9, stage('train')],
        [11, step(1, 100)],
        [12, step(2, 200)],
        [13, step(3, 300)],
        [13, stage('evaluate')],
        [15, stage('sample')],
        [19, stage('save')],
        [20, done],
      ]),
    ).toEqual({ begin: 5, token: 2 / 200, heldToken: 4 / 100, answer: 1, save: 1 })
  })

  test('how long answers were is told: the base before the first step, what is tuned after it', () => {
    const sample = (at: number, base: string, tuned: string) =>
      ({ type: 'sample', step: at, prompt: '', base, tuned }) as RunEvent
    const found = timed([
      [1, stage('sample')],
      [2, sample(0, 'x'.repeat(90), 'x'.repeat(90))],
      [2, stage('train')],
      [3, step(1, 100)],
      [4, step(2, 200)],
      [5, sample(2, 'x'.repeat(90), 'sad')],
      [6, done],
    ])
    expect(found).toMatchObject({ answerLength: (90 + 3) / 2, baseLength: 90 })
    expect(shareOf(90, { answerLength: 40 })).toBe(2)
    expect(shareOf(0, { answerLength: 90 })).toBe(0.1)
    expect(shareOf(undefined, { answerLength: 90 })).toBe(1)
    expect(shareOf(5, {})).toBe(1)
  })

  test('a single step tells nothing', () => {
    expect(
      timed([
        [1, stage('train')],
        [2, step(1, 100)],
        [3, done],
      ]),
    ).toBe(null)
  })
})

test('a run without questions or held-out rows leaves what is known of them', () => {
  const before = { begin: 1, token: 2, heldToken: 3, answer: 4, answerLength: 5, baseLength: 6, save: 7 }
  const now = { begin: 10, token: 20, heldToken: 0, answer: 0, save: 70 }
  expect(withTimesBefore(now, before)).toEqual({ ...before, begin: 10, token: 20, save: 70 })
  expect(withTimesBefore({ ...now, heldToken: 30, answer: 40 }, before)).toEqual({
    ...now,
    heldToken: 30,
    answer: 40,
  })
  expect(withTimesBefore(undefined, before)).toEqual(before)
  expect(withTimesBefore(now, undefined)).toEqual(now)
})

test('a model of another size is foretold by what was measured: a small one wastes most of its time beside its products', () => {
  // Tokens a second of processor time, 128 a step: 1,500 of Pebble's, 46 of Gemma 3 270M's.
  expect(sizeFactor(1_494_912, 268_098_176) / (1500 / 46)).toBeCloseTo(1, 1)
  expect(sizeFactor(268_098_176, 1_000e6)).toBeGreaterThan(3.5)
  expect(sizeFactor(5, 5)).toBe(1)
})

describe('a quick look', () => {
  const usual = recommend({ practice: false, parameters: 270e6 }, 'quick').training
  const foretold = { steps: usual.max_steps, evaluations: 5 }

  test('keeps its steps where the machine is quick', () => {
    const fitted = quickSteps(usual, foretold, { seconds: 100, checks: 20, step: 1 })
    expect(fitted.max_steps).toBe(usual.max_steps)
    expect(fitted.eval_steps).toBe(usual.eval_steps)
  })

  test('is made shorter where it would take longer than five minutes, with its checks spread over it', () => {
    // 20 s to begin, 5 checks of 10 s, 10 s a step: 23 steps are 300 s.
    const seconds = 20 + 50 + 10 * usual.max_steps
    const length = quickSteps(usual, foretold, { seconds, checks: 50, step: 10 })
    expect(length).toMatchObject({ max_steps: 23, eval_steps: 6, save_steps: 6 })
  })

  test('is checked less often where checks are long, once at its end at the least', () => {
    // 30 s a check: two of them take no more than a quarter of five minutes; of 100 s only one after the first.
    const look = (each: number) => {
      const seconds = 20 + 5 * each + 10 * usual.max_steps
      return quickSteps(usual, foretold, { seconds, checks: 5 * each, step: 10 })
    }
    expect(look(30)).toMatchObject({ max_steps: 22, eval_steps: 22 })
    expect(look(100)).toMatchObject({ max_steps: 10, eval_steps: 10 })
    expect(look(25)).toMatchObject({ max_steps: 20, eval_steps: 10 })
  })

  test('never has fewer than ten steps', () => {
    const seconds = 20 + 50 + 100 * usual.max_steps
    expect(quickSteps(usual, foretold, { seconds, checks: 50, step: 100 }).max_steps).toBe(10)
  })

  test('settles, and comes back to its whole length where the machine turns out quick', async () => {
    const speed = { each: 30, step: 10 }
    const foretell = async ({ max_steps, eval_steps }: typeof usual) => {
      const evaluations = 1 + Math.ceil(max_steps / (eval_steps ?? max_steps))
      const checks = speed.each * evaluations
      const duration = { seconds: 20 + checks + speed.step * max_steps, checks, step: speed.step }
      return { steps: max_steps, evaluations, duration } as RunForecast
    }
    const slow = await fitted('quick', usual, foretell)
    expect(slow.forecast.duration!.seconds).toBeLessThanOrEqual(300)
    const now = lengthOf(slow.training)
    expect(fittedLength('quick', usual, now, slow.forecast)).toBeNull()
    Object.assign(speed, { each: 1, step: 1 })
    expect(fittedLength('quick', usual, now, await foretell(slow.training))).toEqual(usual)
  })
})

describe('a profile that goes by epochs', () => {
  const usual = recommend({ practice: false, parameters: 270e6 }, 'thorough').training
  const { num_train_epochs } = usual
  const foretell =
    (perEpoch: number) =>
    async ({ num_train_epochs: epochs }: typeof usual) =>
      ({ steps: Math.ceil(perEpoch * epochs), evaluations: 5, duration: null }) as RunForecast

  test('keeps its epochs where they make steps enough', async () => {
    const { training } = await fitted('thorough', usual, foretell(LEAST_STEPS.thorough / num_train_epochs))
    expect(training).toEqual(usual)
  })

  test('passes over few rows more often, and looks at them four times in all', async () => {
    const { training, forecast } = await fitted('thorough', usual, foretell(5))
    expect(training).toMatchObject({ num_train_epochs: 40, eval_steps: 50, max_steps: -1 })
    expect(forecast.steps).toBe(LEAST_STEPS.thorough)
    // More rows than before: its own epochs again.
    const more = await foretell(500)(training)
    expect(fittedLength('thorough', usual, lengthOf(training), more)).toEqual(usual)
  })
})
