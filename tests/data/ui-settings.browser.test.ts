import { createRoot, createSignal } from 'solid-js'
import { afterEach, expect, test } from 'vitest'
import type { ModelInfo, RunForecast, Studio } from '../../src/protocol/studio.ts'
import { recommend } from '../../src/runs/profiles.ts'
import { createDraft } from '../../src/ui/state/draft.ts'
import { createModels } from '../../src/ui/state/models.ts'
import { createSettings } from '../../src/ui/state/settings.ts'

const SMALL = { id: 'small', practice: false, parameters: 270e6 } as ModelInfo
const LARGE = { id: 'large', practice: false, parameters: 1e9 } as ModelInfo

let close = () => {}
afterEach(() => close())

function page() {
  const [model, setModel] = createSignal<ModelInfo | null>(SMALL)
  return createRoot((dispose) => {
    close = dispose
    const draft = createDraft()
    return { draft, settings: createSettings(model, draft), setModel }
  })
}

/** Foretold of a run whose steps take so many seconds each. */
const foretold = (steps: number, step = 1): RunForecast =>
  ({
    steps,
    evaluations: 5,
    duration: { seconds: steps * step + 5, checks: 5, step, from: 'small', scaled: false },
  }) as RunForecast

test('what nobody has set goes on following the data, and what someone has set stays', () => {
  const { draft, settings } = page()
  settings.choose('balanced')
  settings.fit(foretold(10))
  expect(draft.training().num_train_epochs).toBe(10)
  settings.setTraining('learning_rate', 3e-4)
  expect(settings.profile()).toBe('own')
  // Other data, five times the rows: ten epochs of it are 500 steps, two are enough.
  settings.fit(foretold(500))
  expect(draft.training()).toMatchObject({ num_train_epochs: 2, learning_rate: 3e-4 })
  expect(settings.recommended().training.num_train_epochs).toBe(2)
})

test('a length that someone set stays, and what is recommended beside it is of the data and the speed now', () => {
  const { draft, settings } = page()
  settings.setTraining('max_steps', 40)
  settings.fit(foretold(40, 20))
  const slow = settings.recommended().training.max_steps
  expect(slow).toBeLessThan(20)
  settings.fit(foretold(40, 10))
  expect(settings.recommended().training.max_steps).toBeGreaterThan(slow)
  settings.fit(foretold(40, 0.01))
  expect(settings.recommended().training.max_steps).toBe(60)
  expect(draft.training()).toMatchObject({ max_steps: 40, eval_steps: 15 })
})

test('a time says the steps, by the speed measured here, until a length is chosen otherwise', () => {
  const { draft, settings } = page()
  // Five seconds to begin, a second a step, and a check each ten of them of a second.
  const speed = (step: number) => () => {
    const { max_steps: steps } = draft.training()
    const checks = 1 + Math.ceil(steps / 10)
    const seconds = 5 + steps * step + checks
    return {
      steps,
      evaluations: checks,
      duration: { seconds, checks, step, from: 'small', scaled: false },
    } as RunForecast
  }
  const settled = (forecast: () => RunForecast) => {
    for (let i = 0; i < 6; i++) settings.fit(forecast())
    return forecast().duration!.seconds
  }
  expect(settings.timed()).toBe(false)
  settled(speed(1))
  expect(settings.timed()).toBe(true)
  for (const minutes of [10, 240, 2]) {
    settings.within(minutes)
    const seconds = settled(speed(1))
    expect(seconds / (60 * minutes)).toBeGreaterThan(0.95)
    expect(seconds / (60 * minutes)).toBeLessThan(1.03)
  }
  // Another batch, another speed: the time stays.
  settings.setTraining('per_device_train_batch_size', 8)
  expect(settled(speed(4)) / 120).toBeLessThan(1.03)
  expect([settings.minutes(), settings.profile()]).toEqual([2, 'own'])
  const steps = draft.training().max_steps
  settings.within(Number.NaN)
  settled(speed(4))
  expect(draft.training().max_steps).toBe(steps)
  settings.setLength('steps')
  const seconds = settled(speed(100))
  expect([settings.minutes(), draft.training().max_steps]).toEqual([null, steps])
  settings.setLength('minutes')
  expect(settings.minutes()).toBe(Number((seconds / 60).toPrecision(2)))
  settings.choose('quick')
  expect(settings.minutes()).toBe(null)
})

test('settings that came as a whole follow nothing, until a profile is chosen', () => {
  const { draft, settings } = page()
  const whole = recommend(SMALL, 'quick')
  settings.take(whole)
  settings.setTraining('seed', 7)
  settings.fit(foretold(60, 100))
  expect([draft.training().max_steps, settings.follows('max_length')]).toEqual([60, false])
  settings.choose('quick')
  settings.fit(foretold(60, 100))
  expect([draft.training().max_steps, settings.follows('max_length')]).toEqual([10, true])
})

test('another model brings its own settings, but for what someone set', () => {
  const { draft, settings, setModel } = page()
  settings.setLora('r', 4)
  settings.setTraining('max_steps', 33)
  setModel(LARGE)
  const { training, lora } = recommend(LARGE, 'quick')
  // The length is one choice: how often it is looked at belongs to it.
  expect(draft.training()).toEqual({ ...training, max_steps: 33, eval_steps: 15, save_steps: 15 })
  expect(draft.lora()).toEqual({ ...lora, r: 4 })
})

test('what was set by hand is known again after a reload', () => {
  const { draft, settings } = page()
  settings.take({ ...recommend(SMALL, 'balanced') }, 'own', { touched: new Set(['r']), basis: 'balanced' })
  settings.fit(foretold(10))
  expect(draft.training().num_train_epochs).toBe(10)
  expect([settings.follows('r'), settings.basis()]).toEqual([false, 'balanced'])
})

test('the memory that a run may take is there again where it is said once more', () => {
  const studio = { models: { list: async () => [], device: async () => null } } as unknown as Studio
  const models = createRoot((dispose) => {
    close = dispose
    return createModels(studio, createDraft())
  })
  models.limitMemory()
  expect(models.memory()).toBe(2e9)
  models.setMemory(5e9)
  models.setMemory(null)
  models.limitMemory()
  expect(models.memory()).toBe(5e9)
  // What was half typed is no number to come back to.
  models.setMemory(Number.NaN)
  models.setMemory(null)
  models.limitMemory()
  expect(models.memory()).toBe(5e9)
})
