import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { toFailure } from '../../src/protocol/errors.ts'
import { parseRunConfig, type TrainingConfig } from '../../src/protocol/run-config.ts'
import { learningRate, requireSchedule, runLength, warmupSteps } from '../../src/trainer/schedule.ts'

const golden = JSON.parse(readFileSync(new URL('../golden/trl/schedules.json', import.meta.url), 'utf8')) as {
  learning_rate: number
  cases: {
    lr_scheduler_type: TrainingConfig['lr_scheduler_type']
    total_steps: number
    warmup_steps: number
    warmup_count: number
    rates: number[]
  }[]
}

describe('learning rate, as Transformers schedules it', () => {
  for (const { lr_scheduler_type, total_steps, warmup_steps, warmup_count, rates } of golden.cases)
    test(`${lr_scheduler_type}, warm-up ${warmup_steps}, ${total_steps} steps`, () => {
      const { training } = parseRunConfig({
        lr_scheduler_type,
        warmup_steps,
        learning_rate: golden.learning_rate,
      })
      expect(warmupSteps(warmup_steps, total_steps)).toBe(warmup_count)
      expect(rates.length).toBe(total_steps)
      for (const [k, rate] of rates.entries()) {
        const error = Math.abs(learningRate(training, k + 1, total_steps) - rate)
        expect(error <= 1e-15, `step ${k + 1}: off by ${error}`).toBe(true)
      }
    })

  test('covers every schedule', () => {
    expect(new Set(golden.cases.map((one) => one.lr_scheduler_type)).size).toBe(4)
  })

  test('a share of warm-up rounds up, a count stays', () => {
    expect(warmupSteps(0.1, 25)).toBe(3)
    expect(warmupSteps(1, 25)).toBe(1)
    expect(warmupSteps(0, 25)).toBe(0)
  })
})

describe('length of a run', () => {
  const length = (config: object, batches: number) => runLength(parseRunConfig(config).training, batches)

  test("an epoch's last, smaller accumulation is a step", () => {
    expect(length({ num_train_epochs: 3, gradient_accumulation_steps: 4 }, 9)).toEqual({
      steps: 9,
      stepsPerEpoch: 3,
    })
  })

  test('part of an epoch rounds up to a step', () => {
    expect(length({ num_train_epochs: 0.5 }, 5).steps).toBe(3)
  })

  test('max_steps wins over epochs', () => {
    expect(length({ max_steps: 7, num_train_epochs: 100 }, 5).steps).toBe(7)
  })

  test('fewer batches than an accumulation still make a step', () => {
    expect(length({ num_train_epochs: 1, gradient_accumulation_steps: 8 }, 3)).toEqual({
      steps: 1,
      stepsPerEpoch: 1,
    })
  })
})

describe('a schedule that teaches nothing', () => {
  const refusal = (settings: object, steps: number) => {
    try {
      requireSchedule(parseRunConfig(settings).training, steps)
    } catch (error) {
      return toFailure(error)
    }
    return null
  }
  const told = (settings: object, steps: number) => requireSchedule(parseRunConfig(settings).training, steps)
  test('warms up as long as the run, or longer: refused where no step is left, told where some learn', () => {
    for (const warmup_steps of [1, 5, 0.03])
      expect(refusal({ warmup_steps }, 1)).toMatchObject({
        code: 'bad_config',
        hint: expect.stringContaining('to 0'),
        detail: { field: 'warmup_steps' },
      })
    for (const warmup_steps of [10, 11, 0.999])
      expect(told({ warmup_steps }, 10)).toMatch(/^The warm-up is as long as the run \(1[01] of 10 steps\)/)
    for (const settings of [{ warmup_steps: 9 }, { warmup_steps: 0.9 }, { warmup_steps: 0 }])
      expect(told(settings, 10)).toBeNull()
    // `constant` warms up never.
    expect(told({ warmup_steps: 10, lr_scheduler_type: 'constant' }, 10)).toBeNull()
  })
  test('has a rate of 0 throughout in the numbers that engines compute with', () => {
    expect(refusal({ learning_rate: 1e-60 }, 10)).toMatchObject({
      code: 'bad_config',
      detail: { field: 'learning_rate' },
    })
    expect(refusal({ learning_rate: 1e-12 }, 10)).toBeNull()
  })
})
