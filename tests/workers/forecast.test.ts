import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/protocol/events.ts'
import { quickSteps, recommend } from '../../src/runs/profiles.ts'
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
    const fitted = quickSteps(usual, foretold, { seconds, checks: 50, step: 10 })
    expect(fitted).toEqual({ max_steps: 23, eval_steps: 6, save_steps: 6 })
  })

  test('never has fewer than ten steps', () => {
    const seconds = 20 + 50 + 100 * usual.max_steps
    expect(quickSteps(usual, foretold, { seconds, checks: 50, step: 100 }).max_steps).toBe(10)
  })
})
