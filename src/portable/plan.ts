import { checkLayers, sharedKeys } from '../model/layers.ts'
import { adapterParameterCount } from '../model/lora.ts'
import { ropesOf } from '../model/rope.ts'
import { hostBytes } from '../model/stored.ts'
import { elementsOf, isProjection, tensorTable } from '../model/tensors.ts'
import type { MemoryPlan, PlanRequest, Recompute } from '../protocol/engine.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import type { LayerConfig } from '../protocol/model.ts'
import type { Demand } from '../protocol/rooms/fit.ts'
import { hasSimd } from './simd/kernels.ts'
import { partFloats } from './simd/layout.ts'
import { matrixBytes } from './simd/matrices.ts'
import { modelLayout, shapesOf, suitsProducts } from './simd/model-layout.ts'

/** What does without TensorFlow.js: nothing, products, or all that layers of whole batches are made of. */
export type Own = 'nothing' | 'products' | 'layers'

/** What the engine decides before it loads anything; every byte it will hold is counted here. */
export interface PortablePlan {
  request: PlanRequest
  memory: MemoryPlan
  recompute: Extract<Recompute, 'nothing' | 'layer'>
  /** Whether products, or layers too, are our own, with all matrices held once, as they are stored. */
  own: Own
  /** The last so many layers keep what their gradients need; the others are computed again. */
  keptLayers: number
  /** The first so many layers' matrices lie in the backend as f32, in both orientations; none of those that are held as stored. */
  residentLayers: number
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
/** More, and a tile and its logits leave the processor's cache. */
const MOST_TILE_WORDS = 1024
const LEAST_TILE_WORDS = 256
const TILE_BYTES = 128 * 2 ** 20
/** Queries of an attention block, see attention.ts. */
const QUERIES = 512

/** What a plan takes where it may choose: the tab it runs in, and the machine, have other things to hold too. */
const COMFORTABLE_BYTES = 2.5 * 2 ** 30

/** What may be given up for memory: layers with resident matrices, a resident head, layers that keep what their gradients need. */
interface Way {
  own: Own
  resident: number
  head: boolean
  kept: number
}

/**
 * Plans for a request: the quickest way that stays within the budget, else within what WASM can hold. Where not all can be kept, as
 * much is kept as the budget has room for, and the plan takes the whole of it: a smaller batch never takes more than a larger one.
 * @param own what is to be our own; by default all where the browser's WebAssembly can
 * @throws LapidaryError `out_of_memory` where even the smallest plan is too large, with a length that would fit
 */
export function planPortable(
  request: PlanRequest,
  own: Own = hasSimd() && suitsProducts(request.model) ? 'layers' : 'nothing',
): PortablePlan {
  checkLayers(request.model)
  const budgets = request.memoryBudget ? [request.memoryBudget] : [COMFORTABLE_BYTES, MOST_BYTES]
  for (const budget of budgets) {
    const plan = planWithin(request, own, budget)
    if (plan) return plan
  }
  const limit = Math.min(budgets.at(-1)!, MOST_BYTES)
  const tokens = largestFitting(request, own, limit)
  const needed = planWith(request, waysOf(request, own).at(-1)!).memory.bytes.total
  const less = `per_device_train_batch_size or max_length, so that their product is at most ${tokens}: that fits.`
  if (needed <= MOST_BYTES)
    fail(
      'out_of_memory',
      `This run needs ${sizeOf(needed)}, and it may take ${sizeOf(limit)} (memory_budget).`,
      `Set memory_budget to ${Math.ceil(needed / 2 ** 20) * 2 ** 20} bytes or more${tokens === 0 ? '.' : `, or lower ${less}`}`,
      { needed, limit, tokens },
    )
  return fail(
    'out_of_memory',
    `This run needs ${sizeOf(needed)}; the portable engine has ${sizeOf(limit)}.`,
    tokens === 0 ? 'Use a smaller model, or a machine with WebGPU.' : `Lower ${less}`,
    { needed, limit, tokens },
  )
}

/** Bytes that a plan for the request takes, beside those that it may take: nothing is refused for being too large. */
export function demandPortable(request: PlanRequest): Demand {
  const { memoryBudget: set = MOST_BYTES } = request
  const grant = { grants: Math.min(set, MOST_BYTES), from: set < MOST_BYTES ? 'set' : 'engine' } as const
  try {
    const { bytes } = planPortable(request).memory
    return { needs: bytes.total, ...grant, limit: 'memory', bytes }
  } catch (error) {
    const { code, detail } = toFailure(error)
    if (code !== 'out_of_memory') throw error
    return { needs: Number(detail!.needed), ...grant, limit: 'memory', bytes: null }
  }
}

/**
 * For a run that was given less memory than its plan takes: the same run within three quarters of what it held, or with fewer
 * tokens a step where that is too little; either is planned before it is proposed.
 * @param held what the engine has
 * @param refused what was too much; by default what it has
 * @throws LapidaryError `out_of_memory`, always
 */
export function failShortOfMemory(
  { request, own, memory }: PortablePlan,
  held: number,
  refused = Math.min(held, memory.bytes.total),
): never {
  const memoryBudget = Math.floor((refused * 3) / 4 / 2 ** 20) * 2 ** 20
  const same = planWithin(request, own, memoryBudget)
  const tokens = same ? request.maxTokens : largestFitting(request, own, memoryBudget)
  const budget = `Set memory_budget to ${memoryBudget} bytes (${sizeOf(memoryBudget)})`
  const fewer = 'lower per_device_train_batch_size or max_length, so that their product is at most'
  return fail(
    'out_of_memory',
    `No more memory is to be had: the portable engine holds ${sizeOf(held)}.`,
    `The last checkpoint is kept. ${
      same
        ? `${budget}: this run fits, and takes longer.`
        : tokens > 0
          ? `${budget}, and ${fewer} ${tokens}: that fits.`
          : 'Close other tabs and programs, or use a smaller model.'
    }`,
    { held, memoryBudget, tokens },
  )
}

/** The quickest plan within a budget. */
function planWithin(request: PlanRequest, own: Own, budget: number): PortablePlan | null {
  const most = Math.min(budget, MOST_BYTES)
  for (const [i, way] of waysOf(request, own).entries()) {
    const plan = planWith(request, way)
    const { bytes } = plan.memory
    if (bytes.total > most) continue
    if (i > 0) {
      bytes.activations += most - bytes.total
      bytes.total = most
    }
    return plan
  }
  return null
}

/** The quickest first. A head that would take most of the budget is not resident, however few the tokens. */
function waysOf({ model, recompute }: PlanRequest, own: Own): Way[] {
  const all = model.layers.length
  // The tiles of a head with a soft-cap go through TensorFlow.js whoever multiplies.
  const ours = own !== 'nothing'
  const tiled = !ours || model.finalSoftCap !== null
  const head = tiled && model.vocabSize * model.hiddenSize * 8 < COMFORTABLE_BYTES / 4
  const most = recompute === 'auto' || recompute === 'nothing' ? all : 0
  const least = recompute === 'nothing' ? all : 0
  const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i)
  const resident = ours ? 0 : all
  const first = { own, resident, kept: most }
  if (ours)
    return [
      ...(head ? [{ ...first, head }] : []),
      ...down(most, least).map((kept) => ({ ...first, head: false, kept })),
    ]
  return [
    ...(head ? [{ ...first, head }] : []),
    ...down(most, least).map((kept) => ({ ...first, head: false, kept })),
    ...down(all, 0).map((resident) => ({ own, resident, head: false, kept: least })),
  ]
}

/** The most tokens a step that would fit, in steps of 64; 0 where none do. */
function largestFitting(request: PlanRequest, own: Own, limit: number): number {
  const share = request.maxSupervised / request.maxTokens
  for (
    let tokens = Math.floor((request.maxTokens - 1) / 64) * 64;
    tokens > 0;
    tokens = Math.floor(tokens / 128) * 64
  ) {
    const less = { ...request, maxTokens: tokens, maxSupervised: Math.ceil(tokens * share) }
    if (planWithin(less, own, limit)) return tokens
  }
  return 0
}

function planWith(
  request: PlanRequest,
  { own: ours, resident, head: residentHead, kept: keptLayers }: Way,
): PortablePlan {
  const { model: c, lora, stored, maxTokens: rows, maxSupervised: supervised, decode } = request
  const table = tensorTable(c)
  const projections = table.filter(isProjection)
  const elements = total(projections.map(elementsOf))
  const all = c.layers.length
  const recompute = keptLayers === all ? 'nothing' : 'layer'
  const tileWords = tileFor(c.vocabSize, supervised)

  const held = (tensors: typeof table) => total(tensors.map((tensor) => hostBytes(tensor, stored)))
  // XNNPACK keeps a packed copy of each right operand beside the operand itself.
  const [inside, outside] = [true, false].map((is) =>
    projections.filter(({ layer }) => layer < resident === is),
  ) as [typeof table, typeof table]
  const layers =
    total(inside.map(elementsOf)) * 16 +
    held(outside) +
    (outside.length > 0 ? 12 * Math.max(...outside.map(elementsOf)) : 0)
  // Embedding, head and norms.
  const rest = held(table.filter((tensor) => !isProjection(tensor)))
  const norms = held(table.filter(({ shape }) => shape.length === 1))
  const head = residentHead ? c.vocabSize * c.hiddenSize * 8 : 0
  // Its state on the host, and the backend's tensors of it, each in both orientations; layers of our own have it in their memory.
  const adapter = ours === 'layers' ? 0 : adapterParameterCount(c, lora) * 32

  const keysOf = ({ kvHeads, headDim }: LayerConfig) => kvHeads * headDim
  const own = c.layers.filter(({ keysFrom }, layer) => keysFrom === layer)
  // What a layer's gradient needs of its forward pass, in floats a token: see layer.ts.
  const kept = c.layers.map(
    (layer, i) =>
      7 * c.hiddenSize +
      3 * c.numHeads * layer.headDim +
      (layer.keysFrom === i ? 3 * keysOf(layer) : 0) +
      4 * layer.intermediateSize +
      2 * (c.numHeads + layer.kvHeads) +
      7 * lora.r,
  )
  const most = Math.max(...kept)
  // Keys and values that later layers use, where nothing else of their layer is kept, and their gradients.
  const shared = total(
    [...sharedKeys(c)].map((i) => keysOf(c.layers[i]!) * (recompute === 'nothing' ? 2 : 4)),
  )
  // Of a layer that is computed again its input, and all of one at a time, once those that were kept are gone.
  const again = all - keptLayers
  const layersKept = again * c.hiddenSize + Math.max(total(kept.slice(again)), again > 0 ? most : 0) + shared
  const passing = Math.max(...kept.map((size, i) => size + 4 * c.layers[i]!.intermediateSize))
  const block = Math.min(QUERIES, rows) * c.numHeads * rows * 6
  const memoryOfOwn =
    ours === 'nothing' ? null : ownMemory(request, tileWords, ours === 'layers' ? keptLayers : null)
  const tiles = tileWords * (2 * c.hiddenSize + 4 * supervised)
  const parts = partFloats(c.hiddenSize, tileWords, supervised)
  const headPass =
    (memoryOfOwn ? (memoryOfOwn.tiled ? tiles : 0) : Math.max(tiles, parts)) + supervised * c.hiddenSize * 6
  const activations =
    4 * (ours === 'layers' ? headPass : rows * (layersKept + passing) + Math.max(block, headPass))

  const widths = own.map(keysOf)
  const caches = decode ? 2 * decode.sequences * decode.positions * total(widths) * 4 : 0
  const turns = total([...ropesOf(c).values()].map(({ headDim }) => headDim * 8))
  const io = rows * (5 * 4 + (ours === 'layers' ? 0 : turns))
  const bytes = {
    weights: memoryOfOwn ? memoryOfOwn.matrices + norms + head : layers + rest + head,
    adapter: adapter + (memoryOfOwn?.pairs ?? 0),
    activations: activations + (memoryOfOwn?.work ?? 0),
    // A cache that TensorFlow.js holds grows by being copied.
    decode: memoryOfOwn
      ? memoryOfOwn.decode
      : caches + (decode ? decode.positions * Math.max(...widths) * 8 : 0),
    io,
    total: 0,
  }
  bytes.total = bytes.weights + bytes.adapter + bytes.activations + bytes.decode + bytes.io
  const memory: MemoryPlan = {
    bytes,
    recompute,
    flopsPerStep: 2 * rows * elements * (2 + again / all) + 4 * supervised * c.vocabSize * c.hiddenSize,
  }
  return {
    request,
    memory,
    recompute,
    own: ours,
    keptLayers,
    residentLayers: resident,
    residentHead,
    tileWords,
  }
}

/** What the memory of our own products takes, whose plan it is too. */
function ownMemory(request: PlanRequest, tileWords: number, kept: number | null) {
  const tiled = request.model.finalSoftCap !== null
  const { products, head, train, decode, end } = modelLayout({
    request,
    tileWords,
    ownHead: !tiled,
    kept,
    threads: USUAL_THREADS,
  })
  const before = train?.end ?? head?.end ?? products.end
  const matrices = shapesOf(request).reduce((sum, shape) => sum + matrixBytes(shape), 0)
  const [trained, decoding] = [train?.pairBytes ?? 0, decode?.pairBytes ?? 0]
  return {
    tiled,
    matrices,
    work: before - matrices - trained,
    pairs: trained + decoding,
    decode: decode ? end - before - decoding : 0,
  }
}

/** Each has a panel, of some kilobytes. */
const USUAL_THREADS = 8

const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0)

function tileFor(vocab: number, supervised: number): number {
  let words = MOST_TILE_WORDS
  while (words > LEAST_TILE_WORDS && words * supervised * 16 > TILE_BYTES) words /= 2
  return Math.min(words, vocab)
}

/** In the page's units. */
const sizeOf = (bytes: number) =>
  bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
