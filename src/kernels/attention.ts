/**
 * Attention over a flat stream of packed segments, differentiable in q, k and v.
 *
 *   out[t, h] = sum_s softmax_s(softCap(scale q[t, h] . k[s, h / group])) v[s, h / group]
 *
 * over max(segmentStart[t], t - window + 1) <= s <= t. q, out [rows, heads * headDim]; k, v [rows, kvHeads * headDim];
 * heads / kvHeads heads share a kv head. headDim: a multiple of 64 up to 512.
 * Kernels and sources: attention-forward.ts, attention-backward.ts; attention-plain.ts for software adapters.
 */
import type { Tape, Tensor } from '../gpu/tape.ts'
import { statsVariants, sumSplits } from './attention-backward.ts'
import type { AttentionShape } from './attention-shape.ts'
import { forwardVariants, keyValueVariants, queryVariants } from './attention-variants.ts'

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
  tape.run(tape.choose(key('forward'), forwardVariants(o)), { q, k, v, segmentStart, out, lse })
  tape.vjp([q, k, v], [out], ([dout]) => {
    const stats = tape.tensor(`${o.name} stats`, [rows, heads * 2])
    tape.run(tape.choose(key('stats'), statsVariants(o)), { out, dout: dout!, lse, stats })
    const given = { q, k, v, dout: dout!, stats, segmentStart }
    const dq = tape.grad(q)
    if (dq) {
      const kernel = tape.choose(key('backward_query'), queryVariants(o, dq.add))
      tape.run(kernel, { ...given, dq: dq.tensor })
    }
    const [dk, dv] = [tape.grad(k), tape.grad(v)]
    if (!dk && !dv) return
    const accumulate = { dk: dk?.add ?? false, dv: dv?.add ?? false }
    const kernel = tape.choose(key('backward_key_value'), keyValueVariants(o, accumulate))
    const shape = kernel.bindings.dk!.shape
    const splits = (shape[1] as number) / (kvHeads * headDim)
    // A gradient nobody asked for still needs somewhere to go.
    const scratch = (name: string) => tape.tensor(`${o.name} ${name}`, shape)
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
