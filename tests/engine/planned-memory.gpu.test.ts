import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebgpuEngine } from '../../src/engine/webgpu-engine.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { openWeights } from '../../src/files/weights.ts'
import type { Gpu } from '../../src/gpu/device.ts'
import { CONTEXT_BYTES } from '../../src/gpu/program.ts'
import { f32ToBf16 } from '../../src/lib/bf16.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { quantisedWeights } from '../../src/model/quantised-weights.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import type { ModelSource, Quantization, TensorInfo, WeightSource } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { repositoryFile, repositoryJson } from '../support/files.ts'
import { openGolden } from '../support/golden.ts'
import { sharedContext } from '../support/gpu.ts'

/** Under the plan's names, as a load takes them. */
async function pebble(): Promise<ModelSource> {
  const folder = 'public/models/pebble'
  const config = readModelConfig(await repositoryJson(`${folder}/config.json`))
  const file = bufferSource(await repositoryFile(`${folder}/model.safetensors`))
  return {
    config,
    weights: resolveWeights(config, await openWeights(new Map([['model.safetensors', file]]))),
  }
}

/** The same with every tensor rounded to bf16. */
function narrowed({ config, weights }: ModelSource): ModelSource {
  const tensors = new Map(
    [...weights.tensors].map(([name, info]): [string, TensorInfo] => [name, { ...info, dtype: 'BF16' }]),
  )
  const read: WeightSource['read'] = async (name, start, end, signal) => {
    const bytes = await weights.read(name, start * 2, end * 2, signal)
    return new Uint8Array(f32ToBf16(new Float32Array(bytes.slice().buffer)).buffer)
  }
  return { config, weights: { tensors, read } }
}

function held({ config, weights }: ModelSource, quantization: Quantization): ModelSource {
  return {
    config,
    weights: quantization === null ? weights : quantisedWeights(config, weights, quantization),
  }
}

type Shape = Pick<PlanRequest, 'maxTokens' | 'maxSupervised' | 'recompute' | 'decode'> & {
  r: number
  targets: 'all-linear' | string[]
}
const shape = (more: Partial<Shape> = {}): Shape => ({
  maxTokens: 96,
  maxSupervised: 96,
  recompute: 'nothing',
  decode: null,
  r: 8,
  targets: 'all-linear',
  ...more,
})
const DECODE = { sequences: 4, positions: 256 }

/** Ten configs over three models and four ways of holding them. */
const CASES: [model: 'Pebble' | 'gemma3' | 'gemma2', as: 'stored' | 'bf16' | 'int8' | 'int4', Shape][] = [
  ['Pebble', 'stored', shape({ maxTokens: 512, maxSupervised: 512, decode: DECODE })],
  ['Pebble', 'int8', shape({ maxTokens: 512, maxSupervised: 128, recompute: 'layer' })],
  ['Pebble', 'int4', shape({ r: 64, decode: DECODE })],
  [
    'Pebble',
    'int4',
    shape({ maxTokens: 1024, maxSupervised: 1024, recompute: 'cheap', targets: ['q_proj'] }),
  ],
  ['gemma3', 'stored', shape({ decode: DECODE })],
  ['gemma3', 'bf16', shape({ recompute: 'cheap', r: 32 })],
  ['gemma3', 'int8', shape({ maxTokens: 256, maxSupervised: 64 })],
  ['gemma2', 'stored', shape({ recompute: 'layer', decode: DECODE })],
  ['gemma2', 'int8', shape({ maxTokens: 256, maxSupervised: 256, targets: ['q_proj', 'v_proj'] })],
  ['gemma2', 'int4', shape({ r: 16, recompute: 'cheap' })],
]

describe('a plan, against the buffers that are live', () => {
  let gpu: Gpu
  const models = new Map<string, ModelSource>()
  beforeAll(async () => {
    gpu = (await sharedContext()).gpu
    models.set('Pebble', await pebble())
    for (const name of ['gemma3', 'gemma2']) models.set(name, (await openGolden(`${name}-tiny`)).model)
  })
  afterAll(() => models.clear())

  test.each(CASES)('%s held as %s', async (name, as, { r, targets, ...room }) => {
    const whole = models.get(name)!
    const model = as === 'bf16' ? narrowed(whole) : held(whole, as === 'stored' ? null : as)
    const { lora } = parseRunConfig({ lora: { r, lora_alpha: r, target_modules: targets } })
    const request: PlanRequest = { model: model.config, stored: storedTypes(model.weights), lora, ...room }
    const engine = new WebgpuEngine(gpu, { rates: { flops: 5e9, bandwidth: 5e9 }, tune: false })
    const planned = engine.plan(request).bytes.total
    const before = gpu.liveBytes
    try {
      await engine.load(model, request, { seed: 1 })
      const tokens = [2, 3, 4, 5]
      await engine.score(
        batchOf({
          tokens,
          positions: [0, 1, 2, 3],
          segmentStart: [0, 0, 0, 0],
          labels: [-100, 4, 5, 6],
          supervisedRows: [1, 2, 3],
        }),
      )
      if (room.decode) {
        const options = { maxNewTokens: 2, temperature: 0, topK: 0, topP: 1, seed: 1, stopTokens: [] }
        for await (const _ of engine.generate([Uint32Array.from(tokens)], options));
      }
      // What every plan of this device shares was there before.
      const live = gpu.liveBytes - before + CONTEXT_BYTES
      expect(live).toBeLessThanOrEqual(planned)
      expect(live).toBeGreaterThanOrEqual(0.98 * planned)
    } finally {
      engine.dispose()
    }
    expect(gpu.liveBytes).toBe(before)
  })
})
