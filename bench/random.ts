import { tensorTable } from '../src/model/tensors.ts'
import type { ModelConfig, TensorInfo, WeightSource } from '../src/protocol/model.ts'

/** Values in a block that is repeated; a prime, so that rows of a matrix do not repeat in step. */
const BLOCK = 1_048_573

/**
 * Seeded values, roughly normal (sums of four uniforms) with deviation 1. Zeros would be quicker than real values on
 * hardware that saves power on them.
 */
export function noise(size: number, seed = 1): Float32Array<ArrayBuffer> {
  let state = seed >>> 0 || 1
  const uniform = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  // The sum of four uniforms has variance 1/3.
  return Float32Array.from(
    { length: size },
    () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3),
  )
}

let block: Float32Array<ArrayBuffer> | undefined

/** `count` values from the block, beginning anywhere in it. */
export function fill(count: number, start: number, scale: number): Float32Array<ArrayBuffer> {
  block ??= noise(BLOCK)
  const out = new Float32Array(count)
  for (let i = 0, at = start % BLOCK; i < count; i++) {
    out[i] = block[at]! * scale
    if (++at === BLOCK) at = 0
  }
  return out
}

/** The same rounded towards zero to bf16, two to a word. */
export function fillBf16(count: number, start: number, scale: number): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(fill(count, start, scale).buffer)
  return Uint16Array.from(bits, (b) => b >>> 16)
}

/**
 * Weights of a Gemma that nobody trained: bf16, deviation 0.02 (Gemma's `initializer_range`), norm weights 0. Only
 * their sizes matter.
 */
export function randomWeights(config: ModelConfig): WeightSource {
  const tensors = new Map<string, TensorInfo>()
  for (const { name, shape } of tensorTable(config)) tensors.set(name, { dtype: 'BF16', shape })
  const matrix = new Uint8Array(fillBf16(BLOCK, 0, 0.02).buffer)
  const starts = new Map([...tensors.keys()].map((name, i) => [name, ((i * 7919) % BLOCK) * 2]))
  return {
    tensors,
    async read(name, start, end) {
      const bytes = new Uint8Array(end - start)
      if (tensors.get(name)!.shape.length === 1) return bytes
      let at = (starts.get(name)! + start) % matrix.length
      for (let done = 0; done < bytes.length; ) {
        const piece = matrix.subarray(at, at + bytes.length - done)
        bytes.set(piece, done)
        done += piece.length
        at = 0
      }
      return bytes
    },
  }
}
