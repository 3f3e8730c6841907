import { describe, expect, test } from 'vitest'
import type { RunEvent, StepEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { differences } from '../../src/runs/compare.ts'
import { MetricColumns } from '../../src/runs/metrics.ts'
import { afterEvent, newRun, replayed, runInfo } from '../../src/runs/record.ts'
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

describe('metric columns', () => {
  test('grow past their first room and keep every value', () => {
    const columns = new MetricColumns()
    for (let i = 1; i <= 1000; i++) columns.add(step(i, 1 / i))
    columns.add({ type: 'eval', step: 1000, epoch: 250, eval_loss: 0.25, metrics: {} })
    const { steps, columns: values, evalSteps } = columns.snapshot()
    expect(steps.length).toBe(1000)
    expect(values.loss![776]).toBe(1 / 777)
    expect([...evalSteps]).toEqual([1000])
    expect([...values.eval_loss!]).toEqual([0.25])
  })

  test('give buffers of their own', () => {
    const columns = MetricColumns.from([step(1, 2)])
    const { steps, epochs, columns: values } = columns.snapshot()
    const buffers = [steps, epochs, ...Object.values(values)].map((column) => column.buffer)
    expect(new Set(buffers).size).toBe(buffers.length)
    expect(buffers.every((buffer) => buffer.byteLength <= 8)).toBe(true)
  })

  test('read a skipped step from JSON as NaN', () => {
    const read = JSON.parse(JSON.stringify(step(3, Number.NaN))) as RunEvent
    expect(MetricColumns.from([read]).snapshot().columns.loss![0]).toBeNaN()
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
