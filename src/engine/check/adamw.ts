import { adamw } from '../../kernels/adamw.ts'
import { RESULTS } from '../../kernels/results.ts'
import type { OperationCase, OperationInput } from './operation.ts'
import { normals } from './values.ts'

export interface AdamwCase {
  maxGradNorm: number
  /** Put into a gradient, where it must stop the whole step. */
  poison?: number
  /** What the device is told. The reference always takes 0.999. */
  beta2?: number
}

const SIZES = [1028, 40_000]
const HYPER = { learning_rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.1 }
const STEP = 3

/** One clipped AdamW step over two arrays, as torch.optim.AdamW and clip_grad_norm_ take it. */
export function adamwCase({ maxGradNorm, poison, beta2 = HYPER.beta2 }: AdamwCase): OperationCase {
  const random = normals(3)
  const inputs: Record<string, OperationInput> = {
    results: { shape: [RESULTS], values: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0) },
  }
  SIZES.forEach((size, i) => {
    const gradient = random(size)
    if (poison !== undefined && i === 1) gradient[777] = poison
    inputs[`g${i}`] = { shape: [size], values: gradient }
    inputs[`p${i}`] = { shape: [size], values: random(size) }
    inputs[`m${i}`] = { shape: [size], values: random(size, 0.1) }
    inputs[`v${i}`] = { shape: [size], values: random(size, 0.1).map((x) => x * x) }
  })
  return {
    name: 'AdamW',
    inputs,
    scalars: {
      ...HYPER,
      beta2,
      rest1: 1 - HYPER.beta1,
      rest2: 1 - beta2,
      bias1: 1 - HYPER.beta1 ** STEP,
      bias2: 1 - beta2 ** STEP,
      max_grad_norm: maxGradNorm,
    },
    build: (tape, x) => {
      const chunks = SIZES.map((size, i) => ({
        size,
        gradient: x[`g${i}`]!,
        value: x[`p${i}`]!,
        m: x[`m${i}`]!,
        v: x[`v${i}`]!,
      }))
      adamw(tape, chunks, x.results!)
      const changed = SIZES.flatMap((_, i) => [`p${i}`, `m${i}`, `v${i}`])
      return Object.fromEntries(['results', ...changed].map((name) => [name, x[name]!]))
    },
    reference: (x) => {
      const square = SIZES.reduce((sum, _, i) => {
        return x[`g${i}`]!.reduce((s, g) => s + (Number.isFinite(g) ? g * g : 0), sum)
      }, 0)
      const clip = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (Math.sqrt(square) + 1e-6)) : 1
      const out: Record<string, Float64Array> = {}
      SIZES.forEach((_, i) => {
        const [g, p, m, v] = ['g', 'p', 'm', 'v'].map((n) => x[`${n}${i}`]!.slice())
        if (poison === undefined)
          g!.forEach((raw, k) => {
            const d = raw * clip
            m![k] = HYPER.beta1 * m![k]! + (1 - HYPER.beta1) * d
            v![k] = HYPER.beta2 * v![k]! + (1 - HYPER.beta2) * d * d
            p![k]! *= 1 - HYPER.learning_rate * HYPER.weight_decay
            const denominator = Math.sqrt(v![k]! / (1 - HYPER.beta2 ** STEP)) + HYPER.epsilon
            p![k]! -= ((HYPER.learning_rate / (1 - HYPER.beta1 ** STEP)) * m![k]!) / denominator
          })
        Object.assign(out, { [`p${i}`]: p, [`m${i}`]: m, [`v${i}`]: v })
      })
      out.results = Float64Array.of(1, 0, square, poison === undefined ? 0 : 1, 0, 0, 0, 0)
      return out
    },
    tolerance: 2e-6,
  }
}
