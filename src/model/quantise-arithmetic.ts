import { GROUP } from '../lib/storage.ts'

/** Sums over blocks side by side, a lane each, and the roundings that they are of. */
export interface Arithmetic {
  readonly lanes: number
  /** By lane: the value furthest from zero, and the sum of squares of what was loaded. */
  readonly furthest: Float64Array
  readonly square: Float64Array
  /** Of the last attempt: sums of x³ q and x² q². */
  readonly product: Float64Array
  readonly squares: Float64Array
  /** Of what was settled: squared errors, and steps, a group behind the other. */
  readonly error: Float64Array
  readonly steps: Int8Array
  /** Blocks from `from` on; zeros behind the last. */
  load(values: Float32Array, from: number): void
  attempt(perStep: Float64Array, least: number, most: number): void
  settle(perStep: Float64Array, d: Float64Array, least: number, most: number): void
}

/** One block after the other. */
export function plainArithmetic(): Arithmetic {
  const [x, weights, cubes] = [0, 1, 2].map(() => new Float64Array(GROUP)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const one = () => new Float64Array(1)
  const [furthest, square, product, squares, error] = [one(), one(), one(), one(), one()]
  const steps = new Int8Array(GROUP)
  return {
    ...{ lanes: 1, furthest, square, product, squares, error, steps },
    load(values, from) {
      let [most, sum] = [0, 0]
      for (let i = 0; i < GROUP; i++) {
        const own = values[from + i]!
        x[i] = own
        weights[i] = own * own
        cubes[i] = weights[i]! * own
        sum += weights[i]!
        if (Math.abs(own) > Math.abs(most)) most = own
      }
      furthest[0] = most
      square[0] = sum
    },
    attempt(perStep, least, most) {
      const scale = perStep[0]!
      let [found, sum] = [0, 0]
      for (let i = 0; i < GROUP; i++) {
        const q = clamp(Math.round(x[i]! * scale), least, most)
        found += cubes[i]! * q
        sum += weights[i]! * q * q
      }
      product[0] = found
      squares[0] = sum
    },
    settle(perStep, scales, least, most) {
      const [scale, d] = [perStep[0]!, scales[0]!]
      let sum = 0
      for (let i = 0; i < GROUP; i++) {
        const q = clamp(Math.round(x[i]! * scale), least, most)
        steps[i] = q
        const off = x[i]! - d * q
        sum += off * off
      }
      error[0] = sum
    },
  }
}

const clamp = (x: number, least: number, most: number) => (x < least ? least : x > most ? most : x)
