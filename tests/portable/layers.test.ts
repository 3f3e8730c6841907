import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, test } from 'vitest'
import { fill } from '../../bench/random.ts'
import { f32ToBf16 } from '../../src/lib/bf16.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { sharedKeys } from '../../src/model/layers.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { elementsOf, projectionsOf, tensorTable } from '../../src/model/tensors.ts'
import { Draw, drawnLayers, drawnModel } from '../../src/portable/drawn.ts'
import { planPortable } from '../../src/portable/plan.ts'
import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import { matricesOf } from '../../src/portable/simd/model-layout.ts'
import type { Batch } from '../../src/protocol/batch.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import type { ModelConfig, ModelSource, TensorInfo } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const BASE = readModelConfig(
  {
    model_type: 'gemma3_text',
    vocab_size: 150,
    hidden_size: 64,
    intermediate_size: 80,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    head_dim: 64,
    query_pre_attn_scalar: 48,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-6,
  },
  { dtype: 'float32' },
)

/** The first drawn models in which a layer uses another's keys, and one of these is used twice. */
function sharingModels(count: number): [number, ModelConfig][] {
  const found: [number, ModelConfig][] = []
  for (let seed = 1; found.length < count; seed++) {
    const layers = drawnLayers(new Draw(seed), 5, BASE.numHeads)
    const given = layers.flatMap(({ keysFrom }, i) => (keysFrom === i ? [] : [keysFrom]))
    if (given.length > new Set(given).size) found.push([seed, { ...BASE, layers }])
  }
  return found
}

const { lora } = parseRunConfig({ lora: { r: 4, lora_alpha: 8, target_modules: 'all-linear' } })
const request = (model: ModelConfig, change: Partial<PlanRequest> = {}): PlanRequest => ({
  model,
  lora: { ...lora, lora_dropout: 0.1 },
  maxTokens: 32,
  maxSupervised: 32,
  recompute: 'auto',
  decode: { sequences: 2, positions: 32 },
  ...change,
})

const STARTS = [0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 10, 10, 10, 10, 10, 10, 10, 10]
const BATCH: Batch = {
  tokens: Uint32Array.from(STARTS, (_, t) => (t * 37 + 5) % 150),
  positions: Uint32Array.from(STARTS, (start, t) => t - start),
  segmentStart: Uint32Array.from(STARTS),
  labels: Int32Array.from(STARTS, (start, t) => (STARTS[t + 1] === start ? ((t + 1) * 37 + 5) % 150 : -100)),
  supervisedRows: Uint32Array.from([...STARTS.keys()].filter((t) => STARTS[t + 1] === STARTS[t])),
}
const SCALARS = {
  step: 1,
  seed: 7,
  learningRate: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 0,
}

describe('layers that differ, and use the keys of others', () => {
  let engine: PortableEngine | null = null
  afterEach(() => engine?.dispose())

  async function open(source: ModelSource, change: Partial<PlanRequest> = {}): Promise<PortableEngine> {
    engine?.dispose()
    engine = await createPortableEngine()
    await engine.load(source, request(source.config, change), { seed: 3 })
    const state = await engine.saveState()
    for (const [name, tensor] of Object.entries(state.lora))
      if (name.includes('lora_B')) tensor.data.set(fill(tensor.data.length, name.length * 31, 0.05))
    await engine.loadState(state)
    return engine
  }

  test.each(sharingModels(3))(
    'model %i: one loss and gradient whatever is kept, and nothing is left behind',
    async (_, config) => {
      const results: number[][] = []
      let memoryBudget = 1e8
      const stored = storedTypes(drawnModel(config).weights)
      const kept = () => planPortable(request(config, { stored, memoryBudget })).keptLayers
      while (kept() === config.layers.length) memoryBudget *= 0.97
      expect(kept()).toBeGreaterThan(0)
      for (const change of [
        { recompute: 'nothing' as const },
        { recompute: 'layer' as const },
        { memoryBudget },
      ]) {
        const own = await open(drawnModel(config), change)
        const { loss, grad_norm } = await own.step([BATCH, BATCH], SCALARS)
        results.push([
          loss,
          grad_norm,
          ...Object.values(await own.gradients()).flatMap(({ data }) => [...data]),
        ])
        const all = async () => {
          await own.step([BATCH], SCALARS)
          await own.score(BATCH)
          const options = { maxNewTokens: 5, temperature: 0, topK: 0, topP: 1, seed: 1, stopTokens: [] }
          for await (const _ of own.generate([Uint32Array.of(3, 4, 5), Uint32Array.of(9)], options));
          return tf.memory().numTensors
        }
        const held = await all()
        expect(await all()).toBe(held)
      }
      expect(results[1]).toEqual(results[0])
      expect(results[2]).toEqual(results[0])
    },
  )

  test.each(sharingModels(3))(
    'model %i: gradients of keys and values that several layers use are slopes of the loss',
    async (_, config) => {
      const own = await open(drawnModel(config))
      await own.step([BATCH], SCALARS)
      const gradients = await own.gradients()
      const state = await own.saveState()
      const shared = [...sharedKeys(config)].flatMap((layer) => [
        `.${layer}.self_attn.k_`,
        `.${layer}.self_attn.v_`,
      ])
      const asked = Object.entries(gradients).filter(([name]) => shared.some((part) => name.includes(part)))
      let probed = 0
      // Along the gradient of each matrix in turn: the slope there is its length.
      for (const [name, { data }] of asked) {
        const length = Math.hypot(...data)
        if (length < 1e-3) continue
        probed++
        const step = 2e-2 / length
        const lossAt = async (sign: number) => {
          const moved = structuredClone(state)
          moved.lora[name]!.data.forEach((value, i, all) => {
            all[i] = value + sign * step * (data[i]! / length)
          })
          await own.loadState(moved)
          return (await own.step([BATCH], SCALARS)).loss
        }
        const slope = ((await lossAt(1)) - (await lossAt(-1))) / (2 * step)
        expect(Math.abs(slope - length) / length, name).toBeLessThan(2e-2)
      }
      expect(probed).toBeGreaterThanOrEqual(4)
    },
  )

  test('decoding with a cache gives the tokens that the whole stream gives', async () => {
    for (const [, config] of sharingModels(3)) {
      const own = await open(drawnModel(config))
      const prompt = [3, 140, 77, 12]
      const said: number[] = []
      const options = { maxNewTokens: 6, temperature: 0, topK: 0, topP: 1, seed: 1, stopTokens: [] }
      for await (const { token } of own.generate([Uint32Array.from(prompt)], options)) said.push(token)
      for (const [i, token] of said.entries()) {
        const tokens = Uint32Array.from([...prompt, ...said.slice(0, i)])
        const stream = {
          tokens,
          positions: tokens.map((_, t) => t),
          segmentStart: tokens.map(() => 0),
          labels: Int32Array.from(tokens, () => -100),
          supervisedRows: new Uint32Array(),
        }
        const logits = (await own.logits(stream)).subarray(-config.vocabSize)
        expect(logits.indexOf(Math.max(...logits))).toBe(token)
      }
    }
  })
})

test.each([
  ['layers', { 'portable.layers': 'own' }],
  ['products', { 'portable.products': 'fma' }],
  ['nothing', { 'portable.products': 'tensorflow' }],
] as const)(
  'own %s: an f32 layer beside a bf16 embedding plans to the byte what loading reads and keeps',
  async (own, choices) => {
    const ours = own !== 'nothing'
    const [, config] = sharingModels(1)[0]!
    const { weights } = drawnModel(config)
    const tensors = new Map(
      [...weights.tensors].map(([name, { shape }]): [string, TensorInfo] => [
        name,
        { shape, dtype: name.includes('layers.1.') ? 'F32' : 'BF16' },
      ]),
    )
    let read = 0
    const source: ModelSource = {
      config,
      weights: {
        tensors,
        async read(name, start, end) {
          const { dtype, shape } = tensors.get(name)!
          const all = await weights.read(
            name,
            0,
            shape.reduce((a, b) => a * b, 4),
          )
          const bytes =
            dtype === 'F32' ? all : new Uint8Array(f32ToBf16(new Float32Array(all.slice().buffer)).buffer)
          if (shape.length > 1) read += end - start
          return bytes.slice(start, end)
        },
      },
    }
    let memoryBudget = 1e8
    const asked = () => request(config, { stored: storedTypes(source.weights), memoryBudget })
    while (planPortable(asked(), own).residentLayers) memoryBudget *= 0.95
    const planned = planPortable(asked(), own).memory.bytes.weights
    const engine = await createPortableEngine()
    await engine.load(source, asked(), { seed: 1, choices })
    const vectors = tensorTable(config).filter(({ shape }) => shape.length === 1)
    const largest = Math.max(...projectionsOf(config).map(elementsOf))
    // Beside what is kept TensorFlow.js has the largest matrix as it is used: itself, its transpose, and the packed copy. Of our
    // own, rows are filled up to panels of eight, and of sixteen elements.
    const filled = matricesOf(config).reduce((sum, { name, shape: [rows, cols] }) => {
      const bytes = tensors.get(name)!.dtype === 'F32' ? 4 : 2
      return sum + bytes * (Math.ceil(rows / 8) * 8 * Math.ceil(cols / 16) * 16 - rows * cols)
    }, 0)
    const more = ours ? filled : largest * 12
    expect(planned).toBe(read + vectors.reduce((sum, v) => sum + elementsOf(v) * 4, 0) + more)
    engine.dispose()
  },
)
