import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { identity } from '../../src/protocol/identity.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { type Evaluated, evaluated, requireMeasured, standing } from '../../src/trainer/best.ts'
import { parseMeta } from '../../src/trainer/checkpoint.ts'
import { BigramEngine } from './bigram-engine.ts'
import { CONFIG, curve, evals, sit } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const policy = (training: object = {}) => parseRunConfig({ training }).training

const golden = JSON.parse(
  readFileSync(new URL('../golden/trl/early_stopping.json', import.meta.url), 'utf8'),
) as {
  cases: {
    greater_is_better: boolean
    patience: number
    threshold: number
    values: number[]
    counters: number[]
    best_steps: number[]
  }[]
}

test("waits, and ends, as Transformers' EarlyStoppingCallback does", () => {
  expect(golden.cases.length).toBeGreaterThanOrEqual(40)
  for (const { greater_is_better, patience, threshold, values, counters, best_steps } of golden.cases) {
    const training = policy({
      metric_for_best_model: greater_is_better ? 'eval_mean_token_accuracy' : 'eval_loss',
      early_stopping_patience: patience,
      early_stopping_threshold: threshold,
    })
    const evaluations = values.map((value, i) =>
      evaluated(training, i + 1, greater_is_better ? 9 : value, { mean_token_accuracy: value }),
    )
    for (const [i, counter] of counters.entries()) {
      const now = standing(training, evaluations.slice(0, i + 1))
      expect(now).toMatchObject({
        waited: counter,
        spent: counter >= patience,
        best: { step: best_steps[i] },
      })
    }
  }
})

test('the base line is neither the best nor waited for', () => {
  const training = policy({ early_stopping_patience: 1 })
  const at = (step: number, eval_loss: number): Evaluated => ({ step, eval_loss })
  expect(standing(training, [at(0, 1)])).toEqual({ best: null, waited: 0, spent: false })
  expect(standing(training, [at(0, 1), at(5, 2)])).toEqual({ best: at(5, 2), waited: 0, spent: false })
  expect(standing(training, [at(0, 1), at(5, 2), at(9, 3)]).spent).toBe(true)
})

describe('what nobody can measure is refused by name', () => {
  test.each([
    [{ metric_for_best_model: 'eval_f1' }, 'metric_for_best_model'],
    [{ early_stopping_patience: 0 }, 'early_stopping_patience'],
    [{ early_stopping_threshold: -1 }, 'early_stopping_threshold'],
  ])('%j', (training, field) => {
    expect(() => policy(training)).toThrow(
      expect.objectContaining({
        code: 'bad_config',
        detail: expect.objectContaining({ field: `training.${field}` }),
      }),
    )
  })

  test.each([
    [{ early_stopping_patience: 2 }, 0, 'early_stopping_patience'],
    [{ metric_for_best_model: 'eval_mean_token_accuracy' }, 0, 'metric_for_best_model'],
    [{ greater_is_better: true }, 5, 'greater_is_better'],
    [{ metric_for_best_model: 'eval_mean_token_accuracy', greater_is_better: false }, 5, 'greater_is_better'],
  ])('%j with %i rows held out', (training, held, field) => {
    expect(() => requireMeasured(policy(training), held)).toThrow(
      expect.objectContaining({ code: 'bad_config', detail: expect.objectContaining({ field }) }),
    )
  })

  test('and what can be is not', () => {
    requireMeasured(policy(), 0)
    requireMeasured(policy({ early_stopping_patience: 2, greater_is_better: false }), 5)
    requireMeasured(policy({ metric_for_best_model: 'eval_mean_token_accuracy', greater_is_better: true }), 5)
  })
})

describe('a run that is to stop early', () => {
  /** Far too high a rate: after the first evaluations the loss only rises. */
  const DIVERGING = {
    ...CONFIG,
    learning_rate: 0.9,
    lr_scheduler_type: 'constant',
    max_grad_norm: 0,
    num_train_epochs: 30,
    save_steps: 1000,
    eval_steps: 2,
    early_stopping_patience: 3,
  }

  test('ends after its patience, with a checkpoint, and says so', async () => {
    const run = sit(DIVERGING)
    const done = await run.done
    expect(done.reason).toBe('stopped_early')
    expect(done.step).toBeLessThan(120)
    const losses = evals(run.log).slice(1)
    expect(losses.at(-1)!.step).toBe(done.step)
    const least = losses.reduce((a, b) => (b.eval_loss < a.eval_loss ? b : a))
    // Three evaluations behind the best.
    expect(done.step).toBe(least.step + 6)
    expect(run.checkpoints.at(-1)!.checkpoint.meta).toMatchObject({
      step: done.step,
      best: { step: least.step, eval_loss: least.eval_loss },
    })
    expect(run.log.slice(-2)).toMatchObject([
      {
        type: 'notice',
        step: done.step,
        message: `Stopped early, at step ${done.step} of 120: the loss on rows that it never saw did not get better at the last 3 evaluations (early_stopping_patience). It was best at step ${least.step}.`,
      },
      { type: 'done', reason: 'stopped_early' },
    ])
    const whole = sit({ ...DIVERGING, early_stopping_patience: null })
    expect(await whole.done).toMatchObject({ reason: 'finished', step: 120 })
    expect(curve(whole.log).slice(0, curve(run.log).length)).toEqual(curve(run.log))
  })

  test('ends at the same step, with the same bits, wherever it was interrupted', async () => {
    const whole = sit(DIVERGING)
    const end = await whole.done
    const state = whole.checkpoints.at(-1)!.checkpoint.state
    for (let at = 0; at < end.step; at++) {
      const first = sit(DIVERGING, { stopRequested: () => first.engine.submitted >= at })
      expect(await first.done).toMatchObject({ reason: 'stopped', step: at })
      const { meta, state: saved } = first.checkpoints.at(-1)!.checkpoint
      const resume = { meta: parseMeta(JSON.parse(JSON.stringify(meta))), state: structuredClone(saved) }
      const second = sit(DIVERGING, { engine: new BigramEngine({ seed: 999 }), resume, log: first.log })
      expect(await second.done, `stopped at ${at}`).toMatchObject({ reason: 'stopped_early', step: end.step })
      expect(curve(second.log)).toEqual(curve(whole.log))
      expect(second.checkpoints.at(-1)!.checkpoint.state).toEqual(state)
    }
  })

  test('trains no further where it was cut off between its last checkpoint and its end; with more patience it does', async () => {
    const whole = sit(DIVERGING)
    const end = await whole.done
    const resume = structuredClone(whole.checkpoints.at(-1)!.checkpoint)
    const again = sit(DIVERGING, { resume, log: whole.log })
    expect(await again.done).toMatchObject({ reason: 'stopped_early', step: end.step })
    expect(again.engine.stepsRun).toBe(0)
    expect(again.log.map(({ type }) => type)).toEqual(whole.log.map(({ type }) => type))
    const patient = { ...DIVERGING, early_stopping_patience: 5 }
    const longer = sit(patient)
    const later = await longer.done
    expect(later.step).toBeGreaterThan(end.step)
    const rest = sit(patient, { resume, log: whole.log })
    expect(await rest.done).toMatchObject({ reason: 'stopped_early', step: later.step })
    expect(curve(rest.log)).toEqual(curve(longer.log))
  })

  test('that comes to its last step has finished', async () => {
    const whole = sit(DIVERGING)
    const { step } = await whole.done
    expect(await sit({ ...DIVERGING, max_steps: step }).done).toMatchObject({ reason: 'finished', step })
  })

  test('goes by the figure that is named', async () => {
    const by = 'eval_mean_token_accuracy'
    const run = sit({
      ...DIVERGING,
      metric_for_best_model: by,
      early_stopping_patience: null,
      num_train_epochs: 5,
    })
    await run.done
    const found = evals(run.log).slice(1)
    const most = found.reduce((a, b) => (b.metrics[MEAN]! > a.metrics[MEAN]! ? b : a))
    const { meta } = run.checkpoints.at(-1)!.checkpoint
    expect(meta.best).toEqual({ step: most.step, eval_loss: most.eval_loss })
    expect(meta.evaluations.slice(1).map(({ metric }) => metric)).toEqual(
      found.map(({ metrics }) => metrics[MEAN]),
    )
  })

  test('refuses to be another run where the figure is another, not where the patience is', () => {
    const of = (training: object) => identity(parseRunConfig({ training }))
    expect(of({ early_stopping_patience: 3, early_stopping_threshold: 1 })).toBe(of({}))
    expect(of({ metric_for_best_model: 'eval_mean_token_accuracy' })).not.toBe(of({}))
  })
})

const MEAN = 'mean_token_accuracy'

test('a run without patience has not changed', async () => {
  const run = sit({ ...CONFIG, eval_steps: 5 })
  await run.done
  const { meta } = run.checkpoints.at(-1)!.checkpoint
  expect(meta.evaluations).toEqual(evals(run.log).map(({ step, eval_loss }) => ({ step, eval_loss })))
})
