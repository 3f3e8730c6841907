import { adapterParameterCount } from '../model/lora.ts'
import { parameterCount } from '../model/weights.ts'
import type { MemoryPlan, PlanRequest, Recompute } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import { largestMatrix, layerElements } from './sizes.ts'

/** What the engine decides before it loads anything; every byte it will hold is counted here. */
export interface PortablePlan {
  request: PlanRequest
  memory: MemoryPlan
  recompute: Extract<Recompute, 'nothing' | 'layer'>
  /** Whether layers' matrices lie in the backend as f32, in both orientations. */
  residentLayers: boolean
  /** Whether the head's tiles do. */
  residentHead: boolean
  /** Words of a tile of the head. */
  tileWords: number
}

/**
 * Bytes that the backend may hold. WASM's memory ends at 4 GiB, and TensorFlow.js' allocator does not say when it is full: it
 * gives null or pointers that overlap. So the plan stays well below, and leaves room for fragments.
 */
export const MOST_BYTES = 3.25 * 2 ** 30
const MOST_TILE_WORDS = 1024
const LEAST_TILE_WORDS = 256
const TILE_BYTES = 128 * 2 ** 20
/** Queries of an attention block, see attention.ts. */
const QUERIES = 512

/** What a plan takes where it may choose: the tab it runs in, and the machine, have other things to hold too. */
const COMFORTABLE_BYTES = 2.5 * 2 ** 30

/** Resident layers, resident head, recomputation: the quickest first. */
const WAYS: [boolean, boolean, PortablePlan['recompute']][] = [
  [true, true, 'nothing'],
  [true, false, 'nothing'],
  [true, false, 'layer'],
  [false, false, 'nothing'],
  [false, false, 'layer'],
]

/**
 * Plans for a request: the quickest way that stays within the budget, else within what WASM can hold.
 * @throws LapidaryError `out_of_memory` where even the smallest plan is too large, with a length that would fit
 */
export function planPortable(request: PlanRequest): PortablePlan {
  const budgets = request.memoryBudget ? [request.memoryBudget] : [COMFORTABLE_BYTES, MOST_BYTES]
  const { recompute: wanted } = request
  const ways = WAYS.filter(
    ([, , recompute]) => wanted === 'auto' || (wanted === 'nothing') === (recompute === 'nothing'),
  )
  for (const budget of budgets)
    for (const [layers, head, recompute] of ways) {
      const plan = planWith(request, recompute, layers, head)
      if (plan.memory.bytes.total <= Math.min(budget, MOST_BYTES)) return plan
    }
  const limit = Math.min(budgets.at(-1)!, MOST_BYTES)
  const fits = largestFitting(request, limit)
  const least = planWith(request, 'layer', false, false)
  return fail(
    'out_of_memory',
    `This run needs ${sizeOf(least.memory.bytes.total)}; the portable engine has ${sizeOf(limit)}.`,
    fits === 0
      ? 'Use a smaller model, or a machine with WebGPU.'
      : `Lower per_device_train_batch_size or max_length, so that their product is at most ${fits}: that fits.`,
    { needed: least.memory.bytes.total, limit, tokens: fits },
  )
}

/** The most tokens a step that would fit, in steps of 64; 0 where none do. */
function largestFitting(request: PlanRequest, limit: number): number {
  const share = request.maxSupervised / request.maxTokens
  for (
    let tokens = Math.floor((request.maxTokens - 1) / 64) * 64;
    tokens > 0;
    tokens = Math.floor(tokens / 128) * 64
  ) {
    const less = { ...request, maxTokens: tokens, maxSupervised: Math.ceil(tokens * share) }
    if (planWith(less, 'layer', false, false).memory.bytes.total <= limit) return tokens
  }
  return 0
}

function planWith(
  request: PlanRequest,
  recompute: PortablePlan['recompute'],
  residentLayers: boolean,
  residentHead: boolean,
): PortablePlan {
  const { model: c, lora, maxTokens: rows, maxSupervised: supervised, decode } = request
  const [queries, keys] = [c.numHeads * c.headDim, c.numKvHeads * c.headDim]
  const words = c.vocabSize * c.hiddenSize * (c.tiedHead ? 1 : 2)
  const elements = layerElements(c)
  const tileWords = tileFor(c.vocabSize, supervised)

  // XNNPACK keeps a packed copy of each right operand beside the operand itself.
  const layers = residentLayers ? elements * 16 : elements * request.weightBytes + 12 * largestMatrix(c)
  const embedding = words * request.weightBytes + (residentHead ? c.vocabSize * c.hiddenSize * 8 : 0)
  const rest = (parameterCount(c) - elements - words) * 4
  const adapter = adapterParameterCount(c, lora) * 32

  // What a layer's gradient needs of its forward pass, in floats a token: see layer.ts.
  const kept =
    7 * c.hiddenSize +
    3 * queries +
    3 * keys +
    4 * c.intermediateSize +
    2 * (c.numHeads + c.numKvHeads) +
    7 * lora.r
  const layersKept = recompute === 'nothing' ? c.numLayers * kept : c.numLayers * c.hiddenSize + kept
  const passing = kept + 4 * c.intermediateSize
  const block = Math.min(QUERIES, rows) * c.numHeads * rows * 6
  const head = tileWords * (2 * c.hiddenSize + 4 * supervised) + supervised * c.hiddenSize * 6
  const activations = 4 * (rows * (layersKept + passing) + Math.max(block, head))

  const caches = decode ? 2 * c.numLayers * decode.sequences * decode.positions * keys * 4 : 0
  const io = rows * (5 * 4 + c.headDim * 8)
  const bytes = {
    weights: layers + embedding + rest,
    adapter,
    activations,
    // A cache grows by being copied.
    decode: caches + (decode ? decode.positions * keys * 8 : 0),
    io,
    total: 0,
  }
  bytes.total = bytes.weights + bytes.adapter + bytes.activations + bytes.decode + bytes.io
  const passes = recompute === 'nothing' ? 2 : 3
  const memory: MemoryPlan = {
    bytes,
    recompute,
    flopsPerStep: 2 * rows * elements * passes + 4 * supervised * c.vocabSize * c.hiddenSize,
    dispatchesPerStep: 0,
    largestBinding: 0,
  }
  return { request, memory, recompute, residentLayers, residentHead, tileWords }
}

function tileFor(vocab: number, supervised: number): number {
  let words = MOST_TILE_WORDS
  while (words > LEAST_TILE_WORDS && words * supervised * 16 > TILE_BYTES) words /= 2
  return Math.min(words, vocab)
}

const sizeOf = (bytes: number) =>
  bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`
