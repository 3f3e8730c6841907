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
  /** Of the search: the best scale so far, and what it costs. */
  #best = 0
  #least = 0
  /** The block's values, their squares and cubes. */
  readonly #x = new Float64Array(GROUP)
  readonly #squares = new Float64Array(GROUP)
  readonly #cubes = new Float64Array(GROUP)

  constructor(grid: Grid) {
    this.#grid = grid
  }

  round(values: Float32Array, from: number): void {
    const [x, squares, cubes] = [this.#x, this.#squares, this.#cubes]
    let furthest = 0
    let square = 0
    for (let i = 0; i < GROUP; i++) {
      const own = values[from + i]!
      const squared = own * own
      x[i] = own
      squares[i] = squared
      cubes[i] = squared * own
      square += squared
      if (Math.abs(own) > Math.abs(furthest)) furthest = own
    }
    this.square = square
    // A scale is positive where both signs have as many steps, as in GGUF.
    if (this.#grid.least === -this.#grid.most) furthest = Math.abs(furthest)
    if (!this.#onGrid(furthest)) this.#search(furthest)
    this.#settle()
  }

  #onGrid(furthest: number): boolean {
    this.#set(0)
    if (furthest === 0) return true
    const { exact, least, most } = this.#grid
    for (let at = 0; at < exact.length; at++) {
      const d = furthest / exact[at]!
      // Few are: eleven bits and no more.
      if (Math.fround(d) !== d) continue
      this.#set(d)
      if (this.#d !== d) continue
      const x = this.#x
      let i = 0
      while (i < GROUP && isStep(x[i]! / d, least, most)) i++
      if (i === GROUP) return true
    }
    return false
  }

  #search(furthest: number): void {
    const { begin } = this.#grid
    this.#best = 0
    this.#least = Number.POSITIVE_INFINITY
    for (let at = 0; at < begin.length; at++) this.#attempt(begin[at]! / furthest)
    // Once more, with the values rounded to what was found.
    if (this.#best !== 0) this.#attempt(1 / this.#best)
    this.#set(this.#best)
  }

  #attempt(perStep: number): void {
    const { least, most } = this.#grid
    const [x, weights, cubes] = [this.#x, this.#squares, this.#cubes]
    let product = 0
    let squares = 0
    for (let i = 0; i < GROUP; i++) {
      const q = clamp(Math.round(x[i]! * perStep), least, most)
      product += cubes[i]! * q
      squares += weights[i]! * q * q
    }
    if (squares === 0) return
    this.#set(product / squares)
    // Beside the sum of x⁴, which is the same for every scale.
    const found = this.#d * (this.#d * squares - 2 * product)
    if (!(found < this.#least)) return
    this.#least = found
    this.#best = this.#d
  }

  #set(d: number): void {
    float[0] = Math.max(-LARGEST, Math.min(LARGEST, d))
    this.bits = f32ToF16(float, half)[0]!
    this.#d = f16ToF32(half, float)[0]!
  }

  #settle(): void {
    const { least, most } = this.#grid
    const d = this.#d
    const perStep = d === 0 ? 0 : 1 / d
    const [x, steps] = [this.#x, this.steps]
    let error = 0
    for (let i = 0; i < GROUP; i++) {
      const q = clamp(Math.round(x[i]! * perStep), least, most)
      steps[i] = q
      const off = x[i]! - d * q
      error += off * off
    }
    this.error = error
  }
}

/** Of f16. */
const LARGEST = 65_504

const clamp = (x: number, least: number, most: number) => (x < least ? least : x > most ? most : x)
const isStep = (x: number, least: number, most: number) => Number.isInteger(x) && x >= least && x <= most
