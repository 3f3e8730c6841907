import { describe, expect, test } from 'vitest'
import { adamw } from '../../src/kernels/adamw.ts'
import { RESULT, RESULTS } from '../../src/kernels/results.ts'
import { checkOperation, normals } from '../support/operation.ts'

const sizes = [1028, 40_000]
const hyper = { learning_rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.1 }
const t = 3
const scalars = {
  ...hyper,
  rest1: 1 - hyper.beta1,
  rest2: 1 - hyper.beta2,
  bias1: 1 - hyper.beta1 ** t,
  bias2: 1 - hyper.beta2 ** t,
}

function operation(maxGradNorm: number, poison: number | null, loss = 1) {
  const random = normals(3)
  const inputs: Parameters<typeof checkOperation>[0]['inputs'] = {
    results: { shape: [RESULTS], values: Float32Array.of(loss, 0, 0, 0, 0, 0, 0, 0) },
  }
  sizes.forEach((size, i) => {
    const gradient = random(size)
    if (poison !== null && i === 1) gradient[777] = poison
    inputs[`g${i}`] = { shape: [size], values: gradient }
    inputs[`p${i}`] = { shape: [size], values: random(size) }
    inputs[`m${i}`] = { shape: [size], values: random(size, 0.1) }
    inputs[`v${i}`] = { shape: [size], values: random(size, 0.1).map((x) => x * x) as Float32Array }
  })
  return checkOperation({
    name: 'adamw',
    inputs,
    scalars: { ...scalars, max_grad_norm: maxGradNorm },
    build: (tape, x) => {
      adamw(
        tape,
        sizes.map((size, i) => ({
          size,
          gradient: x[`g${i}`]!,
          value: x[`p${i}`]!,
          m: x[`m${i}`]!,
          v: x[`v${i}`]!,
        })),
        x.results!,
      )
      const changed = sizes.flatMap((_, i) => [`p${i}`, `m${i}`, `v${i}`])
      return Object.fromEntries(['results', ...changed].map((name) => [name, x[name]!]))
    },
    reference: (x) => {
      const bad = poison !== null || !Number.isFinite(loss)
      const square = sizes.reduce((sum, _, i) => {
        return x[`g${i}`]!.reduce((s, g) => s + (Number.isFinite(g) ? g * g : 0), sum)
      }, 0)
      const clip = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (Math.sqrt(square) + 1e-6)) : 1
      const out: Record<string, Float64Array> = {}
      sizes.forEach((_, i) => {
        const [g, p, m, v] = ['g', 'p', 'm', 'v'].map((n) => x[`${n}${i}`]!.slice())
        if (!bad)
          g!.forEach((raw, k) => {
            const d = raw * clip
            m![k] = hyper.beta1 * m![k]! + (1 - hyper.beta1) * d
            v![k] = hyper.beta2 * v![k]! + (1 - hyper.beta2) * d * d
            p![k]! *= 1 - hyper.learning_rate * hyper.weight_decay
            const denominator = Math.sqrt(v![k]! / scalars.bias2) + hyper.epsilon
            p![k]! -= ((hyper.learning_rate / scalars.bias1) * m![k]!) / denominator
          })
        Object.assign(out, { [`p${i}`]: p, [`m${i}`]: m, [`v${i}`]: v })
      })
      out.results = Float64Array.of(loss, 0, square, bad ? 1 : 0, 0, 0, 0, 0)
      return out
    },
    tolerance: 2e-6,
  })
}

describe('adamw', () => {
  test('clipping active', () => operation(0.5, null))
  test('clipping off', () => operation(0, null))
  test('a limit above the norm changes nothing', () => operation(1e6, null))
  for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    test(`a gradient of ${poison} leaves everything as it was`, () => operation(0.5, poison))
  test('the helper notices a wrong beta', async () => {
    const right = scalars.beta2
    scalars.beta2 = 0.99
    try {
      await expect(operation(0.5, null)).rejects.toThrow(/relative error/)
    } finally {
      scalars.beta2 = right
    }
  })
  test('places of results', () => expect(new Set(Object.values(RESULT)).size).toBe(4))
})
