import { describe, expect, test } from 'vitest'
import { identity } from '../../src/protocol/identity.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import {
  MOST_TRIALS,
  parseSweep,
  planTrials,
  readSeeds,
  sweepField,
  sweepFields,
  trialConfig,
} from '../../src/runs/sweep.ts'
import { tokensKey } from '../../src/workers/token-key.ts'
import { refusalOf } from './support.ts'

const config = parseRunConfig({ max_steps: 10, seed: 7 })

describe('what is tried', () => {
  test('is a number, a menu or a switch of the config, by any of its names', () => {
    expect(parseSweep('learning_rate=1e-3,2e-3')).toEqual({
      field: 'training.learning_rate',
      values: [0.001, 0.002],
    })
    expect(parseSweep('lora_r = 8, 16').values).toEqual([8, 16])
    expect(sweepField('rank')).toBe('lora.r')
    expect(sweepField('r')).toBe('lora.r')
    expect(sweepField('epochs')).toBe('training.num_train_epochs')
    expect(parseSweep('lr-scheduler-type=linear,cosine').values).toEqual(['linear', 'cosine'])
    expect(parseSweep('use_rslora=true,false').values).toEqual([true, false])
    expect(parseSweep('quantization=null,int8').values).toEqual([null, 'int8'])
  })

  test('is every field that changes a run and not what is measured', () => {
    const fields = sweepFields()
    for (const field of ['training.learning_rate', 'lora.r', 'training.warmup_steps', 'training.packing'])
      expect(fields).toContain(field)
    for (const field of ['training.seed', 'data.validation_share', 'training.max_length', 'data.prompt'])
      expect(fields).not.toContain(field)
  })

  test.each([
    ['learning_rate=1e-3', /learning_rate has one value only, 0.001/],
    ['learning_rate=', /No values of learning_rate/],
    ['learning_rate=1e-3,0.001', /learning_rate has 0.001 twice/],
    ['learning_rate=1e-3,x', /"x" of learning_rate is no number/],
    ['learning_rate=1e-3,7', /training.learning_rate.*7 is above the most allowed/],
    ['lr_scheduler_type=linear,quick', /training.lr_scheduler_type.*"quick"/],
    ['target_modules=q_proj,k_proj', /target_modules cannot be tried: it is neither/],
    ['seed=1,2', /seed cannot be tried: seeds are given as seeds/],
    ['validation_share=0.1,0.2', /validation_share cannot be tried: other rows/],
    ['save_total_limit=1,2', /save_total_limit cannot be tried: what is kept/],
    ['learning=1,2', /no field "learning"/],
  ])('%s is refused by name', (text, message) => {
    const failure = refusalOf(() => parseSweep(text))
    expect(failure.code).toBe('bad_config')
    expect(failure.message).toMatch(message)
  })
})

describe('a grid', () => {
  const fields = [parseSweep('learning_rate=1e-3,2e-3'), parseSweep('r=4,8,16')]

  test('has every combination with every seed, each a run of its own', () => {
    const trials = planTrials(config, { fields, seeds: [1, 2] })
    expect(trials).toHaveLength(12)
    expect(new Set(trials.map(({ key }) => key)).size).toBe(12)
    expect(new Set(trials.map((trial) => identity(trial.config))).size).toBe(12)
    expect(trials[0]!.key).toBe('learning_rate=0.001 lora_r=4 seed=1')
    expect(trials[3]!.config).toMatchObject({
      training: { learning_rate: 0.001, seed: 2, max_steps: 10 },
      lora: { r: 8 },
    })
    for (const trial of trials) expect(trialConfig(config, trial)).toEqual(trial.config)
  })

  test('over seeds learns from and holds out the same rows', async () => {
    const [one, two] = planTrials(config, { fields: [], seeds: [1, 2] })
    expect(one!.config.training.seed).not.toBe(two!.config.training.seed)
    const key = (of: typeof config) => tokensKey(of, 'data', 'model')
    expect(await key(one!.config)).toBe(await key(two!.config))
    expect(await key(one!.config)).toBe(await key(config))
  })

  test('without seeds leaves the config its own', () => {
    const trials = planTrials(config, { fields, seeds: [] })
    expect(trials.every((trial) => trial.config.training.seed === 7 && trial.config.data.seed === null)).toBe(
      true,
    )
  })

  test.each([
    [[], [], /Nothing varies/],
    [[], [3], /One seed only/],
    [[], [3, 3], /seed 3 is given twice/],
    [['r=4,8', 'rank=2,4'], [], /lora_r is given twice/],
    [['num_train_epochs=1,2'], [], /num_train_epochs changes nothing here: the run is 10 steps long/],
    [['early_stopping_threshold=0,0.1'], [], /early_stopping_threshold changes nothing here/],
  ])('%j with seeds %j is refused by name', (sweeps, seeds, message) => {
    const failure = refusalOf(() =>
      planTrials(config, { fields: (sweeps as string[]).map(parseSweep), seeds }),
    )
    expect(failure.code).toBe('bad_config')
    expect(failure.message).toMatch(message)
  })

  test('of a constant rate has no warm-up to vary, but with other schedules beside it has', () => {
    const constant = parseRunConfig({ max_steps: 10, lr_scheduler_type: 'constant' })
    const warm = parseSweep('warmup_steps=0,4')
    expect(refusalOf(() => planTrials(constant, { fields: [warm], seeds: [] })).message).toMatch(/warm-up/)
    const both = [warm, parseSweep('lr_scheduler_type=constant,linear')]
    expect(planTrials(constant, { fields: both, seeds: [] })).toHaveLength(4)
  })

  test('too large is refused with its count', () => {
    const seeds = Array.from({ length: 20 }, (_, i) => i)
    const failure = refusalOf(() => planTrials(config, { fields, seeds }))
    expect(failure.message).toContain('120 runs')
    expect(failure.message).toContain(String(MOST_TRIALS))
  })

  test('seeds are whole numbers', () => {
    expect(readSeeds(['1', ' 2 ', ''])).toEqual([1, 2])
    expect(refusalOf(() => readSeeds(['1.5'])).code).toBe('bad_config')
    expect(refusalOf(() => readSeeds(['one'])).message).toMatch(/training.seed/)
  })
})
