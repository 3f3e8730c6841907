/**
 * Attention over a flat stream of packed segments, differentiable in q, k and v.
 *
 *   out[t, h] = sum_s softmax_s(softCap(scale q[t, h] . k[s, h / group])) v[s, h / group]
 *
 * over max(segmentStart[t], t - window + 1) <= s <= t. q, out [rows, heads * headDim]; k, v [rows, kvHeads * headDim];
 * heads / kvHeads heads share a kv head. headDim: a multiple of 64 up to 512.
 * Kernels and sources: attention-forward.ts, attention-backward.ts.
 */
import type { Kernel } from '../gpu/kernel.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import {
  attentionBackwardKeyValue,
  attentionBackwardQuery,
  attentionStats,
  sumSplits,
} from './attention-backward.ts'
import { attentionForward } from './attention-forward.ts'
import type { AttentionShape } from './attention-tile.wgsl.ts'
import { keyValueTiles, queryTiles } from './attention-variants.ts'

export interface AttentionOptions extends AttentionShape {
  /** u32 [rows]: index in the stream of the first row of the row's segment; never decreases. */
  segmentStart: Tensor
  name: string
}

export function attention(tape: Tape, q: Tensor, k: Tensor, v: Tensor, o: AttentionOptions): Tensor {
  const { rows, heads, kvHeads, headDim, segmentStart } = o
  if (headDim % 64 !== 0 || headDim > 512)
    throw new Error(`${o.name}: head width ${headDim} is no multiple of 64 up to 512`)
  if (heads % kvHeads !== 0) throw new Error(`${o.name}: ${heads} heads over ${kvHeads} kv heads`)
  const out = tape.tensor(o.name, [rows, heads * headDim])
  const lse = tape.tensor(`${o.name} lse`, [rows, heads])
  const key = (pass: string) => `attention.${pass} ${headDim} ${heads}/${kvHeads}`
  const pick = <T>(pass: string, tiles: Record<string, T>, make: (tile: T) => Kernel): [Kernel, T] => {
    const kernels = Object.fromEntries(Object.entries(tiles).map(([name, tile]) => [name, make(tile)]))
    const chosen = tape.choose(key(pass), kernels)
    const name = Object.keys(kernels).find((n) => kernels[n] === chosen)!
    return [chosen, tiles[name]!]
  }
  const [forward] = pick('forward', queryTiles(headDim), (tile) => attentionForward(o, tile))
  tape.run(forward, { q, k, v, segmentStart, out, lse })
  tape.vjp([q, k, v], [out], ([dout]) => {
    const stats = tape.tensor(`${o.name} stats`, [rows, heads * 2])
    tape.run(attentionStats(o), { out, dout: dout!, lse, stats })
    const given = { q, k, v, dout: dout!, stats, segmentStart }
    const dq = tape.grad(q)
    if (dq) {
      const make = (add: boolean) =>
        pick('backward_query', queryTiles(headDim), (t) => attentionBackwardQuery(o, t, add))
      tape.run(make(dq.add)[0], { ...given, dq: dq.tensor })
    }
    const [dk, dv] = [tape.grad(k), tape.grad(v)]
    if (!dk && !dv) return
    const accumulate = { dk: dk?.add ?? false, dv: dv?.add ?? false }
    const [kernel, { splits }] = pick('backward_key_value', keyValueTiles(headDim, heads / kvHeads), (t) =>
      attentionBackwardKeyValue(o, t.tile, t.splits, t.splits > 1 ? { dk: false, dv: false } : accumulate),
    )
    // A gradient nobody asked for still needs somewhere to go.
    const scratch = (name: string) => tape.tensor(`${o.name} ${name}`, [rows, kvHeads * splits * headDim])
    if (splits === 1) {
      tape.run(kernel, { ...given, dk: dk?.tensor ?? scratch('dk'), dv: dv?.tensor ?? scratch('dv') })
      return
    }
    const parts = { dk: scratch('dk parts'), dv: scratch('dv parts') }
    tape.run(kernel, { ...given, ...parts })
    if (dk) tape.run(sumSplits(o, splits, dk.add), { parts: parts.dk, sum: dk.tensor })
    if (dv) tape.run(sumSplits(o, splits, dv.add), { parts: parts.dv, sum: dv.tensor })
  })
  return out
}
