import type { WeightType } from '../../protocol/model.ts'
import { COLUMNS, type Kernels, kernelsOver, ROWS } from './kernels.ts'

/** Rows that go through the head together: what is kept of them stays in the processor's cache. */
const BLOCK = 256
/** Steps of an inner product that are packed at a time, so that a panel of either operand stays in the nearest cache. */
const DEPTH = 384
const PAGE = 65_536

/** A pass over all words: see head.ts. `dh` [rows, hidden] is the sum of exp(l - top) W. */
export interface HeadPass {
  top: Float32Array
  sum: Float32Array
  best: Int32Array
  dh: Float32Array | null
}

const roundUp = (n: number, to: number) => Math.ceil(n / to) * to

/** Begins and ends of the pieces, of equal size, that an inner product is cut into. */
function pieces(depth: number): [number, number][] {
  const count = Math.ceil(depth / DEPTH)
  return Array.from({ length: count }, (_, i) => [
    Math.floor((i * depth) / count),
    Math.floor(((i + 1) * depth) / count),
  ])
}

/**
 * The head without TensorFlow.js, on one thread: its products by word tiles would pack each tile anew in each step, which takes
 * as long as half the product. The matrix [vocab, hidden] lies here as it is stored, in a memory of its own.
 */
export class SimdHead {
  /** The stored matrix, to be filled, and to be read by others. */
  readonly matrix: Uint8Array<ArrayBuffer>
  readonly #vocab: number
  readonly #hidden: number
  readonly #words: number
  readonly #size: number
  readonly #memory: WebAssembly.Memory
  readonly #kernels: Kernels
  readonly #packRight: Kernels['packRightBF16']
  /** Byte addresses: h, h packed, z (then its exponentials), those packed, dh, a panel of a right operand. */
  readonly #at: { h: number; packed: number; z: number; p: number; dh: number; panel: number }

  /**
   * @param words of a tile
   * @param rows most that are asked for at a time
   * @throws RangeError where the memory is not given
   */
  constructor(vocab: number, hidden: number, type: WeightType, words: number, rows: number) {
    this.#vocab = vocab
    this.#hidden = hidden
    this.#words = words
    this.#size = type === 'F32' ? 4 : 2
    const block = roundUp(Math.min(BLOCK, rows), ROWS)
    const stride = roundUp(words, COLUMNS)
    const bytes = vocab * hidden * this.#size
    let end = roundUp(bytes, 16)
    const place = (floats: number) => {
      const at = end
      end += roundUp(floats * 4, 16)
      return at
    }
    this.#at = {
      h: place(block * hidden),
      packed: place(block * hidden),
      z: place(block * stride),
      p: place(block * stride),
      // Products are made of whole panels.
      dh: place(block * roundUp(hidden, COLUMNS)),
      panel: place(COLUMNS * DEPTH),
    }
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE) })
    this.matrix = new Uint8Array(this.#memory.buffer, 0, bytes)
    this.#kernels = kernelsOver(this.#memory)
    this.#packRight = this.#kernels[`packRight${type}`]
  }

  /** @param h [rows, hidden]; `pause` is called between tiles */
  async pass(h: Float32Array, gradient: boolean, pause: () => Promise<void>): Promise<HeadPass> {
    const rows = h.length / this.#hidden
    const made: HeadPass = {
      top: new Float32Array(rows).fill(-1e30),
      sum: new Float32Array(rows),
      best: new Int32Array(rows),
      dh: gradient ? new Float32Array(h.length) : null,
    }
    for (let from = 0; from < rows; from += BLOCK)
      await this.#block(h, made, from, Math.min(rows, from + BLOCK), pause)
    return made
  }

  async #block(h: Float32Array, made: HeadPass, from: number, to: number, pause: () => Promise<void>) {
    const [hidden, rows] = [this.#hidden, to - from]
    const panels = Math.ceil(rows / ROWS)
    const wide = roundUp(hidden, COLUMNS)
    const own = this.#floats(this.#at.h, panels * ROWS * hidden).fill(0)
    own.set(h.subarray(from * hidden, to * hidden))
    const dh = this.#floats(this.#at.dh, panels * ROWS * wide).fill(0)
    this.#packLeft(this.#at.h, this.#at.packed, hidden, panels, hidden)
    for (let first = 0; first < this.#vocab; first += this.#words) {
      const words = Math.min(this.#words, this.#vocab - first)
      const tile = first * hidden * this.#size
      // z = h Wᵀ: a column of the right operand is a row of the tile.
      this.#product(this.#at.packed, this.#at.z, panels, tile, hidden, words, false)
      this.#exponentials(made, dh, from, rows, first, words)
      if (made.dh) {
        this.#packLeft(this.#at.z, this.#at.p, words, panels, roundUp(words, COLUMNS))
        this.#product(this.#at.p, this.#at.dh, panels, tile, words, hidden, true)
      }
      await pause()
    }
    for (let row = 0; row < rows; row++)
      made.dh?.set(dh.subarray(row * wide, row * wide + hidden), (from + row) * hidden)
  }

  /** Logits of a tile to exp(l - top), with what is kept of the tiles before it. */
  #exponentials(
    made: HeadPass,
    dh: Float32Array,
    from: number,
    rows: number,
    first: number,
    words: number,
  ): void {
    const stride = roundUp(words, COLUMNS)
    const wide = roundUp(this.#hidden, COLUMNS)
    const z = this.#floats(this.#at.z, rows * stride)
    for (let i = 0, row = from; i < rows; i++, row++) {
      const at = this.#at.z + i * stride * 4
      z.fill(-1e30, i * stride + words, (i + 1) * stride)
      const highest = this.#kernels.largest(at, stride)
      const top = made.top[row]!
      if (highest > top) {
        const shrink = Math.exp(top - highest)
        made.top[row] = highest
        made.best[row] = first + z.indexOf(highest, i * stride) - i * stride
        made.sum[row]! *= shrink
        for (let j = i * wide; j < (i + 1) * wide; j++) dh[j]! *= shrink
      }
      made.sum[row]! += this.#kernels.exponentials(at, stride, made.top[row]!)
    }
  }

  /** Panels of ROWS rows of `stride` floats, in the pieces that `#product` takes them in. */
  #packLeft(source: number, target: number, depth: number, panels: number, stride: number): void {
    for (const [from, to] of pieces(depth))
      for (let panel = 0; panel < panels; panel++)
        this.#kernels.packLeft(
          source + (panel * ROWS * stride + from) * 4,
          target + (from * panels + panel * (to - from)) * ROWS * 4,
          to - from,
          stride * 4,
        )
  }

  /**
   * C [rows, columns] (+)= A B with A packed, and B the tile at `tile`: of its transpose, whose depth is `hidden`, or (`add`) of
   * itself, whose depth is words.
   */
  #product(
    left: number,
    target: number,
    panels: number,
    tile: number,
    depth: number,
    columns: number,
    add: boolean,
  ): void {
    const row = this.#hidden * this.#size
    const [depthStride, columnStride] = add ? [row, this.#size] : [this.#size, row]
    const { panel } = this.#at
    const stride = roundUp(columns, COLUMNS) * 4
    for (const [from, to] of pieces(depth))
      for (let column = 0; column < columns; column += COLUMNS) {
        const source = tile + from * depthStride + column * columnStride
        const count = Math.min(COLUMNS, columns - column)
        if (count < COLUMNS) this.#floats(panel, COLUMNS * (to - from)).fill(0)
        this.#packRight(source, panel, to - from, depthStride, columnStride, count)
        const fresh = !add && from === 0 ? 1 : 0
        const packed = left + from * panels * ROWS * 4
        this.#kernels.multiply(packed, panel, target + column * 4, to - from, panels, stride, fresh)
      }
  }

  #floats(at: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer, at, count)
  }
}
