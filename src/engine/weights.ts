import type { Gpu } from '../gpu/device.ts'
import type { Place } from '../gpu/program.ts'
import { boundTensor, type Tensor } from '../gpu/tape.ts'
import { packBlocks, shardShape, type Weight } from '../kernels/weight.ts'
import { STORAGE, type StorageType, storedBytes } from '../lib/storage.ts'
import { heldAs, STORAGE_OF } from '../model/storage.ts'
import {
  isLayerNorm,
  isProjection,
  type MatrixTensor,
  tensorTable,
  type VectorTensor,
} from '../model/tensors.ts'
import { normScale, widen } from '../model/weights.ts'
import type { LayerNorm, ModelConfig, Projection, StoredTypes, WeightSource } from '../protocol/model.ts'

/** Rows [firstRow, firstRow + rows) of a stored tensor; a vector is one row. */
export interface Stretch {
  source: string
  firstRow: number
  rows: number
}

/** One array on the device, and the stretches of stored tensors that fill it, one after the other. */
export interface WeightPiece {
  tensor: Tensor
  stretches: Stretch[]
  cols: number
  /** As it lies on the device. Vectors are widened: they are few. */
  format: StorageType
  /** Of a norm's weights, see `normScale`: what lies on the device is its scale. Null of a matrix. */
  normOffset: number | null
  bytes: number
}

/** What a layer has of each. */
export interface LayerWeights {
  norms: Partial<Record<LayerNorm, Tensor>>
  projections: Partial<Record<Projection, Weight>>
}

/** The base model as arrays on the device. */
export interface DeviceWeights {
  embedding: Weight
  /** The embedding itself where the head is tied. */
  head: Weight
  layers: LayerWeights[]
  finalNorm: Tensor
  pieces: WeightPiece[]
}

/** Lays the weights out in shards no larger than one binding. */
export function layOutWeights(
  config: ModelConfig,
  stored: StoredTypes | undefined,
  maxBinding: number,
): DeviceWeights {
  const pieces: WeightPiece[] = []
  const layers = config.layers.map((): LayerWeights => ({ norms: {}, projections: {} }))
  const vector = (table: VectorTensor): Tensor => {
    const { name, shape } = table
    const tensor = boundTensor(name, shape)
    const format = heldAs(table, stored)
    const stretches = [{ source: name, firstRow: 0, rows: 1 }]
    const { normOffset } = config
    pieces.push({
      tensor,
      stretches,
      cols: shape[0],
      format,
      normOffset,
      bytes: storedBytes(format, shape[0]),
    })
    return tensor
  }
  const matrix = (table: MatrixTensor): Weight => {
    const { weight, pieces: own } = layOutStack([table], stored, maxBinding)
    pieces.push(...own)
    return weight
  }
  let embedding: Weight | undefined
  let head: Weight | undefined
  let finalNorm: Tensor | undefined
  for (const tensor of tensorTable(config)) {
    if (isProjection(tensor)) layers[tensor.layer]!.projections[tensor.role] = matrix(tensor)
    else if (isLayerNorm(tensor)) layers[tensor.layer]!.norms[tensor.role] = vector(tensor)
    else if (tensor.role === 'final_norm') finalNorm = vector(tensor)
    else if (tensor.role === 'head') head = matrix(tensor)
    else embedding = matrix(tensor)
  }
  return { embedding: embedding!, head: head ?? embedding!, layers, finalNorm: finalNorm!, pieces }
}

/**
 * One weight of matrices laid row under row (a layer's q, k and v, say), in shards no larger than one binding: a shard may hold
 * rows of several of them.
 * @param stack at least one; all of one width and one format
 */
export function layOutStack(
  stack: readonly MatrixTensor[],
  stored: StoredTypes | undefined,
  maxBinding: number,
): { weight: Weight; pieces: WeightPiece[] } {
  const cols = stack[0]!.shape[1]
  const format = heldAs(stack[0]!, stored)
  const name = stack.map((tensor) => tensor.name).join(' + ')
  if (stack.some((tensor) => tensor.shape[1] !== cols || heldAs(tensor, stored) !== format))
    throw new Error(`${name}: only matrices of one width and one format can be stacked`)
  const rows = stack.reduce((sum, { shape }) => sum + shape[0], 0)
  const perShard = Math.floor(maxBinding / storedBytes(format, cols))
  const weight: Weight = { rows, cols, format, shards: [] }
  const pieces: WeightPiece[] = []
  for (let firstRow = 0; firstRow < rows; firstRow += perShard) {
    const count = Math.min(perShard, rows - firstRow)
    const tensor = boundTensor(name, shardShape(format, count, cols), format === 'f32' ? 'f32' : 'u32')
    weight.shards.push({ tensor, firstRow, rows: count })
    const stretches = stretchesOf(stack, firstRow, count)
    const bytes = storedBytes(format, count * cols)
    pieces.push({ tensor, stretches, cols, format, normOffset: null, bytes })
  }
  return { weight, pieces }
}

/** What of each matrix lies in rows [from, from + count) of their stack. */
function stretchesOf(stack: readonly MatrixTensor[], from: number, count: number): Stretch[] {
  let above = 0
  return stack.flatMap(({ name, shape: [rows] }) => {
    const firstRow = Math.max(0, from - above)
    const end = Math.min(rows, from + count - above)
    above += rows
    return end > firstRow ? [{ source: name, firstRow, rows: end - firstRow }] : []
  })
}

/**
 * Bytes of a buffer that pieces share. By themselves they would take more than they hold: Dawn cuts buffers of up to 4 MB out of larger
 * ones by powers of two, which for Gemma 3 270M in bf16 is 120 MB over its 536.
 */
const SHARED_BYTES = 32 << 20
/** WebGPU's default `minStorageBufferOffsetAlignment`, and the largest that it may be. */
const ALIGNMENT = 256

/** Which buffer each piece lies in, and where; one behind the other. */
export function weightBuffers(pieces: readonly Pick<WeightPiece, 'bytes'>[]): {
  sizes: number[]
  at: { buffer: number; offset: number }[]
} {
  const sizes: number[] = []
  const at = pieces.map(({ bytes }) => {
    const own = Math.max(16, Math.ceil(bytes / 16) * 16)
    const offset = Math.ceil((sizes.at(-1) ?? 0) / ALIGNMENT) * ALIGNMENT
    if (sizes.length === 0 || offset + own > SHARED_BYTES) {
      sizes.push(own)
      return { buffer: sizes.length - 1, offset: 0 }
    }
    sizes[sizes.length - 1] = offset + own
    return { buffer: sizes.length - 1, offset }
  })
  return { sizes, at }
}

/** Bytes read from the source and queued at once. */
const CHUNK = 8 << 20

/** Queued writes are held in the browser's memory until the device has taken them: so many bytes at most. */
const MOST_QUEUED = 4 * CHUNK

/**
 * Allocates the shards and fills them, a chunk at a time.
 * @returns where each tensor lies, and the buffers to destroy in the end
 */
export async function uploadWeights(
  gpu: Gpu,
  pieces: readonly WeightPiece[],
  source: WeightSource,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<{ places: Map<Tensor, Place>; buffers: GPUBuffer[] }> {
  const { queue } = gpu.device
  const places = new Map<Tensor, Place>()
  const total = pieces.reduce((sum, p) => sum + p.bytes, 0)
  const { sizes, at: placed } = weightBuffers(pieces)
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST
  const buffers = sizes.map((bytes, i) => gpu.createBuffer(`weights ${i}`, bytes, usage))
  for (const [i, { tensor }] of pieces.entries()) {
    const { buffer, offset } = placed[i]!
    places.set(tensor, { buffer: buffers[buffer]!, offset })
  }
  try {
    let [done, queued] = [0, 0]
    /** Of what was queued before, half of all: the device takes it while the next is read. */
    let taken: Promise<unknown> = Promise.resolve()
    // What is written is copied at once.
    const scratch = new Uint8Array(CHUNK)
    for (const piece of pieces) {
      const { buffer, offset } = places.get(piece.tensor)!
      let at = offset
      for await (const data of dataOf(piece, source, scratch, signal)) {
        queue.writeBuffer(buffer, at, data)
        at += data.byteLength
        done += data.byteLength
        queued += data.byteLength
        onProgress(Math.min(1, done / total))
        if (queued < MOST_QUEUED / 2) continue
        await taken
        taken = queue.onSubmittedWorkDone()
        // Whoever stops before it is waited for must not leave it unhandled.
        taken.catch(() => {})
        queued = 0
      }
      signal?.throwIfAborted()
    }
  } catch (error) {
    for (const buffer of buffers) gpu.destroyBuffer(buffer)
    throw error
  }
  return { places, buffers }
}

/** The bytes of a piece as they lie on the device, in order. */
async function* dataOf(
  { stretches, cols, format, normOffset }: WeightPiece,
  source: WeightSource,
  scratch: Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> {
  for (const { source: name, firstRow, rows } of stretches) {
    const type = source.tensors.get(name)!.dtype
    const own = STORAGE_OF[type]
    const start = storedBytes(own, firstRow * cols)
    const end = start + storedBytes(own, rows * cols)
    const chunk = CHUNK - (CHUNK % STORAGE[own].bytes)
    for (let at = start; at < end; at += chunk) {
      const data = await source.read(name, at, Math.min(at + chunk, end), signal, scratch)
      if (normOffset !== null) yield normScale(normOffset, widen(data, type))
      else if (own === 'int8' || own === 'int4') yield packBlocks(own, data)
      else if (own === format) yield data as Uint8Array<ArrayBuffer>
      else yield widen(data, type)
    }
  }
}
