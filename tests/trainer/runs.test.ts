import { describe, expect, test } from 'vitest'
import type { RunEvent, StepEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { differences } from '../../src/runs/compare.ts'
import { afterEvent, newRun, replayed, runInfo } from '../../src/runs/record.ts'
import { RunSeries } from '../../src/runs/series.ts'
import { CONFIG, sit } from './support.ts'

const step = (step: number, loss: number): StepEvent => ({
  type: 'step',
  step,
  max_steps: 9,
  epoch: step / 4,
  loss,
  mean_token_accuracy: 0.5,
  learning_rate: 1e-3,
  grad_norm: 1,
  tokens: step * 10,
  tokens_per_second: 100,
})

const evaluation = (at: number, eval_loss: number, metrics: Record<string, number> = {}): RunEvent => ({
  type: 'eval',
  step: at,
  epoch: at / 4,
  eval_loss,
  metrics,
})

describe('the series of a run', () => {
  test('grow past their first room and keep every value', () => {
    const series = new RunSeries()
    for (let i = 1; i <= 1000; i++) series.add(step(i, 1 / i))
    series.add(evaluation(1000, 0.25))
    expect(series.training.length).toBe(1000)
    expect([...series.training.column('loss').view()]).toEqual(
      Array.from({ length: 1000 }, (_, i) => 1 / (i + 1)),
    )
    const { training, validation } = series.snapshot()
    expect(training.columns.loss![776]).toBe(1 / 777)
    expect([[...validation.steps], [...validation.columns.eval_loss!]]).toEqual([[1000], [0.25]])
  })

  test('have a column for any figure that an evaluation tells, whenever it first does', () => {
    const series = RunSeries.from([
      evaluation(0, 3),
      evaluation(2, 2, { mean_token_accuracy: 0.5 }),
      evaluation(4, 1, { perplexity: 2.7, mean_token_accuracy: 0.75 }),
    ])
    expect(series.validation.names.sort()).toEqual(['eval_loss', 'mean_token_accuracy', 'perplexity'])
    expect([...series.validation.column('mean_token_accuracy').view()]).toEqual([Number.NaN, 0.5, 0.75])
    expect([...series.validation.column('perplexity').view()]).toEqual([Number.NaN, Number.NaN, 2.7])
    expect([...series.validation.column('unheard of').view()]).toEqual([Number.NaN, Number.NaN, Number.NaN])
  })

  test('are cut back by a resumed run that goes over known ground', () => {
    const series = RunSeries.from([evaluation(0, 4)])
    for (let i = 1; i <= 25; i++) {
      series.add(step(i, i))
      if (i % 10 === 0) series.add(evaluation(i, i))
    }
    series.add(step(11, 111))
    expect([...series.training.steps.view()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(series.training.column('loss').at(10)).toBe(111)
    expect(series.training.column('grad_norm').length).toBe(11)
    expect([...series.validation.steps.view()]).toEqual([0, 10])
  })

  test('hold nothing for a skipped step, read from JSON or not, and tell their listeners', () => {
    const series = new RunSeries()
    let told = 0
    const stop = series.subscribe(() => told++)
    series.add({ ...step(1, Number.NaN), skipped: true })
    series.add(JSON.parse(JSON.stringify({ ...step(2, Number.NaN), skipped: true })) as RunEvent)
    series.add(JSON.parse(JSON.stringify(step(3, Number.NaN))) as RunEvent)
    expect(series.add({ type: 'notice', message: 'no figure' })).toBe(false)
    stop()
    series.add(step(4, 4))
    expect([...series.training.column('loss').view()]).toEqual([Number.NaN, Number.NaN, Number.NaN, 4])
    expect([...series.training.column('grad_norm').view()]).toEqual([Number.NaN, Number.NaN, 1, 1])
    expect(series.training.length).toBe(4)
    expect(told).toBe(3)
  })

  test('come back the same from storage, in buffers of their own, and grow from there', () => {
    const live = RunSeries.from([evaluation(0, 3), step(1, 3), step(2, 2.5), evaluation(2, 2, { x: 1 })])
    const data = live.snapshot()
    const buffers = [data.training, data.validation].flatMap(({ steps, epochs, columns }) =>
      [steps, epochs, ...Object.values(columns)].map(({ buffer }) => buffer),
    )
    expect(new Set(buffers).size).toBe(buffers.length)
    expect(buffers.every((buffer) => buffer.byteLength <= 16)).toBe(true)
    const stored = new RunSeries()
    stored.load(data)
    expect(stored.snapshot()).toEqual(data)
    for (const series of [live, stored]) for (let i = 3; i < 600; i++) series.add(step(i, i))
    expect(stored.snapshot()).toEqual(live.snapshot())
  })
})

describe('a run record', () => {
  const parts = {
    id: 'r1',
    config: parseRunConfig({ data: { name: '/data/jokes.csv' } }),
    model: 'http://127.0.0.1:80/gemma-3/',
    modelHash: 'm',
    tokens: 't',
    dataset: 'd',
    tokensHash: 'h',
    samplePrompts: [],
    maxSteps: 9,
  }

  test('follows the events, and told afresh from the log is the same', async () => {
    const run = sit({ ...CONFIG, max_steps: 6 })
    await run.done
    const start = newRun(parts, 1)
    expect(start.name).toBe('gemma-3 on jokes.csv')
    const end = run.events.reduce(afterEvent, start)
    expect(end).toMatchObject({ status: 'done', step: 6, maxSteps: 6 })
    expect(end.lastLoss! > 0 && end.evalLoss! > 0 && end.seconds > 0).toBe(true)
    expect(replayed(end, run.log)).toEqual(end)
    const cut = run.log.filter((event) => event.type === 'step').slice(0, 2)
    expect(replayed(end, cut)).toMatchObject({
      status: 'stopped',
      step: 2,
      lastLoss: cut[1]!.loss,
      evalLoss: null,
    })
    expect(end.evalStep).toBe(6)
    expect(replayed(end, cut)).not.toHaveProperty('evalStep')
  })

  test('keeps a failure, and loses it when told afresh', () => {
    const failure = { code: 'device_lost', message: 'm', hint: 'h' } as const
    const failed = afterEvent(newRun(parts, 1), { type: 'error', failure })
    expect(runInfo(failed)).toMatchObject({ status: 'failed', failure })
    expect(runInfo(failed)).not.toHaveProperty('tokensHash')
    expect(replayed(failed, [])).not.toHaveProperty('failure')
  })

  test('does not take the loss of a skipped step for its own', () => {
    const record = [step(1, 2), { ...step(2, Number.NaN), skipped: true as const }].reduce(
      afterEvent,
      newRun(parts, 1),
    )
    expect(record).toMatchObject({ step: 2, lastLoss: 2 })
  })
})

describe('comparison', () => {
  test('names the fields that differ, with each value', () => {
    const configs = [{}, { lora: { r: 4 } }, { learning_rate: 1e-3, lora: { target_modules: ['q_proj'] } }]
    expect(differences(configs.map((config) => parseRunConfig(config)))).toEqual([
      { field: 'training.learning_rate', values: [2e-5, 2e-5, 1e-3] },
      { field: 'lora.r', values: [8, 4, 8] },
      { field: 'lora.target_modules', values: [null, null, ['q_proj']] },
    ])
  })

  test('of equal configs names none', () => {
    expect(differences([parseRunConfig({}), parseRunConfig({})])).toEqual([])
  })
})
