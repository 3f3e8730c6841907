import { describe, expect, test } from 'vitest'
import { readTensor } from '../../src/files/weights.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { quantisedTypes, quantisedWeights } from '../../src/model/quantised-weights.ts'
import { storedAlike, storedTypes } from '../../src/model/storage.ts'
import { drawnModel } from '../../src/portable/drawn.ts'
import { type Own, planPortable } from '../../src/portable/plan.ts'
import { createPortableEngine } from '../../src/portable/portable-engine.ts'
import { hasFma } from '../../src/portable/simd/kernels.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import type { WeightSource } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const CONFIG = readModelConfig(
  {
    model_type: 'gemma3_text',
    vocab_size: 300,
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 64,
    query_pre_attn_scalar: 64,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-6,
  },
  { dtype: 'float32' },
)
const { lora } = parseRunConfig({ lora: { r: 4, target_modules: 'all-linear' } })
const BATCH = batchOf({
  tokens: Array.from({ length: 20 }, (_, t) => (t * 37 + 5) % 300),
  positions: Array.from({ length: 20 }, (_, t) => t),
  segmentStart: new Array(20).fill(0),
  labels: Array.from({ length: 20 }, (_, t) => (t % 3 === 0 && t < 19 ? ((t + 1) * 37 + 5) % 300 : -100)),
  supervisedRows: [0, 3, 6, 9, 12, 15, 18],
})
const SCALARS = {
  step: 1,
  seed: 1,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1,
}

/** The values that blocks stand for, as f32. */
function widened(blocks: WeightSource, shapes: WeightSource['tensors']): WeightSource {
  return {
    tensors: shapes,
    async read(name, start, end) {
      const { data } = await readTensor(blocks, name)
      return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice(start, end)
    },
  }
}

function request(source: WeightSource, memoryBudget?: number): PlanRequest {
  const found: PlanRequest = {
    model: CONFIG,
    stored: storedTypes(source),
    lora,
    maxTokens: 32,
    maxSupervised: 32,
    recompute: 'layer',
    decode: { sequences: 1, positions: 32 },
  }
  return memoryBudget === undefined ? found : { ...found, memoryBudget }
}

describe('a base in blocks', () => {
  test.each(['int8', 'int4'] as const)(
    '%s: the very losses, logits and answers of the values that it stands for',
    async (to) => {
      const { weights } = drawnModel(CONFIG)
      const blocks = quantisedWeights(CONFIG, weights, to)
      let few = 1e7
      while (planPortable(request(blocks, few), 'nothing').residentLayers > 0) few *= 0.9
      const found: number[][] = []
      // In the backend's memory, and widened each time; of a head in WebAssembly and in TensorFlow.js' tiles.
      for (const source of [blocks, widened(blocks, weights.tensors)])
        for (const [budget, head, products, layers] of [
          [undefined, 'simd', 'fma', 'tensorflow'],
          [undefined, 'simd', 'tensorflow', 'tensorflow'],
          [few, 'tiles', 'tensorflow', 'tensorflow'],
          [undefined, 'tiles', 'simd', 'tensorflow'],
          [undefined, 'simd', 'fma', 'own'],
        ] as const) {
          const engine = await createPortableEngine()
          const asked = request(source, source === blocks ? budget : undefined)
          await engine.load({ config: CONFIG, weights: source }, asked, {
            seed: 3,
            choices: { 'portable.head': head, 'portable.products': products, 'portable.layers': layers },
          })
          expect(engine.describe().choices).toMatchObject({
            'portable.head': head,
            // What the browser cannot is said so.
            'portable.products': products === 'fma' && !hasFma() ? 'simd' : products,
            'portable.layers': layers,
          })
          const steps = [
            await engine.step([BATCH], SCALARS),
            await engine.step([BATCH], { ...SCALARS, step: 2 }),
          ]
          const logits = await engine.logits(BATCH)
          const said: number[] = []
          for await (const { token } of engine.generate([Uint32Array.of(2, 7)], {
            maxNewTokens: 6,
            temperature: 0,
            topK: 0,
            topP: 1,
            seed: 1,
            stopTokens: [],
          }))
            said.push(token)
          found.push([...steps.map(({ loss }) => loss), ...logits, ...said])
          engine.dispose()
        }
      for (const i of [0, 1, 2, 3, 4]) expect(found[i]).toEqual(found[i + 5])
    },
  )

  test('takes a byte a weight, of four bits half of one where products are our own, and a scale of four for 32 of them', () => {
    const bytes = (to: 'int8' | 'int4' | null) => {
      const stored = quantisedTypes(CONFIG, storedAlike(CONFIG, 'F32'), to)
      let memoryBudget = 1e7
      const plan = (own: Own) =>
        planPortable(
          { ...request(drawnModel(CONFIG).weights), stored, recompute: 'layer', memoryBudget },
          own,
        )
      const own = plan('layers').memory.bytes.weights
      while (plan('nothing').residentLayers > 0 || plan('nothing').residentHead) memoryBudget *= 0.95
      return [plan('nothing').memory.bytes.weights, own] as const
    }
    const layers = 2 * (64 * (128 + 64 + 64 + 128) + 3 * 64 * 128)
    const matrices = 300 * 64 + layers
    // Of our own, the 300 words are filled up to 304.
    const [held, own] = bytes('int8')
    expect(bytes(null)[0] - held).toBe(matrices * (4 - 1 - 4 / 32))
    expect(bytes(null)[1] - own).toBe((matrices + 4 * 64) * (4 - 1 - 4 / 32))
    expect(bytes('int4')).toEqual([held, own - layers / 2])
  })
})
