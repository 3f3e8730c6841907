import { BLOCK_BYTES, GROUP, STORAGE, storedBytes } from '../lib/storage.ts'
import type {
  BlockedType,
  ModelConfig,
  Quantization,
  RoundedTable,
  StoredTypes,
  WeightSource,
} from '../protocol/model.ts'
import type { KeptBlocks } from './kept-blocks.ts'
import { quantise } from './quantise.ts'
import { STORAGE_OF, storedTypes } from './storage.ts'
import { elementsOf, isProjection, type ModelTensor, tensorTable } from './tensors.ts'
import { widen } from './weights.ts'

/** Values rounded at a time: whole blocks, and a few MB in memory. */
const PIECE = 2 ** 18

/** What a matrix is rounded to; null: it stays, as narrow as that already, or not made of whole blocks. */
function target(tensor: ModelTensor, stored: StoredTypes, quantization: Quantization): BlockedType | null {
  if (quantization === null || tensor.shape.length === 1) return null
  // The words' own matrix is read and predicted from: rounded to 4 bits it would cost the most.
  const wanted = quantization === 'int4' && isProjection(tensor) ? 'Q4_0' : 'Q8_0'
  const now = stored.get(tensor.name) ?? 'BF16'
  const { elements } = STORAGE[STORAGE_OF[wanted]]
  if (tensor.shape[1] % elements !== 0) return null
  return storedBytes(STORAGE_OF[wanted], elements) < storedBytes(STORAGE_OF[now], elements) ? wanted : null
}

/** How each tensor is stored once a base is held so, for a plan. */
export function quantisedTypes(
  config: ModelConfig,
  stored: StoredTypes,
  quantization: Quantization,
): StoredTypes {
  const types = new Map(stored)
  for (const tensor of tensorTable(config)) {
    const type = target(tensor, stored, quantization)
    if (type) types.set(tensor.name, type)
  }
  return types
}

/** A base rounded as it is read, a piece at a time: it is nowhere whole in either form. */
export interface QuantisedWeights extends WeightSource {
  /** What rounding has cost so far, over each type: the root of the mean squared error over that of the values. */
  errors(): Partial<Record<BlockedType, number>>
  /** The same, tensor by tensor. */
  readonly costs: ReadonlyMap<string, RoundedTable['costs'][string]>
  /** Bytes that the blocks of each rounded matrix take. */
  readonly rounded: ReadonlyMap<string, number>
  /** Whether blocks come from where they are kept. */
  readonly fromKept: boolean
  /** Matrices that stay as they came, as their rows are no whole blocks. */
  readonly kept: readonly string[]
}

/**
 * @param source under the names of the table of tensors, see `resolveWeights`
 * @param blocks that are kept of this very source and rounding; what they have not is rounded
 */
export function quantisedWeights(
  config: ModelConfig,
  source: WeightSource,
  quantization: Exclude<Quantization, null>,
  blocks: KeptBlocks | null = null,
): QuantisedWeights {
  const stored = storedTypes(source)
  const tensors = new Map(source.tensors)
  const rounded = new Map<string, number>()
  const kept: string[] = []
  for (const tensor of tensorTable(config)) {
    const { name, shape } = tensor
    const type = target(tensor, stored, quantization)
    if (type) {
      tensors.set(name, { dtype: type, shape: [...shape] })
      rounded.set(name, storedBytes(STORAGE_OF[type], elementsOf(tensor)))
    } else if (shape.length === 2 && shape[1] % STORAGE.int8.elements !== 0) kept.push(name)
  }
  const costs = new Map(Object.entries(blocks?.costs ?? {}))
  return {
    ...{ tensors, kept, rounded, costs },
    fromKept: blocks !== null,
    errors() {
      const found: Partial<Record<BlockedType, number>> = {}
      for (const type of ['Q8_0', 'Q4_0'] as const) {
        const own = [...costs.values()].filter((cost) => cost.type === type)
        const sum = (of: 'error' | 'square') => own.reduce((total, cost) => total + cost[of], 0)
        if (sum('square') > 0) found[type] = Math.sqrt(sum('error') / sum('square'))
      }
      return found
    },
    async read(name, start, end, signal, into) {
      if (!rounded.has(name)) return source.read(name, start, end, signal, into)
      const there = await blocks?.read(name, start, end, signal, into)
      if (there) return there
      const type = tensors.get(name)!.dtype as BlockedType
      const from = source.tensors.get(name)!.dtype
      const bytes = BLOCK_BYTES[type]
      const out = new Uint8Array(end - start)
      const cost =
        start === 0 ? { type, error: 0, square: 0 } : (costs.get(name) ?? { type, error: 0, square: 0 })
      costs.set(name, cost)
      // Two blocks at a time, as those that they are made of may lie.
      const pair = 2 * GROUP
      const last = Math.ceil(end / bytes / 2) * pair
      for (let at = Math.floor(start / bytes / 2) * pair; at < last; at += PIECE) {
        const count = Math.min(PIECE, last - at)
        const own = storedBytes(STORAGE_OF[from], at)
        const values = widen(
          await source.read(name, own, own + storedBytes(STORAGE_OF[from], count), signal),
          from,
        )
        const made = new Uint8Array((count / GROUP) * bytes)
        const { error, square } = quantise(type, values, made)
        cost.error += error
        cost.square += square
        const place = (at / GROUP) * bytes
        const [first, until] = [Math.max(start, place), Math.min(end, place + made.length)]
        out.set(made.subarray(first - place, until - place), first - start)
      }
      return out
    },
  }
}
