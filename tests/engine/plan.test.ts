import { beforeEach, describe, expect, test, vi } from 'vitest'
import { GEMMA_1B, GEMMA_270M, PEBBLE } from '../../bench/shapes.ts'
import { planEngine } from '../../src/engine/plan.ts'
import { layOutStack, layOutWeights, weightBuffers } from '../../src/engine/weights.ts'
import * as memory from '../../src/gpu/memory.ts'
import { quantisedTypes } from '../../src/model/quantised-weights.ts'
import { storedAlike } from '../../src/model/storage.ts'
import { elementsOf, isProjection, projectionsOf, tensorTable } from '../../src/model/tensors.ts'
import { planPortable } from '../../src/portable/plan.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import type { LayerConfig, ModelConfig } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { failure } from '../data/helpers.ts'

vi.mock('../../src/gpu/memory.ts', async (original) => {
  const real = await original<typeof memory>()
  return { ...real, planMemory: vi.fn(real.planMemory) }
})

const { lora } = parseRunConfig({ lora: { target_modules: 'all-linear' } })
const request = (change: Partial<PlanRequest> = {}): PlanRequest => ({
  model: PEBBLE,
  lora,
  maxTokens: 96,
  maxSupervised: 40,
  recompute: 'nothing',
  decode: { sequences: 2, positions: 64 },
  ...change,
})

/** PEBBLE with something else in one layer. */
const changed = (layer: number, change: Partial<LayerConfig>): ModelConfig => ({
  ...PEBBLE,
  layers: PEBBLE.layers.with(layer, { ...PEBBLE.layers[layer]!, ...change }),
})

describe('planning', () => {
  beforeEach(() => void vi.mocked(memory.planMemory).mockClear())
  const planned = () => vi.mocked(memory.planMemory).mock.calls.length

  test('plans each tape once; with auto the training one for each recomputation that is tried', () => {
    planEngine(request())
    expect(planned()).toBe(6)
    expect(planEngine(request({ recompute: 'auto', memoryBudget: 1 })).recompute).toBe('layer')
    expect(planned()).toBe(6 + 3 + 5)
    expect(planEngine(request({ recompute: 'auto' })).recompute).toBe('nothing')
    expect(planned()).toBe(6 + 3 + 5 + 6)
  })

  test('with auto gives what planning that recomputation gives', () => {
    const bytes = (['nothing', 'cheap', 'layer'] as const).map(
      (recompute) => planEngine(request({ recompute })).memory,
    )
    for (const want of bytes) {
      const memoryBudget = want.bytes.total
      expect(planEngine(request({ recompute: 'auto', memoryBudget })).memory).toEqual(want)
    }
    expect(new Set(bytes.map(({ bytes }) => bytes.total)).size).toBe(3)
  })

  test.each([
    ['an input of its own', { perLayerInput: 64 }, 'unsupported_model', 'hidden_size_per_layer_input'],
    ['a head width of 72', { headDim: 72 }, 'unsupported_model', 'head_dim'],
    ['inner width 321', { intermediateSize: 321 }, 'unsupported_model', 'intermediate_size'],
    ['three kv heads', { kvHeads: 3 }, 'bad_model', 'num_key_value_heads'],
    ['keys of a later layer', { keysFrom: 5 }, 'bad_model', 'layers[3].keysFrom'],
    ['keys of another width', { keysFrom: 1, headDim: 128 }, 'bad_model', 'layers[3].keysFrom'],
  ] as const)('both engines refuse a layer with %s by name', async (_, change, code, field) => {
    for (const plan of [planEngine, planPortable]) {
      const error = await failure(() => plan(request({ model: changed(3, change) })), code)
      expect(error.detail?.field).toBe(field)
    }
  })

  test("a layer that uses another's keys uses its cache, and has no keys to train", () => {
    const model = changed(3, { keysFrom: 1 })
    for (const plan of [planEngine, planPortable]) {
      const { bytes } = plan(request()).memory
      const shared = plan(request({ model })).memory.bytes
      expect(shared.weights).toBeLessThan(bytes.weights)
      const [row, positions] = [2 * 64 * 4, 2 * 64]
      expect(bytes.decode - shared.decode).toBe(row * positions)
    }
    const names = planEngine(request({ model })).parts.adapter.matrices.map(({ name }) => name)
    expect(names.filter((name) => name.includes('layers.3.'))).toHaveLength(10)
    expect(names.filter((name) => /layers\.3\..*[kv]_proj/.test(name))).toEqual([])
  })
})

describe('formats belong to tensors', () => {
  test('a model of which nothing is known is bf16, its vectors f32', () => {
    const { pieces } = layOutWeights(PEBBLE, undefined, 1 << 27)
    const bytes = tensorTable(PEBBLE).map(({ shape }) => elementsOf({ shape }) * (shape.length === 1 ? 4 : 2))
    expect(pieces.map((piece) => piece.bytes)).toEqual(bytes)
  })

  test('one f32 layer beside a bf16 embedding takes two bytes an element more, in both engines', () => {
    const stored = new Map(storedAlike(PEBBLE, 'BF16'))
    const wide = projectionsOf(PEBBLE).filter(({ layer }) => layer === 2)
    for (const { name } of wide) stored.set(name, 'F32')
    const more = wide.reduce((sum, tensor) => sum + 2 * elementsOf(tensor), 0)
    expect(more).toBeGreaterThan(300_000)
    // Too little for weights in TensorFlow.js' memory: they stay as they are stored.
    let memoryBudget = 30e6
    const tensorflow = (asked: PlanRequest) => planPortable(asked, 'nothing')
    while (tensorflow(request({ recompute: 'layer', memoryBudget })).residentLayers > 0) memoryBudget *= 0.95
    const own = (['products', 'layers'] as const).map(
      (own) => (asked: PlanRequest) => planPortable(asked, own),
    )
    for (const plan of [planEngine, ...own, tensorflow]) {
      const weights = (given: Partial<PlanRequest>) =>
        plan(request({ recompute: 'layer', memoryBudget, ...given })).memory.bytes.weights
      expect(weights({ stored }) - weights({})).toBe(more)
    }
  })

  test('Gemma 3 1B in 4 bits, its embedding in 8, trains 512 tokens within 1.2 GB; a larger rank adds its own weights', () => {
    const memory = (r: number) =>
      planEngine(
        request({
          model: GEMMA_1B,
          stored: quantisedTypes(GEMMA_1B, storedAlike(GEMMA_1B, 'BF16'), 'int4'),
          lora: { ...lora, r },
          maxTokens: 512,
          maxSupervised: 512,
          recompute: 'layer',
          decode: { sequences: 1, positions: 256 },
        }),
      ).memory.bytes
    const [small, large] = [memory(8), memory(64)]
    expect(small.total).toBeLessThan(1.2e9)
    const bits = (role: (tensor: ReturnType<typeof tensorTable>[number]) => boolean) =>
      tensorTable(GEMMA_1B)
        .filter(role)
        .reduce((sum, tensor) => sum + elementsOf(tensor), 0)
    // 32 weights and a scale of 16 bits: 4.5 bits a weight, 8.5 of the embedding; norms are f32. Each array is rounded up to 16 bytes.
    const exact =
      (bits(isProjection) * 4.5 +
        bits(({ role }) => role === 'embedding') * 8.5 +
        bits(({ shape }) => shape.length === 1) * 32) /
      8
    expect(small.weights - exact).toBeGreaterThanOrEqual(0)
    expect(small.weights - exact).toBeLessThan(100)
    // Weights, gradients and both moments, 4 bytes each.
    const rank = projectionsOf(GEMMA_1B).reduce((sum, { shape }) => sum + shape[0] + shape[1], 0)
    expect(large.adapter - small.adapter).toBeLessThan(1.001 * 16 * 56 * rank)
    expect(large.total - small.total).toBeLessThan(1.002 * 16 * 56 * rank)
  })

  test('weights share buffers, so that a device which rounds small ones up to powers of two takes hardly more than they are', () => {
    const { pieces } = layOutWeights(GEMMA_270M, undefined, 1 << 27)
    const { sizes, at } = weightBuffers(pieces)
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0)
    const taken = (of: number[]) =>
      of.reduce((sum, size) => sum + (size > 4 << 20 ? size : 2 ** Math.ceil(Math.log2(size))), 0)
    expect(taken(pieces.map((piece) => piece.bytes)) - bytes).toBeGreaterThan(100e6)
    expect(taken(sizes) - bytes).toBeLessThan(4e6)
    // One behind the other, none within another, and none so large that a device refuses it.
    for (const [i, { buffer, offset }] of at.entries()) {
      const before = at[i - 1]
      const free = before?.buffer === buffer ? before.offset + pieces[i - 1]!.bytes : 0
      expect(offset % 256).toBe(0)
      expect(offset - free).toBeGreaterThanOrEqual(0)
      expect(offset - free).toBeLessThan(256)
      expect(offset + pieces[i]!.bytes).toBeLessThanOrEqual(sizes[buffer]!)
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1 << 27)
  })

  test('several matrices laid row under row are one weight, a shard may hold rows of several', () => {
    const [q, k, v] = projectionsOf(GEMMA_270M)
    const { weight, pieces } = layOutStack([q!, k!, v!], undefined, 500 * 640 * 2 + 100)
    expect(weight).toMatchObject({ rows: 1024 + 256 + 256, cols: 640, format: 'bf16' })
    expect(weight.shards.map(({ firstRow, rows }) => [firstRow, rows])).toEqual([
      [0, 500],
      [500, 500],
      [1000, 500],
      [1500, 36],
    ])
    expect(weight.shards.map(({ tensor }) => tensor)).toEqual(pieces.map(({ tensor }) => tensor))
    expect(pieces.map(({ stretches }) => stretches)).toEqual([
      [{ source: q!.name, firstRow: 0, rows: 500 }],
      [{ source: q!.name, firstRow: 500, rows: 500 }],
      [
        { source: q!.name, firstRow: 1000, rows: 24 },
        { source: k!.name, firstRow: 0, rows: 256 },
        { source: v!.name, firstRow: 0, rows: 220 },
      ],
      [{ source: v!.name, firstRow: 220, rows: 36 }],
    ])
    expect(pieces.map(({ bytes }) => bytes)).toEqual([500, 500, 500, 36].map((rows) => rows * 640 * 2))
  })

  test('matrices of two widths or two formats are not stacked', () => {
    const table = tensorTable(GEMMA_270M).filter(isProjection)
    const [q, k, , o] = table
    expect(() => layOutStack([q!, o!], undefined, 1 << 27)).toThrow(/one width and one format/)
    expect(() => layOutStack([q!, k!], new Map([[k!.name, 'F32']]), 1 << 27)).toThrow(/one width and one/)
  })
})
