import { f16Bits, f16Value } from '../lib/bf16.ts'
import { BLOCK_BYTES, GROUP } from '../lib/storage.ts'
import type { BlockedType } from '../protocol/model.ts'
import { type Arithmetic, plainArithmetic } from './quantise-arithmetic.ts'
import { pairArithmetic } from './quantise-simd.ts'

/**
 * Weights rounded to blocks of 32 of a row that share an f16 scale d: Q8_0 holds d q with q in -127 .. 127, Q4_0 d q with q in -8 .. 7
 * (`ggml-quants.c` of github.com/ggml-org/ggml, whose own rounding of Q4_0 takes d = furthest / -8 and leaves it at that). Here d is
 * searched for: from several beginnings, values are rounded and d is fitted to what came of it by least squares, each value counted by its
 * square, as `make_qx_quants` there does: large weights matter most (docs/verified.md has what that is worth). What lies on a grid already is
 * found exactly.
 */

/** To be raised with any change of what comes of rounding: blocks that are kept are of a version. */
export const ROUNDING = 1

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

let quickest: Arithmetic | null = null

/**
 * Rounds whole blocks.
 * @param values a multiple of 32, finite
 * @param out blocks as GGUF has them
 */
export function quantise(
  type: BlockedType,
  values: Float32Array,
  out: Uint8Array,
  arithmetic: Arithmetic = (quickest ??=
    pairArithmetic() ?? plainArithmetic()),
): Rounding {
  const { lanes, steps, square, error } = arithmetic
  const total = { error: 0, square: 0 }
  const bytes = BLOCK_BYTES[type]
  const rounder = new Rounder(GRIDS[type], arithmetic)
  const blocks = values.length / GROUP
  for (let block = 0; block < blocks; block += lanes) {
    const own = Math.min(lanes, blocks - block)
    rounder.round(values, block * GROUP, own)
    for (let lane = 0; lane < own; lane++) {
      total.error += error[lane]!
      total.square += square[lane]!
      const at = (block + lane) * bytes
      const from = lane * GROUP
      const bits = rounder.bits[lane]!
      out[at] = bits & 255
      out[at + 1] = bits >> 8
      if (type === 'Q8_0') for (let i = 0; i < GROUP; i++) out[at + 2 + i] = steps[from + i]!
      // A byte holds values i and i + 16.
      else
        for (let i = 0; i < 16; i++)
          out[at + 2 + i] = (steps[from + i]! + 8) | ((steps[from + i + 16]! + 8) << 4)
    }
  }
  return total
}

/** The f16 nearest to d, of those that are finite. */
const nearestHalf = (d: number): number => f16Bits(Math.max(-LARGEST, Math.min(LARGEST, d)))

/** Finds scales of blocks side by side. */
class Rounder {
  readonly #grid: Grid
  readonly #own: Arithmetic
  /** By lane: the f16 scale, and the value of it; while it is searched for, the best so far and what that costs. */
  readonly bits: Uint16Array
  readonly #d: Float64Array
  readonly #least: Float64Array
  readonly #perStep: Float64Array

  constructor(grid: Grid, arithmetic: Arithmetic) {
    const { lanes } = arithmetic
    this.#grid = grid
    this.#own = arithmetic
    this.bits = new Uint16Array(lanes)
    this.#d = new Float64Array(lanes)
    this.#least = new Float64Array(lanes)
    this.#perStep = new Float64Array(lanes)
  }

  round(values: Float32Array, from: number, lanes: number): void {
    const own = this.#own
    const { begin, least, most } = this.#grid
    own.load(values, from)
    let searched = false
    for (let lane = 0; lane < own.lanes; lane++) {
      // A scale is positive where both signs have as many steps, as in GGUF.
      if (least === -most) own.furthest[lane] = Math.abs(own.furthest[lane]!)
      this.bits[lane] = 0
      this.#d[lane] = 0
      const found = lane >= lanes || this.#onGrid(values, from + lane * GROUP, lane)
      this.#least[lane] = found ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
      if (!found) searched = true
    }
    if (searched) {
      for (let at = 0; at < begin.length; at++) {
        for (let lane = 0; lane < own.lanes; lane++) this.#perStep[lane] = begin[at]! / own.furthest[lane]!
        this.#attempt()
      }
      // Once more, with the values rounded to what was found.
      this.#toFound()
      this.#attempt()
    }
    this.#toFound()
    own.settle(this.#perStep, this.#d, least, most)
  }

  /** Steps are of the scale that was found; none where it is zero. */
  #toFound(): void {
    for (let lane = 0; lane < this.#d.length; lane++)
      this.#perStep[lane] = this.#d[lane] === 0 ? 0 : 1 / this.#d[lane]!
  }

  #onGrid(values: Float32Array, from: number, lane: number): boolean {
    const furthest = this.#own.furthest[lane]!
    if (furthest === 0) return true
    const { exact, least, most } = this.#grid
    for (let at = 0; at < exact.length; at++) {
      const d = furthest / exact[at]!
      // Few are: eleven bits and no more.
      if (Math.fround(d) !== d) continue
      const bits = nearestHalf(d)
      if (f16Value(bits) !== d) continue
      let i = from
      while (i < from + GROUP && isStep(values[i]! / d, least, most)) i++
      if (i < from + GROUP) continue
      this.bits[lane] = bits
      this.#d[lane] = d
      return true
    }
    return false
  }

  /** Takes what the steps of an attempt fit best, where that is better than what there is. */
  #attempt(): void {
    const own = this.#own
    own.attempt(this.#perStep, this.#grid.least, this.#grid.most)
    for (let lane = 0; lane < own.lanes; lane++) {
      const squares = own.squares[lane]!
      if (squares === 0) continue
      const bits = nearestHalf(own.product[lane]! / squares)
      const d = f16Value(bits)
      // Beside the sum of x⁴, which is the same for every scale.
      const found = d * (d * squares - 2 * own.product[lane]!)
      if (!(found < this.#least[lane]!)) continue
      this.#least[lane] = found
      this.bits[lane] = bits
      this.#d[lane] = d
    }
  }
}

/** Of f16. */
const LARGEST = 65_504

const isStep = (x: number, least: number, most: number) => Number.isInteger(x) && x >= least && x <= most
