import { describe, expect, test } from 'vitest'
import { parseRunConfig, type TrainingConfig } from '../../src/protocol/run-config.ts'
import type { RunForecast } from '../../src/protocol/studio.ts'
import { type Known, type Setting, settingsWithin, timed } from '../../src/runs/minutes.ts'
import { type ProfileId, recommend } from '../../src/runs/profiles.ts'

const SMALL = { practice: false, parameters: 268e6 }
const LARGE = { practice: false, parameters: 1e9 }
const PEBBLE = { practice: true, parameters: 1.5e6 }

const known = (model: Known['model'], rows: number | null, own: string[] = []): Known => ({
  model,
  rows,
  own: (name) => own.includes(name),
})

/** A machine that takes so many seconds a row, eight to begin, and so many a check. */
const machine =
  (row: number, check: number) =>
  async ({ training: t }: { training: TrainingConfig }): Promise<RunForecast> => {
    const step = row * t.per_device_train_batch_size * t.gradient_accumulation_steps
    const evaluations = 1 + Math.ceil(t.max_steps / (t.eval_steps ?? t.max_steps))
    const checks = evaluations * check
    const duration = { seconds: 8 + t.max_steps * step + checks, checks, step, from: '', scaled: false }
    return { steps: t.max_steps, evaluations, duration } as RunForecast
  }

const first = (model: Known['model'], profile: ProfileId = 'quick'): Setting => {
  const { training, lora } = recommend(model, profile)
  return { training: { ...training, max_steps: 60 }, lora, profile }
}

describe('settings for a time', () => {
  test.each([
    ['a 270M on a processor', SMALL, 1386, 0.66, 20],
    ['a 270M on a graphics card', SMALL, 20_000, 0.01, 1],
    ['a 1B', LARGE, 1386, 2, 60],
    ['the practice model', PEBBLE, 200, 0.02, 1],
  ])(
    '%s: never longer than the time, and every field one that a run may have',
    async (_, model, rows, row, check) => {
      let before = 0
      for (const minutes of [5, 15, 60, 240]) {
        const found = (await timed(minutes, first(model), known(model, rows), machine(row, check)))!
        expect(parseRunConfig({ training: found.training, lora: found.lora }).training).toEqual(
          found.training,
        )
        expect(found.forecast.duration!.seconds).toBeLessThan(minutes * 60 * 1.04)
        // More time is never less learning.
        const seen =
          found.training.max_steps *
          found.training.per_device_train_batch_size *
          found.training.gradient_accumulation_steps
        expect(seen).toBeGreaterThanOrEqual(before)
        before = seen
      }
    },
  )

  test('from quick to thorough, with the values of each', async () => {
    const kinds = []
    for (const minutes of [5, 20, 60]) {
      const found = (await timed(minutes, first(SMALL), known(SMALL, 1386), machine(0.66, 10)))!
      const { training, lora } = recommend(SMALL, found.profile)
      expect(found.training.learning_rate).toBe(training.learning_rate)
      expect(found.training.gradient_accumulation_steps).toBe(training.gradient_accumulation_steps)
      expect(found.lora).toEqual(lora)
      kinds.push(found.profile)
    }
    expect(kinds).toEqual(['quick', 'balanced', 'thorough'])
  })

  test('small Gemmas are given rank 64 to 128', () => {
    for (const profile of ['quick', 'balanced', 'thorough'] as const) {
      expect(recommend(SMALL, profile).lora.r).toBeGreaterThanOrEqual(64)
      expect(recommend(SMALL, profile).lora.r).toBeLessThanOrEqual(128)
    }
  })

  test("a field that is somebody's own stays, and the rest goes by it", async () => {
    const own = ['learning_rate', 'r', 'per_device_train_batch_size', 'eval_steps']
    const begin = first(SMALL)
    const mine = { learning_rate: 7e-5, per_device_train_batch_size: 2, eval_steps: 3 }
    const setting = { ...begin, training: { ...begin.training, ...mine }, lora: { ...begin.lora, r: 4 } }
    const found = (await timed(30, setting, known(SMALL, 1386, own), machine(0.66, 10)))!
    expect(found.training).toMatchObject(mine)
    expect(found.lora.r).toBe(4)
    expect(found.forecast.duration!.seconds / 1800).toBeGreaterThan(0.9)
    expect(found.forecast.duration!.seconds / 1800).toBeLessThan(1.04)
  })

  test('the limit on tokens follows the data, whatever the time', async () => {
    const begin = first(SMALL)
    const setting = { ...begin, training: { ...begin.training, max_length: 1024 } }
    const found = (await timed(60, setting, known(SMALL, 1386), machine(0.66, 10)))!
    expect(found.training.max_length).toBe(1024)
  })

  test('the same time settles, wherever it began, and a speed a little off does not move the kind of run', async () => {
    const at = async (minutes: number, from: ProfileId) =>
      (await timed(minutes, first(SMALL, from), known(SMALL, 1386), machine(0.66, 10)))!
    for (const minutes of [3, 7, 25, 90]) {
      const found = await at(minutes, 'quick')
      for (const factor of [0.97, 1.03]) {
        const duration = { ...found.forecast.duration!, step: found.forecast.duration!.step * factor }
        const again = settingsWithin(minutes, found, known(SMALL, 1386), { ...found.forecast, duration })
        expect(again.profile).toBe(found.profile)
      }
    }
  })

  test('no speed, no settings of a time', async () => {
    const unknown = async () => ({ steps: 60, evaluations: 2, duration: null }) as RunForecast
    expect(await timed(5, first(SMALL), known(SMALL, 100), unknown)).toBeNull()
  })
})
