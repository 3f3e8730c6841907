import { beforeAll, describe, expect, test } from 'vitest'
import { WebgpuEngine, type WebgpuEngineOptions } from '../../src/engine/webgpu-engine.ts'
import type { Gpu } from '../../src/gpu/device.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import type { EngineState, Recompute, StepResult } from '../../src/protocol/engine.ts'
import { type Golden, openGolden } from '../support/golden.ts'
import { sharedContext } from '../support/gpu.ts'

/** The same seed on the same device gives the same bits, however the work is cut, kept or interrupted. */
describe('determinism', () => {
  let golden: Golden
  let gpu: Gpu
  beforeAll(async () => {
    golden = await openGolden('gemma3-tiny')
    gpu = (await sharedContext()).gpu
  })

  async function open(
    options: WebgpuEngineOptions & { recompute?: Recompute; dropout?: number } = {},
  ): Promise<WebgpuEngine> {
    const { recompute = 'nothing', dropout = 0.25, ...rest } = options
    const engine = new WebgpuEngine(gpu, { rates: { flops: 5e9, bandwidth: 5e9 }, tune: false, ...rest })
    const request = {
      model: golden.model.config,
      lora: { ...golden.lora, lora_dropout: dropout },
      maxTokens: 96,
      maxSupervised: 96,
      recompute,
      decode: null,
    }
    await engine.load(golden.model, request, { seed: 1 })
    await engine.loadState(golden.state)
    return engine
  }

  async function train(engine: WebgpuEngine, from = 1, to = 5): Promise<StepResult[]> {
    const results: Promise<StepResult>[] = []
    for (let step = from; step <= to; step++)
      results.push(
        engine.step(golden.cases.training.steps[step - 1]!.batches.map(batchOf), {
          step,
          seed: 77,
          learningRate: 1e-2,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          weightDecay: 0.1,
          maxGradNorm: 0.5,
        }),
      )
    return Promise.all(results)
  }

  const bits = (state: EngineState) =>
    Object.entries(state).map(([part, tensors]) => [
      part,
      Object.entries(tensors as EngineState['lora']).map(([k, t]) => [
        k,
        [...new Uint32Array(t.data.buffer)],
      ]),
    ])

  let reference: { results: StepResult[]; state: EngineState }
  beforeAll(async () => {
    const engine = await open()
    reference = { results: await train(engine), state: await engine.saveState() }
    engine.dispose()
  })

  async function expectSame(engine: WebgpuEngine) {
    expect(await train(engine)).toEqual(reference.results)
    expect(bits(await engine.saveState())).toEqual(bits(reference.state))
    engine.dispose()
  }

  test('training does something', () => {
    const name = Object.keys(golden.state.lora)[0]!
    expect(reference.state.lora[name]!.data).not.toEqual(golden.state.lora[name]!.data)
    expect(new Set(reference.results.map((r) => r.loss)).size).toBe(5)
  })
  test('a second run', async () => expectSame(await open()))
  test('cheap recomputation', async () => expectSame(await open({ recompute: 'cheap' })))
  test('whole-layer recomputation', async () => expectSame(await open({ recompute: 'layer' })))
  test('slices of a few rows each', async () => expectSame(await open({ sliceSeconds: 1e-5 })))

  test('interrupted after every step, each time in a new session', async () => {
    let state = golden.state
    const results: StepResult[] = []
    for (let step = 1; step <= 5; step++) {
      const engine = await open()
      await engine.loadState(state)
      results.push(...(await train(engine, step, step)))
      state = await engine.saveState()
      engine.dispose()
    }
    expect(results).toEqual(reference.results)
    expect(bits(state)).toEqual(bits(reference.state))
  })

  test('dropout matters, and another seed gives another mask', async () => {
    const engine = await open({ dropout: 0 })
    expect((await train(engine, 1, 1))[0]!.loss).not.toBe(reference.results[0]!.loss)
    engine.dispose()
  })

  test('a step that is not finite changes nothing and says so', async () => {
    const engine = await open()
    const broken = structuredClone(golden.state)
    Object.values(broken.lora)[0]!.data[3] = Number.NaN
    await engine.loadState(broken)
    const before = bits(await engine.saveState())
    const [result] = await train(engine, 1, 1)
    expect(result!.finite).toBe(false)
    expect(bits(await engine.saveState())).toEqual(before)
    engine.dispose()
  })

  test('everything is given back', async () => {
    const before = gpu.liveBytes
    const engine = await open()
    expect(gpu.liveBytes).toBeGreaterThan(before)
    const planned = engine.plan({
      model: golden.model.config,
      stored: storedTypes(golden.model.weights),
      lora: golden.lora,
      maxTokens: 96,
      maxSupervised: 96,
      recompute: 'nothing',
      decode: null,
    }).bytes.total
    await train(engine, 1, 2)
    const live = gpu.liveBytes - before
    if (!(Math.abs(live - planned) <= 0.02 * planned + 300_000))
      expect.fail(`live ${live}, planned ${planned}`)
    engine.dispose()
    expect(gpu.liveBytes).toBe(before)
  })
})
