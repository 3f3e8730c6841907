import { describe, test } from 'vitest'
import { rmsNorm } from '../../src/kernels/rms-norm.ts'
import { type Arrays, checkOperation } from '../support/operation.ts'

const EPS = 1e-6

function reference(width: number, residual: boolean) {
  return ({ x, weight, h }: Arrays): Arrays => {
    const y = new Float64Array(x!.length)
    for (let t = 0; t < x!.length / width; t++) {
      let square = 0
      for (let i = 0; i < width; i++) square += x![t * width + i]! ** 2
      const r = 1 / Math.sqrt(square / width + EPS)
      for (let i = 0; i < width; i++) {
        const k = t * width + i
        y[k] = (residual ? h![k]! : 0) + x![k]! * r * (1 + weight![i]!)
      }
    }
    return { y }
  }
}

describe('rms norm', () => {
  for (const variant of ['serial', 'lanes'])
    for (const [width, residual] of [
      [64, false],
      [70, true],
      [640, true],
    ] as const)
      test(`${variant}, width ${width}${residual ? ' with residual' : ''}`, () =>
        checkOperation({
          name: 'rms norm',
          live: { tokens: 19 },
          choices: {
            [`rms_norm.forward tokens x ${width}`]: variant,
            [`rms_norm.backward tokens x ${width}`]: variant,
          },
          inputs: {
            x: { shape: ['tokens', width], grad: true },
            weight: { shape: [width], scale: 0.5 },
            ...(residual ? { h: { shape: ['tokens', width] as const, grad: true } } : {}),
          },
          build: (tape, { x, weight, h }) => ({
            y: rmsNorm(tape, x!, weight!, { rows: 'tokens', width, eps: EPS, ...(h ? { residual: h } : {}) }),
          }),
          reference: reference(width, residual),
        }))
})
