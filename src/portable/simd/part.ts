import { COLUMNS, type Kernels, kernelsOver, ROWS } from './kernels.ts'
import { DEPTH, type HeadLayout, logitsRow, roundUp, stretches } from './layout.ts'
import { GROUP } from './matrices.ts'

/** What is asked of the parts of a block of rows, whose packed hidden states lie in the memory. */
export interface BlockTask {
  rows: number
  gradient: boolean
}

/** Computes parts of the vocabulary over the head's memory; one for each thread. */
export class PartComputer {
  readonly #layout: HeadLayout
  readonly #memory: WebAssembly.Memory
  readonly #kernels: Kernels
  readonly #packRight: Kernels['packRightBF16']

  constructor(layout: HeadLayout, memory: WebAssembly.Memory, fma: boolean) {
    this.#layout = layout
    this.#memory = memory
    this.#kernels = kernelsOver(memory, fma)
    this.#packRight = this.#kernels[`packRight${layout.type}`]
  }

  /** Puts the block's hidden states beside one another as products take them. */
  pack(rows: number): void {
    const { h, packed, hidden } = this.#layout
    this.#packLeft(h, packed, hidden, Math.ceil(rows / ROWS), hidden)
  }

  /** One part of the words: what is found of each row is left in the part's own place. `pause` is called between tiles. */
  async run(index: number, { rows, gradient }: BlockTask, pause: () => Promise<void>): Promise<void> {
    const { hidden, size, words: most, packed, parts, matrix } = this.#layout
    const at = this.at(index)
    const panels = Math.ceil(rows / ROWS)
    this.floats(at.top, rows).fill(-1e30)
    this.floats(at.sum, rows).fill(0)
    this.integers(at.best, rows).fill(0)
    if (gradient) this.floats(at.dh, panels * ROWS * roundUp(hidden, COLUMNS)).fill(0)
    const [begin, end] = parts[index]!
    for (let first = begin; first < end; first += most) {
      const words = Math.min(most, end - first)
      const tile = matrix + first * hidden * size
      // z = h Wᵀ: a column of the right operand is a row of the tile.
      this.#product(packed, at.z, at.panel, panels, tile, hidden, words, false)
      this.#exponentials(at, rows, first, words, gradient)
      if (gradient) {
        this.#packLeft(at.z, at.p, words, panels, logitsRow(words))
        this.#product(at.p, at.dh, at.panel, panels, tile, words, hidden, true)
      }
      await pause()
    }
  }

  /** Addresses of what a part has to itself. */
  at(index: number): Omit<HeadLayout['part'], 'bytes'> {
    const { firstPart, part } = this.#layout
    const base = firstPart + index * part.bytes
    const { z, p, dh, panel, top, sum, best } = part
    return {
      z: base + z,
      p: base + p,
      dh: base + dh,
      panel: base + panel,
      top: base + top,
      sum: base + sum,
      best: base + best,
    }
  }

  floats(at: number, count: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, count)
  }

  integers(at: number, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, count)
  }

  /** Logits of a tile to exp(l - top), with what is kept of the tiles before it. */
  #exponentials(
    at: ReturnType<PartComputer['at']>,
    rows: number,
    first: number,
    words: number,
    gradient: boolean,
  ): void {
    const [stride, width] = [logitsRow(words), roundUp(words, COLUMNS)]
    const wide = roundUp(this.#layout.hidden, COLUMNS)
    const z = this.floats(at.z, rows * stride)
    const [tops, sums, bests] = [
      this.floats(at.top, rows),
      this.floats(at.sum, rows),
      this.integers(at.best, rows),
    ]
    for (let row = 0; row < rows; row++) {
      const place = at.z + row * stride * 4
      z.fill(-1e30, row * stride + words, row * stride + width)
      const highest = this.#kernels.largest(place, width)
      const top = tops[row]!
      if (highest > top) {
        const shrink = Math.exp(top - highest)
        tops[row] = highest
        bests[row] = first + z.indexOf(highest, row * stride) - row * stride
        sums[row]! *= shrink
        if (gradient) {
          const dh = this.floats(at.dh + row * wide * 4, wide)
          for (let j = 0; j < wide; j++) dh[j]! *= shrink
        }
      }
      sums[row]! += this.#kernels.exponentials(place, width, tops[row]!)
    }
  }

  /** Panels of ROWS rows of `stride` floats, in the pieces that `#product` takes them in. */
  #packLeft(source: number, target: number, depth: number, panels: number, stride: number): void {
    for (const [from, to] of pieces(depth)) {
      const pack = (to - from) % 4 === 0 ? this.#kernels.packFour : this.#kernels.packLeft
      for (let panel = 0; panel < panels; panel++)
        pack(
          source + (panel * ROWS * stride + from) * 4,
          target + (from * panels + panel * (to - from)) * ROWS * 4,
          to - from,
          stride * 4,
        )
    }
  }

  /**
   * C [rows, columns] (+)= A B with A packed, and B the tile at `tile`: of its transpose, whose depth is `hidden`, or (`add`) of
   * itself, whose depth is words.
   */
  #product(
    left: number,
    target: number,
    panel: number,
    panels: number,
    tile: number,
    depth: number,
    columns: number,
    add: boolean,
  ): void {
    const stride = (add ? roundUp(columns, COLUMNS) : logitsRow(columns)) * 4
    for (const [from, to] of pieces(depth))
      for (let column = 0; column < columns; column += COLUMNS) {
        if (columns - column < COLUMNS) this.#packRest(tile, panel, from, to, column, columns, add)
        else if (add) this.#packAlong(tile, panel, from, to, column)
        else this.#packAcross(tile, panel, from, to, column)
        const fresh = !add && from === 0 ? 1 : 0
        const packed = left + from * panels * ROWS * 4
        this.#kernels.multiply(packed, panel, target + column * 4, to - from, panels, stride, fresh)
      }
  }

  /** Words `column` .. of a tile, their elements from .. to. */
  #packAcross(tile: number, panel: number, from: number, to: number, column: number): void {
    const { hidden, size, type } = this.#layout
    const pack = this.#kernels[`packAcross${type}`]
    const source = tile + column * hidden * size + from * size
    if (type !== 'steps' && (to - from) % 4 === 0) pack(source, panel, to - from, hidden * size, 0, 0)
    else if (type === 'steps' && [hidden, from, to].every((place) => place % GROUP === 0))
      for (let group = 0; group < to - from; group += GROUP)
        pack(
          source + group,
          panel + group * COLUMNS * 4,
          GROUP,
          hidden,
          this.#scaleOf(source + group),
          hidden / 8,
        )
    else this.#packRest(tile, panel, from, to, column, column + COLUMNS, false)
  }

  /** Columns `column` .. of a tile's words from .. to. */
  #packAlong(tile: number, panel: number, from: number, to: number, column: number): void {
    const { hidden, size, type } = this.#layout
    const source = tile + from * hidden * size + column * size
    if (type === 'steps' && hidden % GROUP !== 0)
      this.#packRest(tile, panel, from, to, column, column + COLUMNS, true)
    else
      this.#kernels[`packAlong${type}`](
        source,
        panel,
        to - from,
        hidden * size,
        this.#scaleOf(source),
        hidden / 8,
        0,
      )
  }

  /** Up to a panel's columns one by one, with zeros behind them. */
  #packRest(
    tile: number,
    panel: number,
    from: number,
    to: number,
    column: number,
    columns: number,
    add: boolean,
  ): void {
    const { hidden, size, matrix } = this.#layout
    const row = hidden * size
    const [depthStride, columnStride] = add ? [row, size] : [size, row]
    const count = Math.min(COLUMNS, columns - column)
    if (count < COLUMNS) this.floats(panel, COLUMNS * (to - from)).fill(0)
    const source = tile + from * depthStride + column * columnStride
    // Of the element at address 0, if the matrix went that far down.
    const scales = this.#layout.scales - matrix / 8
    this.#packRight(source, panel, to - from, depthStride, columnStride, count, scales)
  }

  /** Where the scale of a step lies. */
  #scaleOf(step: number): number {
    const { scales, matrix } = this.#layout
    return scales + Math.floor((step - matrix) / GROUP) * 4
  }
}

/** Of equal size, that an inner product is cut into. */
const pieces = (depth: number) => stretches(depth, Math.ceil(depth / DEPTH))
