import type { AttentionShape } from '../../src/kernels/attention-shape.ts'
import type { Arrays } from '../support/operation.ts'

/** segmentStart of a stream packed from segments of these lengths. */
export function startsOf(lengths: readonly number[]): Uint32Array<ArrayBuffer> {
  const starts: number[] = []
  for (const length of lengths) {
    const start = starts.length
    for (let i = 0; i < length; i++) starts.push(start)
  }
  return Uint32Array.from(starts)
}

/** Attention as its definition says, in f64: inputs q, k, v, segmentStart; output out. */
export function attentionReference(o: Omit<AttentionShape, 'rows'>): (inputs: Arrays) => Arrays {
  const { heads, kvHeads, headDim, scale, window, softCap } = o
  return ({ q, k, v, segmentStart }) => {
    const rows = segmentStart!.length
    const out = new Float64Array(rows * heads * headDim)
    const logits = new Float64Array(rows)
    for (let t = 0; t < rows; t++)
      for (let h = 0; h < heads; h++) {
        const kv = Math.floor(h / (heads / kvHeads))
        const from = Math.max(segmentStart![t]!, window === null ? 0 : t - window + 1)
        const a = (t * heads + h) * headDim
        let top = Number.NEGATIVE_INFINITY
        for (let s = from; s <= t; s++) {
          const b = (s * kvHeads + kv) * headDim
          let dot = 0
          for (let d = 0; d < headDim; d++) dot += q![a + d]! * k![b + d]!
          dot *= scale
          logits[s] = softCap === null ? dot : softCap * Math.tanh(dot / softCap)
          top = Math.max(top, logits[s]!)
        }
        let sum = 0
        for (let s = from; s <= t; s++) sum += Math.exp(logits[s]! - top)
        for (let s = from; s <= t; s++) {
          const p = Math.exp(logits[s]! - top) / sum
          const b = (s * kvHeads + kv) * headDim
          for (let d = 0; d < headDim; d++) out[a + d]! += p * v![b + d]!
        }
      }
    return { out }
  }
}
