import { f16ToF32, f32ToF16 } from '../files/bf16.ts'
import { BLOCK_BYTES, GROUP } from '../lib/storage.ts'
import type { BlockedType } from '../protocol/model.ts'

/**
 * Weights rounded to blocks of 32 of a row that share an f16 scale d: Q8_0 holds d q with q in -127 .. 127, Q4_0 d q with q in -8 .. 7
 * (`ggml-quants.c` of github.com/ggml-org/ggml, whose own rounding of Q4_0 takes d = furthest / -8 and leaves it at that). Here d is
 * searched for: from several beginnings, values are rounded and d is fitted to what came of it by least squares, each value counted by its
 * square, as `make_qx_quants` there does: large weights matter most (docs/verified.md has what that is worth). What lies on a grid already is
 * found exactly.
 */

interface Grid {
  least: number
  most: number
  /** Steps that the value furthest from zero may be, where the rest may lie on its grid to the bit. */
  exact: readonly number[]
  /**
   * Steps, not whole ones, that it is set to at first. Measured on Pebble and Gemma 3 270M: four beginnings and a fit leave an error within
   * 3% of that of a hundred.
   */
  begin: readonly number[]
}

const GRIDS: Record<BlockedType, Grid> = {
  Q8_0: { least: -127, most: 127, exact: [127], begin: [127] },
  Q4_0: {
    least: -8,
    most: 7,
    exact: [-8, 7, -7, 6, -6, 5, -5, 4, -4, 3, -3, 2, -2, 1, -1],
    begin: [-8.4, -7.6, 7.6, 7.2],
  },
}

/** What rounding has cost, over values. */
export interface Rounding {
  /** Sum of squared errors, and of squares. */
  error: number
  square: number
}

/**
 * Rounds whole blocks.
 * @param values a multiple of 32, finite
 * @param out blocks as GGUF has them
 */
export function quantise(type: BlockedType, values: Float32Array, out: Uint8Array): Rounding {
  const total = { error: 0, square: 0 }
  const rounder = new Rounder(GRIDS[type])
  const bytes = BLOCK_BYTES[type]
  for (let from = 0, at = 0; from < values.length; from += GROUP, at += bytes) {
    rounder.round(values, from)
    const { bits, steps } = rounder
    total.error += rounder.error
    total.square += rounder.square
    out[at] = bits & 255
    out[at + 1] = bits >> 8
    if (type === 'Q8_0') for (let i = 0; i < GROUP; i++) out[at + 2 + i] = steps[i]!
    // A byte holds values i and i + 16.
    else for (let i = 0; i < 16; i++) out[at + 2 + i] = (steps[i]! + 8) | ((steps[i + 16]! + 8) << 4)
  }
  return total
}

const float = new Float32Array(1)
const half = new Uint16Array(1)

/** Rounds one block after the other. */
class Rounder {
  readonly #grid: Grid
  /** The f16 scale, and each value in steps of it. */
  bits = 0
  readonly steps = new Int8Array(GROUP)
  error = 0
  square = 0
  #d = 0

  constructor(grid: Grid) {
    this.#grid = grid
  }

  round(values: Float32Array, from: number): void {
    let furthest = 0
    this.square = 0
    for (let i = from; i < from + GROUP; i++) {
      const x = values[i]!
      this.square += x * x
      if (Math.abs(x) > Math.abs(furthest)) furthest = x
    }
    // A scale is positive where both signs have as many steps, as in GGUF.
    if (this.#grid.least === -this.#grid.most) furthest = Math.abs(furthest)
    if (!this.#onGrid(values, from, furthest)) this.#search(values, from, furthest)
    this.#settle(values, from)
  }

  #onGrid(values: Float32Array, from: number, furthest: number): boolean {
    this.#set(0)
    if (furthest === 0) return true
    const { exact, least, most } = this.#grid
    for (const steps of exact) {
      const d = furthest / steps
      this.#set(d)
      if (this.#d !== d) continue
      let i = from
      while (i < from + GROUP && isStep(values[i]! / d, least, most)) i++
      if (i === from + GROUP) return true
    }
    return false
  }

  #search(values: Float32Array, from: number, furthest: number): void {
    const { begin, least, most } = this.#grid
    let [best, error] = [0, Number.POSITIVE_INFINITY]
    const attempt = (perStep: number) => {
      let [product, squares] = [0, 0]
      for (let i = from; i < from + GROUP; i++) {
        const x = values[i]!
        const q = clamp(Math.round(x * perStep), least, most)
        product += x * x * x * q
        squares += x * x * q * q
      }
      if (squares === 0) return
      this.#set(product / squares)
      // Beside the sum of x⁴, which is the same for every scale.
      const found = this.#d * (this.#d * squares - 2 * product)
      if (!(found < error)) return
      error = found
      best = this.#d
    }
    for (const steps of begin) attempt(steps / furthest)
    // Once more, with the values rounded to what was found.
    if (best !== 0) attempt(1 / best)
    this.#set(best)
  }

  #set(d: number): void {
    float[0] = Math.max(-LARGEST, Math.min(LARGEST, d))
    this.bits = f32ToF16(float, half)[0]!
    this.#d = f16ToF32(half, float)[0]!
  }

  #settle(values: Float32Array, from: number): void {
    const { least, most } = this.#grid
    const d = this.#d
    const perStep = d === 0 ? 0 : 1 / d
    this.error = 0
    for (let i = 0; i < GROUP; i++) {
      const x = values[from + i]!
      const q = clamp(Math.round(x * perStep), least, most)
      this.steps[i] = q
      this.error += (x - d * q) ** 2
    }
  }
}

/** Of f16. */
const LARGEST = 65_504

const clamp = (x: number, least: number, most: number) => (x < least ? least : x > most ? most : x)
const isStep = (x: number, least: number, most: number) => Number.isInteger(x) && x >= least && x <= most
