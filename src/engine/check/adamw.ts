import { adamw } from '../../kernels/adamw.ts'
import { RESULTS } from '../../kernels/results.ts'
import { type OperationCase, type OperationInput, sampled } from './operation.ts'
import { normals, PERIOD } from './values.ts'

export interface AdamwCase {
  maxGradNorm: number
  /** Put into a gradient, where it must stop the whole step. */
  poison?: number
  /** What the device is told. The reference always takes 0.999. */
  beta2?: number
  /** Of the arrays. */
  sizes?: readonly number[]
}

const SIZES: readonly number[] = [1028, 40_000]
const HYPER = { learning_rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.1 }
const STEP = 3

/** One clipped AdamW step over two arrays, as torch.optim.AdamW and clip_grad_norm_ take it. */
export function adamwCase({
  maxGradNorm,
  poison,
  beta2 = HYPER.beta2,
  sizes = SIZES,
}: AdamwCase): OperationCase {
  const random = normals(3)
  const inputs: Record<string, OperationInput> = {
    results: { shape: [RESULTS], values: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0) },
  }
  sizes.forEach((size, i) => {
    const repeated = size > PERIOD
    const drawn = (scale = 1) => random(Math.min(size, PERIOD), scale)
    const add = (name: string, values: Float32Array<ArrayBuffer>) => {
      inputs[`${name}${i}`] = { shape: [size], values, ...(repeated && { repeated }) }
    }
    const gradient = drawn()
    if (poison !== undefined && i === 1) gradient[777] = poison
    add('g', gradient)
    add('p', drawn())
    add('m', drawn(0.1))
    add(
      'v',
      drawn(0.1).map((x) => x * x),
    )
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
      const chunks = sizes.map((size, i) => ({
        size,
        gradient: x[`g${i}`]!,
        value: x[`p${i}`]!,
        m: x[`m${i}`]!,
        v: x[`v${i}`]!,
      }))
      adamw(tape, chunks, x.results!)
      const changed = sizes.flatMap((_, i) => [`p${i}`, `m${i}`, `v${i}`])
      return Object.fromEntries(['results', ...changed].map((name) => [name, x[name]!]))
    },
    reference: (x) => {
      const square = sizes.reduce((sum, size, i) => {
        const squares = x[`g${i}`]!.map((g) => (Number.isFinite(g) ? g * g : 0))
        const over = (count: number) => squares.subarray(0, count).reduce((a, b) => a + b, 0)
        const times = Math.floor(size / squares.length)
        return sum + times * over(squares.length) + over(size - times * squares.length)
      }, 0)
      const clip = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (Math.sqrt(square) + 1e-6)) : 1
      const out: Record<string, Float64Array> = {}
      sizes.forEach((size, i) => {
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
        const all = (values: Float64Array) => sampled(size, (k) => values[k % values.length]!)
        Object.assign(out, { [`p${i}`]: all(p!), [`m${i}`]: all(m!), [`v${i}`]: all(v!) })
      })
      out.results = Float64Array.of(1, 0, square, poison === undefined ? 0 : 1, 0, 0, 0, 0)
      return out
    },
    // Norms of long arrays are sums in f32.
    tolerance: Math.max(...sizes) > PERIOD ? 1e-5 : 2e-6,
  }
}
