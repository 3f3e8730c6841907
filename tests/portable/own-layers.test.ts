import { afterEach, describe, expect, test } from 'vitest'
import { fill } from '../../bench/random.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { quantisedWeights } from '../../src/model/quantised-weights.ts'
import { storedTypes } from '../../src/model/storage.ts'
import { choicesMade } from '../../src/portable/choices-made.ts'
import { drawnModel } from '../../src/portable/drawn.ts'
import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import { readTask, TASK_WORDS, writeTask } from '../../src/portable/simd/task-words.ts'
import type { Task } from '../../src/portable/simd/tasks.ts'
import type { Batch } from '../../src/protocol/batch.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import type { LayerConfig, ModelConfig } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { drawnTokens, labels77 } from '../support/choices.ts'
import { relativeL2 } from '../support/golden.ts'
import { expectClose } from '../support/operation.ts'
import { isolated, threadsRunning } from '../support/threads.ts'

const BASE = readModelConfig(
  {
    model_type: 'gemma3_text',
    vocab_size: 150,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 64,
    query_pre_attn_scalar: 48,
    max_position_embeddings: 512,
    sliding_window: 70,
    sliding_window_pattern: 2,
    rms_norm_eps: 1e-6,
  },
  { dtype: 'float32' },
)
const [LOCAL, GLOBAL] = BASE.layers as [LayerConfig, LayerConfig]

/** Heads wider than a piece of depth, layers without some norms, keys of others, a feed-forward part that fills no unit. */
const VARIED: ModelConfig = {
  ...BASE,
  layers: [
    LOCAL,
    { ...GLOBAL, headDim: 448, kvHeads: 1, intermediateSize: 84, rope: { ...GLOBAL.rope, rotated: 0.25 } },
    { ...LOCAL, keysFrom: 0, norms: ['input', 'key', 'pre_feedforward'] },
    { ...GLOBAL, keysFrom: 3, norms: [] },
    { ...LOCAL, keysFrom: 0, intermediateSize: 200, window: 9 },
  ],
}

/** Segments that fill no block of queries, one that fills it, one of several, with two of a token. */
const LENGTHS = [3, 64, 1, 150, 1, 21]
const TOKENS = LENGTHS.reduce((sum, length) => sum + length, 0)

function batch(seed: number): Batch {
  const starts = LENGTHS.flatMap((length, i) =>
    Array.from({ length }, () => LENGTHS.slice(0, i).reduce((sum, one) => sum + one, 0)),
  )
  const tokens = Uint32Array.from(starts, (_, t) => (t * 37 + seed * 11 + 5) % 150)
  const labels = Int32Array.from(starts, (start, t) => (starts[t + 1] === start ? tokens[t + 1]! : -100))
  return {
    tokens,
    positions: Uint32Array.from(starts, (start, t) => t - start),
    segmentStart: Uint32Array.from(starts),
    labels,
    supervisedRows: Uint32Array.from([...labels.keys()].filter((t) => labels[t]! >= 0)),
  }
}

interface Case {
  config: ModelConfig
  targets: string[] | 'all-linear'
  r: number
  dropout?: number
  quantization?: 'int4'
}

const CASES: [string, Case][] = [
  ['layers that differ', { config: VARIED, targets: 'all-linear', r: 5, dropout: 0.1 }],
  [
    'soft-caps',
    { config: { ...BASE, attentionSoftCap: 20, finalSoftCap: 10 }, targets: 'all-linear', r: 16 },
  ],
  ['some projections', { config: BASE, targets: ['q_proj', 'up_proj'], r: 3 }],
  ['a base in 4 bits', { config: BASE, targets: 'all-linear', r: 8, quantization: 'int4' }],
]

let engine: PortableEngine | null = null
afterEach(() => engine?.dispose())

async function open(given: Case, choices: Record<string, string>, threads = 1): Promise<PortableEngine> {
  const { config, targets, r, dropout = 0, quantization } = given
  const { lora } = parseRunConfig({
    lora: { r, lora_alpha: 2 * r, lora_dropout: dropout, target_modules: targets },
  })
  const source = drawnModel(config)
  if (quantization) source.weights = quantisedWeights(config, source.weights, quantization)
  engine = await createPortableEngine({ threads })
  const request: PlanRequest = {
    model: config,
    stored: storedTypes(source.weights),
    lora,
    maxTokens: TOKENS,
    maxSupervised: TOKENS,
    recompute: 'auto',
    decode: null,
  }
  await engine.load(source, request, { seed: 3, choices })
  const state = await engine.saveState()
  for (const [name, tensor] of Object.entries(state.lora))
    if (name.includes('lora_B')) tensor.data.set(fill(tensor.data.length, name.length * 31, 0.05))
  await engine.loadState(state)
  return engine
}

const SCALARS = {
  seed: 7,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 0.5,
}

/** Choices in one pass, and in several, of which later ones see rows of earlier ones. */
async function chosen(own: PortableEngine): Promise<Float32Array[]> {
  const found: Float32Array[] = []
  for (const length of [21, 190])
    for (const adapter of ['on', 'off'] as const) {
      const prompt = drawnTokens(length, 4, 150)
      found.push(...(await own.scoreChoices(prompt, labels77(150), { adapter })).logProbability)
    }
  return found
}

/** What scoring and two steps come to. */
async function figures(own: PortableEngine) {
  const { logProbability } = await own.score(batch(9))
  const choices = await chosen(own)
  const first = await own.step([batch(1), batch(2)], { ...SCALARS, step: 1 })
  const gradients = await own.gradients()
  const second = await own.step([batch(3)], { ...SCALARS, step: 2 })
  const losses = [first.loss, second.loss]
  return { logProbability, choices, losses, gradients, lora: (await own.saveState()).lora }
}

const EARLIER = { 'portable.head': 'simd', 'portable.products': 'fma' }

describe.each(CASES)('layers of our own: %s', (_, given) => {
  test('what TensorFlow.js makes of them', async () => {
    const own = await open(given, {})
    expect(own.describe().choices['portable.layers']).toBe('own')
    const got = await figures(own)
    own.dispose()
    const other = await open(given, EARLIER)
    expect(other.describe().choices['portable.layers']).toBe('tensorflow')
    const want = await figures(other)
    expect(got.losses[0]).not.toBe(0)
    expect(relativeL2(got.logProbability, want.logProbability)).toBeLessThan(1e-5)
    got.choices.forEach((logs, i) => {
      expectClose(`choice ${i}`, logs, want.choices[i]!, 1e-5)
    })
    got.losses.forEach((loss, i) => {
      expect(Math.abs(loss - want.losses[i]!)).toBeLessThan(1e-5 * want.losses[i]!)
    })
    expect(Object.keys(got.gradients)).toEqual(Object.keys(want.gradients))
    for (const [name, { data }] of Object.entries(want.gradients))
      expect(relativeL2(got.gradients[name]!.data, data), name).toBeLessThan(1e-4)
  })

  test('the same bits on one, two and five threads', async () => {
    const restore = isolated()
    try {
      const found = []
      for (const threads of [1, 2, 5]) {
        const own = await open(given, {}, threads)
        expect(own.describe().threads).toBe(threads)
        found.push(await figures(own))
        own.dispose()
      }
      expect(found[1]).toEqual(found[0])
      expect(found[2]).toEqual(found[0])
      // The head's threads end when they have been heard of.
      await expect.poll(threadsRunning).toBe(0)
    } finally {
      restore()
    }
  })
})

test('a run goes on with the layers that it began with', async () => {
  await open(CASES[2]![1], {})
  const of = (choices: Record<string, string>) => choicesMade(BASE, choices).layers
  expect(of({})).toBe('own')
  expect(of(EARLIER)).toBe('tensorflow')
  expect(of({ 'portable.head': 'simd' })).toBe('tensorflow')
  expect(of({ ...EARLIER, 'portable.layers': 'own' })).toBe('own')
  expect(of({ ...EARLIER, 'portable.layers': 'tensorflow' })).toBe('tensorflow')
  // Layers of our own are made of products of our own.
  expect(of({ 'portable.products': 'tensorflow', 'portable.layers': 'own' })).toBe('tensorflow')
  expect(of(engine!.describe().choices)).toBe('own')
})

test('tasks are read as they were written', () => {
  const words = new Uint32Array(TASK_WORDS)
  const floats = new Float32Array(words.buffer)
  const matrix = {
    rows: 640,
    cols: 2048,
    type: 'nibbles',
    at: 3e9,
    stride: 1024,
    scales: 3.1e9,
    scaleStride: 256,
  } as const
  const attention = {
    q: 64,
    k: 128,
    v: 192,
    out: 256,
    heads: 4,
    kvHeads: 1,
    headDim: 256,
    scale: 0.0625,
    window: 0,
    softCap: 0.5,
    segments: 3,
  }
  const tasks: Task[] = [
    {
      kind: 'product',
      matrix,
      mode: 'backward',
      x: 1,
      y: 2 ** 31 + 4,
      rows: 5,
      xStride: 8,
      yStride: 16,
      packed: 64,
      add: true,
    },
    { kind: 'norm', x: 4, y: 8, eps: Math.fround(1e-6), scale: 2 ** 31, r: 16, base: 0, rows: 3, width: 64 },
    {
      kind: 'drop',
      x: 4,
      out: 8,
      rows: 3,
      width: 64,
      stride: 256,
      add: false,
      keep: Math.fround(0.9),
      seed: 2 ** 32 - 1,
      counter: 4097,
      site: 12,
    },
    { kind: 'attend', ...attention },
    { kind: 'adamw', value: 4, gradient: 8, m: 12, v: 16, factors: 2 ** 31 + 64, rows: 1e7, width: 1 },
    {
      kind: 'scaleTurned',
      x: 4,
      xStride: 8,
      out: 2 ** 31,
      outStride: 12,
      rows: 7,
      width: 5,
      factor: 64,
      add: true,
    },
    { kind: 'attendTree', ...attention, past: 40, rows: 12, prompt: 38 },
    { kind: 'attendGrad', ...attention, dk: 512, dv: 576, apart: 4096 },
    { kind: 'turn', x: 4, angles: 8, rows: 3, heads: 4, half: 32, back: true },
  ]
  for (const task of tasks) {
    writeTask(task, words, floats)
    expect(readTask(words, floats)).toEqual(task)
  }
})
