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

test("a profile's warm-up gives way to a run that is as short, and is back where that is longer; one that someone set stays", () => {
  const { draft, settings, setModel } = page()
  setModel({ id: 'pebble', practice: true, parameters: 1e6 } as ModelInfo)
  expect(draft.training().warmup_steps).toBe(4)
  for (const [steps, warmup] of [
    [1, 0],
    [5, 2],
    [150, 4],
  ] as const) {
    settings.setTraining('max_steps', steps)
    expect([draft.training().warmup_steps, settings.recommended().training.warmup_steps]).toEqual([
      warmup,
      warmup,
    ])
  }
  // Of epochs it is known once they are foretold, or refused.
  expect(settings.warmWithin(1)).toBe(true)
  expect(draft.training().warmup_steps).toBe(0)
  expect(settings.warmWithin(1)).toBe(false)
  settings.fit(foretold(40))
  expect(draft.training().warmup_steps).toBe(4)
  settings.setTraining('warmup_steps', 4)
  settings.setTraining('max_steps', 1)
  expect(settings.warmWithin(1)).toBe(false)
  expect(draft.training().warmup_steps).toBe(4)
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

/** Five seconds to begin, so many a row, and a check of a second each `eval_steps` of them. */
const speedOf = (draft: ReturnType<typeof page>['draft'], row: number) => () => {
  const { max_steps: steps, eval_steps, ...rest } = draft.training()
  const step = row * rest.per_device_train_batch_size * rest.gradient_accumulation_steps
  const checks = 1 + Math.ceil(steps / (eval_steps ?? steps))
  const seconds = 5 + steps * step + checks
  return {
    steps,
    evaluations: checks,
    duration: { seconds, checks, step, from: 'small', scaled: false },
  } as RunForecast
}

test('a time says everything that nobody has set, by the speed measured here, until a length is chosen otherwise', () => {
  const { draft, settings } = page()
  const settled = (row: number, rows: number | null = 4000) => {
    const forecast = speedOf(draft, row)
    for (let i = 0; i < 6; i++) settings.fit(forecast(), rows)
    return forecast().duration!.seconds
  }
  expect(settings.timed()).toBe(false)
  settled(0.25)
  expect(settings.timed()).toBe(true)
  const kinds = [2, 5, 240].map((minutes) => {
    settings.within(minutes)
    const seconds = settled(0.25, null)
    expect(seconds / (60 * minutes)).toBeGreaterThan(0.95)
    expect(seconds / (60 * minutes)).toBeLessThan(1.03)
    return settings.profile()
  })
  expect(kinds).toEqual(['quick', 'balanced', 'thorough'])
  // Another speed: the time stays, and so does what is somebody's own.
  settings.setTraining('learning_rate', 1e-5)
  settings.setLora('r', 32)
  expect(settled(1, null) / 14_400).toBeLessThan(1.03)
  expect([settings.minutes(), settings.profile()]).toEqual([240, 'own'])
  settings.within(2)
  settled(0.25)
  expect([settings.basis(), draft.training().learning_rate, draft.lora().r]).toEqual(['quick', 1e-5, 32])
  settings.back('learning_rate')
  settings.back('r')
  expect([settings.profile(), draft.lora().r]).toEqual(['quick', recommend(SMALL, 'quick').lora.r])
  // What is half typed changes nothing.
  const steps = draft.training().max_steps
  settings.within(Number.NaN)
  settled(1)
  expect(draft.training().max_steps).toBe(steps)
  settings.setTraining('max_steps', 40)
  settled(1)
  expect([settings.minutes(), draft.training().max_steps]).toEqual([null, 40])
  settings.choose('quick')
  expect(settings.minutes()).toBe(null)
})

test('more time than the data can use is told, and not spent', () => {
  const { draft, settings } = page()
  const settled = () => {
    const forecast = speedOf(draft, 0.01)
    for (let i = 0; i < 6; i++) settings.fit(forecast(), 4000)
    return forecast().duration!.seconds
  }
  settled()
  settings.within(600)
  // Three passes of 500 steps each.
  expect(settled()).toBeLessThan(600)
  expect([settings.allotted(), draft.training().max_steps]).toEqual([{ passes: 3, spare: true }, 1500])
})

test('a time goes on holding over a reload, and for another model', () => {
  const { draft, settings, setModel } = page()
  const run = { training: { ...recommend(SMALL, 'quick').training, max_steps: 33 }, lora: draft.lora() }
  settings.take(run, 'quick', undefined, 5)
  const forecast = speedOf(draft, 1)
  for (let i = 0; i < 6; i++) settings.fit(forecast(), 4000)
  expect(forecast().duration!.seconds / 300).toBeGreaterThan(0.95)
  setModel(LARGE)
  expect([settings.minutes(), settings.lora.r]).toEqual([5, recommend(LARGE, 'quick').lora.r])
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
