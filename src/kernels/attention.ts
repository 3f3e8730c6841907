/**
 * Attention over a flat stream of packed segments, differentiable in q, k and v.
 *
 *   out[t, h] = sum_s softmax_s(softCap(scale q[t, h] . k[s, h / group])) v[s, h / group]
 *
 * over max(segmentStart[t], t - window + 1) <= s <= t. q, out [rows, heads * headDim]; k, v [rows, kvHeads * headDim];
 * heads / kvHeads heads share a kv head. headDim: a multiple of 64 up to 512.
 * Kernels and sources: attention-forward.ts, attention-backward.ts; attention-plain.ts for software adapters.
 */
import type { Kernel } from '../gpu/kernel.ts'
import { choice, specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { statsVariants, sumSplits } from './attention-backward.ts'
import type { Accumulate, AttentionShape } from './attention-shape.ts'
import { forwardVariants, keyValueVariants, queryVariants } from './attention-variants.ts'

export interface AttentionOptions extends AttentionShape {
  /** u32 [rows]: index in the stream of the first row of the row's segment; never decreases. */
  segmentStart: Tensor
  name: string
}

export function attention(tape: Tape, q: Tensor, k: Tensor, v: Tensor, o: AttentionOptions): Tensor {
  const { segmentStart, name, ...shape } = o
  const { rows, heads, kvHeads, headDim } = shape
  if (headDim % 64 !== 0 || headDim > 512)
    throw new Error(`${name}: head width ${headDim} is no multiple of 64 up to 512`)
  if (heads % kvHeads !== 0) throw new Error(`${name}: ${heads} heads over ${kvHeads} kv heads`)
  const out = tape.tensor(name, [rows, heads * headDim])
  const lse = tape.tensor(`${name} lse`, [rows, heads])
  tape.run(tape.choose(forwardChoice(shape)), { q, k, v, segmentStart, out, lse })
  tape.vjp([q, k, v], [out], ([dout]) => {
    const stats = tape.tensor(`${name} stats`, [rows, heads * 2])
    tape.run(tape.choose(statsChoice({ rows, heads, kvHeads, headDim })), { out, dout: dout!, lse, stats })
    const given = { q, k, v, dout: dout!, stats, segmentStart }
    const dq = tape.grad(q)
    if (dq) {
      const kernel = tape.choose(queryChoice({ ...shape, add: dq.add }))
      tape.run(kernel, { ...given, dq: dq.tensor })
    }
    const [dk, dv] = [tape.grad(k), tape.grad(v)]
    if (!dk && !dv) return
    const accumulate = { dk: dk?.add ?? false, dv: dv?.add ?? false }
    const kernel = tape.choose(keyValueChoice({ ...shape, accumulate }))
    const parted = kernel.bindings.dk!.shape
    const splits = (parted[1] as number) / (kvHeads * headDim)
    // A gradient nobody asked for still needs somewhere to go.
    const scratch = (what: string) => tape.tensor(`${name} ${what}`, parted)
    if (splits === 1) {
      tape.run(kernel, { ...given, dk: dk?.tensor ?? scratch('dk'), dv: dv?.tensor ?? scratch('dv') })
      return
    }
    const parts = { dk: scratch('dk parts'), dv: scratch('dv parts') }
    tape.run(kernel, { ...given, ...parts })
    if (dk)
      tape.run(sumSplits({ rows, kvHeads, headDim, splits, accumulate: dk.add }), {
        parts: parts.dk,
        sum: dk.tensor,
      })
    if (dv)
      tape.run(sumSplits({ rows, kvHeads, headDim, splits, accumulate: dv.add }), {
        parts: parts.dv,
        sum: dv.tensor,
      })
  })
  return out
}

type Heads = Pick<AttentionShape, 'rows' | 'heads' | 'kvHeads' | 'headDim'>

const choiceOf = (pass: string, { headDim, heads, kvHeads }: Heads, variants: Record<string, () => Kernel>) =>
  choice(`attention.${pass} ${headDim} ${heads}/${kvHeads}`, variants)

const forwardChoice = specialised((o: AttentionShape) => choiceOf('forward', o, forwardVariants(o)))
const statsChoice = specialised((o: Heads) => choiceOf('stats', o, statsVariants(o)))
const queryChoice = specialised((o: AttentionShape & { add: boolean }) =>
  choiceOf('backward_query', o, queryVariants(o, o.add)),
)
const keyValueChoice = specialised((o: AttentionShape & { accumulate: Accumulate }) =>
  choiceOf('backward_key_value', o, keyValueVariants(o, o.accumulate)),
)
