import { describe, expect, test } from 'vitest'
import { parseRunConfig, type TrainingConfig } from '../../src/protocol/run-config.ts'
import { learningRate, runLength, warmupSteps } from '../../src/trainer/schedule.ts'

type Case = [TrainingConfig['lr_scheduler_type'], number, number, number, number[]]

/** Rates of each step by transformers 5.23 `get_scheduler` on a torch AdamW: type, warmup_steps, steps, rate, rates. */
const TRANSFORMERS: Case[] = [
  ['linear', 0, 5, 0.001, [0.001, 0.0008, 0.0006, 0.0004, 0.0002]],
  ['linear', 2, 6, 2e-5, [0, 1e-5, 2e-5, 1.5000000000000002e-5, 1e-5, 5e-6]],
  [
    'cosine',
    3,
    10,
    0.01,
    [
      0, 0.003333333333333333, 0.006666666666666666, 0.01, 0.009504844339512096, 0.008117449009293669,
      0.006112604669781572, 0.003887395330218428, 0.0018825509907063327, 0.0004951556604879049,
    ],
  ],
  [
    'cosine',
    0.25,
    9,
    0.01,
    [
      0, 0.003333333333333333, 0.006666666666666666, 0.01, 0.009330127018922194, 0.0075, 0.005,
      0.0025000000000000014, 0.0006698729810778065,
    ],
  ],
  ['constant', 4, 5, 0.001, [0.001, 0.001, 0.001, 0.001, 0.001]],
  ['constant_with_warmup', 4, 6, 0.001, [0, 0.00025, 0.0005, 0.00075, 0.001, 0.001]],
  ['linear', 8, 5, 0.001, [0, 0.000125, 0.00025, 0.000375, 0.0005]],
]

describe('learning rate', () => {
  for (const [lr_scheduler_type, warmup_steps, steps, learning_rate, rates] of TRANSFORMERS)
    test(`${lr_scheduler_type}, warm-up ${warmup_steps}, ${steps} steps`, () => {
      const { training } = parseRunConfig({ lr_scheduler_type, warmup_steps, learning_rate })
      for (const [k, rate] of rates.entries()) {
        const error = Math.abs(learningRate(training, k + 1, steps) - rate)
        expect(error <= 1e-15, `step ${k + 1}: off by ${error}`).toBe(true)
      }
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
