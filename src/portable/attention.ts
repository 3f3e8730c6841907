/**
 * Attention over packed segments: causal, sliding window, grouped queries, optional soft-cap. Each segment by itself, in
 * blocks of queries; the heads that share a kv head stand below one another, so that a block is one plain product.
 *
 *   S = scale q kᵀ (soft-capped),  P = softmax(S) over the keys seen,  out = P v
 *   dP = dout vᵀ,  dS = P (dP - sum(dP P)) (times the cap's slope),  dq = scale dS k,  dk = scale dSᵀ q,  dv = Pᵀ dout
 *
 * q, out [rows, heads * headDim]; k, v [rows, kvHeads * headDim].
 * Source: Vaswani et al. 2017 (arXiv 1706.03762); Transformers `eager_attention_forward` of Gemma.
 */
import * as tf from '@tensorflow/tfjs-core'
import { tidy } from './tidy.ts'

export interface AttentionShape {
  heads: number
  kvHeads: number
  headDim: number
  scale: number
  /** A row sees itself and window - 1 before it; null: all before it. */
  window: number | null
  softCap: number | null
}

/** What rows attend over. */
export interface Attending {
  shape: AttentionShape
  segments: readonly Segment[]
  masks: Masks
}

export interface Segment {
  start: number
  length: number
}

/** Queries from .. to of a segment against its keys first .. to. */
interface Block extends Segment {
  from: number
  to: number
  first: number
}

export const QUERIES = 512
export const HIDDEN = -1e30

/** Segments of a stream, from `Batch.segmentStart`. */
export function segmentsOf(segmentStart: Uint32Array): Segment[] {
  const segments: Segment[] = []
  segmentStart.forEach((start, row) => {
    if (start === row) segments.push({ start, length: 0 })
    segments.at(-1)!.length++
  })
  return segments
}

/** Additive masks by shape; made once a step. */
export class Masks {
  readonly #made = new Map<string, tf.Tensor3D>()

  /** [queries, 1, keys]: 0 where a query sees a key. */
  get({ from, to, first }: Block, window: number | null): tf.Tensor3D {
    const [queries, keys] = [to - from, to - first]
    const key = `${queries} ${keys} ${from - first} ${window}`
    let mask = this.#made.get(key)
    if (!mask) {
      const values = new Float32Array(queries * keys)
      for (let i = 0; i < queries; i++) {
        const at = from - first + i
        for (let j = 0; j < keys; j++)
          if (j > at || (window !== null && j <= at - window)) values[i * keys + j] = HIDDEN
      }
      mask = tf.keep(tf.tensor3d(values, [queries, 1, keys]))
      this.#made.set(key, mask)
    }
    return mask
  }

  dispose(): void {
    for (const mask of this.#made.values()) mask.dispose()
    this.#made.clear()
  }
}

function blocksOf(segment: Segment, window: number | null): Block[] {
  const blocks: Block[] = []
  for (let from = 0; from < segment.length; from += QUERIES) {
    const to = Math.min(segment.length, from + QUERIES)
    const first = window === null ? 0 : Math.max(0, from - window + 1)
    blocks.push({ ...segment, from, to, first })
  }
  return blocks
}

/** Rows begin .. end of one kv head's part of x, the heads of its group below one another: [rows * group, headDim]. */
function part(x: tf.Tensor2D, begin: number, end: number, head: number, group: number, headDim: number) {
  const width = group * headDim
  const rows = end - begin
  const cut =
    begin === 0 && rows === x.shape[0] && width === x.shape[1]
      ? x
      : tf.slice2d(x, [begin, head * width], [rows, width])
  return tf.reshape(cut, [rows * group, headDim]) as tf.Tensor2D
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const below = (parts: tf.Tensor2D[]) => (parts.length === 1 ? parts[0]! : tf.concat2d(parts, 0))
const beside = (parts: tf.Tensor2D[]) => (parts.length === 1 ? parts[0]! : tf.concat2d(parts, 1))

interface Probabilities {
  qs: tf.Tensor2D
  ks: tf.Tensor2D
  vs: tf.Tensor2D
  /** [queries * group, keys]. */
  p: tf.Tensor2D
  /** tanh(S / cap) where there is a cap. */
  t: tf.Tensor2D | null
}

function probabilities(
  [q, k, v]: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D],
  o: AttentionShape,
  block: Block,
  head: number,
  masks: Masks,
): Probabilities {
  const group = o.heads / o.kvHeads
  const { start, from, to, first } = block
  const qs = part(q, start + from, start + to, head, group, o.headDim)
  const ks = part(k, start + first, start + to, head, 1, o.headDim)
  const vs = part(v, start + first, start + to, head, 1, o.headDim)
  return { qs, ks, vs, ...softmaxed(qs, ks, o, masks.get(block, o.window)) }
}

/** Shares of the keys that a mask, [queries, 1, keys], shows. */
function softmaxed(
  qs: tf.Tensor2D,
  ks: tf.Tensor2D,
  o: AttentionShape,
  mask: tf.Tensor3D,
): Pick<Probabilities, 'p' | 't'> {
  const [queries, , keys] = mask.shape
  const group = o.heads / o.kvHeads
  let s = tf.mul(tf.matMul(qs, tf.transpose(ks)), o.scale) as tf.Tensor2D
  let t: tf.Tensor2D | null = null
  if (o.softCap !== null) {
    t = tf.tanh(tf.div(s, o.softCap))
    s = tf.mul(t, o.softCap)
  }
  const masked = tf.add(tf.reshape(s, [queries, group, keys]), mask)
  return { p: tf.softmax(tf.reshape(masked, [queries * group, keys]) as tf.Tensor2D), t }
}

export function attention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  { shape: o, segments, masks }: Attending,
): tf.Tensor2D {
  const width = (o.heads / o.kvHeads) * o.headDim
  const rows = segments
    .flatMap((segment) => blocksOf(segment, o.window))
    .map((block) =>
      tidy(() => {
        const heads = range(o.kvHeads).map((head) => {
          const { p, vs } = probabilities([q, k, v], o, block, head, masks)
          return tf.reshape(tf.matMul(p, vs), [block.to - block.from, width]) as tf.Tensor2D
        })
        return beside(heads)
      }),
    )
  return below(rows)
}

interface Gradients {
  q: tf.Tensor2D
  k: tf.Tensor2D
  v: tf.Tensor2D
}

/** Gradients of q, k and v; the probabilities are computed again, since keeping them would cost more than they do. */
export function attentionGrad(
  dout: tf.Tensor2D,
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  { shape: o, segments, masks }: Attending,
): Gradients {
  const each = segments.map((segment) => {
    const blocks = blocksOf(segment, o.window).map((block) =>
      tidy(() => blockGrad(dout, [q, k, v], o, block, masks)),
    )
    const sum = (parts: tf.Tensor2D[]) => (parts.length === 1 ? parts[0]! : (tf.addN(parts) as tf.Tensor2D))
    return {
      q: below(blocks.map((g) => g.q)),
      k: sum(blocks.map((g) => g.k)),
      v: sum(blocks.map((g) => g.v)),
    }
  })
  return {
    q: below(each.map((g) => g.q)),
    k: below(each.map((g) => g.k)),
    v: below(each.map((g) => g.v)),
  }
}

/** A block's part: q of its own rows, k and v over the whole segment. */
function blockGrad(
  dout: tf.Tensor2D,
  qkv: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D],
  o: AttentionShape,
  block: Block,
  masks: Masks,
): Gradients {
  const group = o.heads / o.kvHeads
  const { start, from, to, first, length } = block
  const heads = range(o.kvHeads).map((head) => {
    const { qs, ks, vs, p, t } = probabilities(qkv, o, block, head, masks)
    const ds = part(dout, start + from, start + to, head, group, o.headDim)
    const dp = tf.matMul(ds, tf.transpose(vs))
    let slope = tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), 1, true))) as tf.Tensor2D
    if (t) slope = tf.mul(slope, tf.sub(1, tf.mul(t, t)))
    slope = tf.mul(slope, o.scale)
    return {
      q: tf.reshape(tf.matMul(slope, ks), [to - from, group * o.headDim]) as tf.Tensor2D,
      k: tf.matMul(tf.transpose(slope), qs) as tf.Tensor2D,
      v: tf.matMul(tf.transpose(p), ds) as tf.Tensor2D,
    }
  })
  const whole = (x: tf.Tensor2D): tf.Tensor2D =>
    first === 0 && to === length
      ? x
      : tf.pad2d(x, [
          [first, length - to],
          [0, 0],
        ])
  return {
    q: beside(heads.map((g) => g.q)),
    k: whole(beside(heads.map((g) => g.k))),
    v: whole(beside(heads.map((g) => g.v))),
  }
}

/** Rows against keys of which an additive mask, [rows, 1, keys], shows each its own. */
export function attendMasked(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  o: AttentionShape,
  mask: tf.Tensor3D,
): tf.Tensor2D {
  const group = o.heads / o.kvHeads
  const [rows, keys] = [q.shape[0], k.shape[0]]
  const heads = range(o.kvHeads).map((head) => {
    const qs = part(q, 0, rows, head, group, o.headDim)
    const ks = part(k, 0, keys, head, 1, o.headDim)
    const vs = part(v, 0, keys, head, 1, o.headDim)
    const { p } = softmaxed(qs, ks, o, mask)
    return tf.reshape(tf.matMul(p, vs), [rows, group * o.headDim]) as tf.Tensor2D
  })
  return beside(heads)
}

/** One new row of a sequence against its cached keys and values, [length, kvHeads * headDim], itself the last. */
export function attendCached(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, o: AttentionShape): tf.Tensor2D {
  const group = o.heads / o.kvHeads
  const length = k.shape[0]
  const first = o.window === null ? 0 : Math.max(0, length - o.window)
  const heads: tf.Tensor2D[] = []
  for (let head = 0; head < o.kvHeads; head++) {
    const qs = part(q, 0, 1, head, group, o.headDim)
    const ks = part(k, first, length, head, 1, o.headDim)
    const vs = part(v, first, length, head, 1, o.headDim)
    let s = tf.mul(tf.matMul(qs, tf.transpose(ks)), o.scale) as tf.Tensor2D
    if (o.softCap !== null) s = tf.mul(tf.tanh(tf.div(s, o.softCap)), o.softCap)
    heads.push(tf.reshape(tf.matMul(tf.softmax(s), vs), [1, group * o.headDim]))
  }
  return beside(heads)
}
