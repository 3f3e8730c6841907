/**
 * A frozen projection with an optional LoRA beside it (Hu et al. 2021, arXiv 2106.09685; PEFT's `lora.Linear`):
 *
 *   y = x Wᵀ + s (drop(x) Aᵀ) Bᵀ,   s = scale * step.adapter
 *   dx (+)= dy W + s drop'((dy B) A),   dA (+)= s (dy B)ᵀ drop(x),   dB (+)= s dyᵀ (drop(x) Aᵀ)
 *
 * x [rows, in], y [rows, out], W [out, in] frozen, A [r, in], B [out, r] f32. y and dx are each written once: the matmul
 * adds the low-rank term itself. drop() is inverted dropout that keeps step.dropout_keep of the elements, see
 * dropout.wgsl.ts; drop' multiplies by the same mask.
 */
import type { Dim } from '../gpu/kernel.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { type Factor, factorGrad, projectDown } from './lora.ts'
import type { LowRank } from './matmul.ts'
import { chooseMatmul } from './matmul-variants.ts'
import { rowsOf, shapeOf, type Weight } from './weight.ts'

export interface LinearLora {
  /** [r, in]. */
  a: Tensor
  /** [out, r]. */
  b: Tensor
  rank: number
  /** alpha / r, or alpha / sqrt(r) with rank-stabilised LoRA. */
  scale: number
  /** Threefry site of the dropout mask over x, u32 [1]; only read with dropout. */
  site: Tensor
  /** Whether this run uses LoRA dropout at all; the share kept is step.dropout_keep. */
  dropout: boolean
}

export interface LinearOptions {
  rows: Dim
  lora?: LinearLora
  name: string
}

export function linear(tape: Tape, x: Tensor, weight: Weight, o: LinearOptions): Tensor {
  const { rows, lora } = o
  const shape = shapeOf(weight)
  const y = tape.tensor(o.name, [rows, weight.rows])
  const site = lora?.dropout ? lora.site : undefined
  const factorA: Factor | undefined = lora && {
    rows,
    width: weight.cols,
    rank: lora.rank,
    scale: lora.scale,
    site,
  }
  const u = lora && factorA && projectDown(tape, x, lora.a, 'A', factorA)
  for (const shard of weight.shards) {
    const lowRank: LowRank | undefined = lora && { rank: lora.rank }
    const kernel = chooseMatmul(tape, {
      direction: 'forward',
      rows,
      weight: shape,
      shard: rowsOf(shard),
      accumulate: false,
      lowRank,
    })
    tape.run(kernel, { a: x, w: shard.tensor, ...(lora && u ? { u, v: lora.b } : {}), c: y })
  }
  tape.vjp(lora ? [x, lora.a, lora.b] : [x], [y], ([dy]) => {
    let g: Tensor | undefined
    if (lora && factorA && u) {
      const factorB: Factor = { rows, width: weight.rows, rank: lora.rank, scale: lora.scale }
      g = projectDown(tape, dy!, lora.b, 'B', factorB)
      factorGrad(tape, u, dy!, lora.b, 'B', factorB)
      factorGrad(tape, g, x, lora.a, 'A', factorA)
    }
    const dx = tape.grad(x)
    if (!dx) return
    weight.shards.forEach((shard, i) => {
      const accumulate = dx.add || i > 0
      const lowRank: LowRank | undefined =
        i === 0 && lora ? { rank: lora.rank, dropout: lora.dropout } : undefined
      const kernel = chooseMatmul(tape, {
        direction: 'backward',
        rows,
        weight: shape,
        shard: rowsOf(shard),
        accumulate,
        lowRank,
      })
      tape.run(kernel, {
        a: dy!,
        w: shard.tensor,
        ...(lowRank && lora && g ? { u: g, v: lora.a } : {}),
        ...(lowRank && site ? { site } : {}),
        c: dx.tensor,
      })
    })
  })
  return y
}
