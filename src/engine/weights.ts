import type { Gpu } from '../gpu/device.ts'
import type { Place } from '../gpu/program.ts'
import { boundTensor, type Tensor } from '../gpu/tape.ts'
import { shardShape, type Weight } from '../kernels/weight.ts'
import { type StorageType, storedBytes } from '../lib/storage.ts'
import { moduleName } from '../model/lora.ts'
import { expectedTensors, widen } from '../model/weights.ts'
import {
  type ModelConfig,
  PROJECTIONS,
  type Projection,
  type WeightSource,
  type WeightType,
} from '../protocol/model.ts'

/** A stretch of a stored tensor and the device array that holds it. */
export interface WeightPiece {
  tensor: Tensor
  source: string
  /** Rows [firstRow, firstRow + rows) of the stored tensor; vectors count as one row. */
  firstRow: number
  rows: number
  cols: number
  /** Vectors (norm weights) are widened to f32 and made the scales that norms multiply by. */
  widen: boolean
  bytes: number
}

const NORMS = [
  'input_layernorm',
  'self_attn.q_norm',
  'self_attn.k_norm',
  'post_attention_layernorm',
  'pre_feedforward_layernorm',
  'post_feedforward_layernorm',
] as const
export type LayerNorms = Record<(typeof NORMS)[number], Tensor>

export interface LayerWeights {
  norms: LayerNorms
  projections: Record<Projection, Weight>
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

const FORMAT: Record<WeightType, StorageType> = { BF16: 'bf16', F16: 'f16', F32: 'f32' }

/**
 * Lays the weights out in shards no larger than one binding.
 * @param typeOf how a tensor is stored
 */
export function layOutWeights(
  config: ModelConfig,
  typeOf: (name: string) => WeightType,
  maxBinding: number,
): DeviceWeights {
  const pieces: WeightPiece[] = []
  const vectors = new Map<string, Tensor>()
  const matrices = new Map<string, Weight>()
  for (const [name, shape] of expectedTensors(config)) {
    if (shape.length === 1) {
      const tensor = boundTensor(name, shape)
      const bytes = shape[0]! * 4
      pieces.push({ tensor, source: name, firstRow: 0, rows: 1, cols: shape[0]!, widen: true, bytes })
      vectors.set(name, tensor)
    } else
      matrices.set(name, shards(name, shape as [number, number], FORMAT[typeOf(name)], maxBinding, pieces))
  }
  const embedding = matrices.get('model.embed_tokens.weight')!
  return {
    embedding,
    head: config.tiedHead ? embedding : matrices.get('lm_head.weight')!,
    layers: Array.from({ length: config.numLayers }, (_, layer) => ({
      norms: Object.fromEntries(
        NORMS.map((name) => [name, vectors.get(`model.layers.${layer}.${name}.weight`)!]),
      ) as LayerNorms,
      projections: Object.fromEntries(
        PROJECTIONS.map((p) => [p, matrices.get(`${moduleName(layer, p)}.weight`)!]),
      ) as Record<Projection, Weight>,
    })),
    finalNorm: vectors.get('model.norm.weight')!,
    pieces,
  }
}

function shards(
  name: string,
  [rows, cols]: [number, number],
  format: StorageType,
  maxBinding: number,
  pieces: WeightPiece[],
): Weight {
  const rowBytes = storedBytes(format, cols)
  const perShard = Math.floor(maxBinding / rowBytes)
  const weight: Weight = { rows, cols, format, shards: [] }
  for (let firstRow = 0; firstRow < rows; firstRow += perShard) {
    const count = Math.min(perShard, rows - firstRow)
    const tensor = boundTensor(name, shardShape(format, count, cols), format === 'f32' ? 'f32' : 'u32')
    weight.shards.push({ tensor, firstRow, rows: count })
    pieces.push({ tensor, source: name, firstRow, rows: count, cols, widen: false, bytes: count * rowBytes })
  }
  return weight
}

/** Gemma 3 stores what is added to 1. */
const normScale = (weights: Float32Array<ArrayBuffer>) => weights.map((w) => 1 + w)

/** Bytes read from the source and queued at once. */
const CHUNK = 8 << 20

/**
 * Allocates the shards and fills them, a chunk at a time.
 * @returns where each tensor lies, and the buffers to destroy in the end
 */
export async function uploadWeights(
  gpu: Gpu,
  weights: DeviceWeights,
  source: WeightSource,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<{ places: Map<Tensor, Place>; buffers: GPUBuffer[] }> {
  const { queue } = gpu.device
  const places = new Map<Tensor, Place>()
  const total = weights.pieces.reduce((sum, p) => sum + p.bytes, 0)
  const buffers = weights.pieces.map((piece) => {
    const buffer = gpu.createBuffer(
      piece.source,
      piece.bytes,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    )
    places.set(piece.tensor, { buffer, offset: 0 })
    return buffer
  })
  try {
    let done = 0
    for (const [i, piece] of weights.pieces.entries()) {
      const type = source.tensors.get(piece.source)!.dtype
      const width = type === 'F32' ? 4 : 2
      const start = piece.firstRow * piece.cols * width
      const bytes = piece.rows * piece.cols * width
      for (let at = 0; at < bytes; at += CHUNK) {
        const end = Math.min(at + CHUNK, bytes)
        const data = await source.read(piece.source, start + at, start + end, signal)
        if (piece.widen) queue.writeBuffer(buffers[i]!, (at / width) * 4, normScale(widen(data, type)))
        else queue.writeBuffer(buffers[i]!, at, data as Uint8Array<ArrayBuffer>)
        done += end - at
        onProgress(Math.min(1, done / total))
      }
      // Queued writes are held in the browser's memory until the device has taken them.
      if (piece.bytes >= CHUNK) await queue.onSubmittedWorkDone()
      signal?.throwIfAborted()
    }
  } catch (error) {
    for (const buffer of buffers) gpu.destroyBuffer(buffer)
    throw error
  }
  return { places, buffers }
}
