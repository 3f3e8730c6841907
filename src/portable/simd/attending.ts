/**
 * Attention over packed segments, or over a tree, head by head, as attention.ts states it: blocks of queries against the keys that
 * one of them sees, each block by one thread. Keys and values are packed anew for each block, which takes an eighth of the product
 * with them.
 */
import { type AttentionPlace, QUERIES } from './attention-place.ts'
import { ROWS } from './kernels.ts'
import { roundUp } from './layout.ts'
import { type MatrixPlace, placeOf } from './matrices.ts'
import type { Multiplier, PlacedProduct } from './multiplier.ts'

const NEVER = -1e30

/** Addresses in bytes; q and out [rows, heads * headDim], k and v [rows, kvHeads * headDim]. */
export interface AttentionTask {
  q: number
  k: number
  v: number
  out: number
  heads: number
  kvHeads: number
  headDim: number
  scale: number
  /** A row sees itself and window - 1 before it; 0: all before it. */
  window: number
  /** 0: none. */
  softCap: number
  /** Of how many segments the first row and the length lie in the segments' place; of a tree 0. */
  segments: number
}

/**
 * Rows along their paths in a tree, whose keys lie in such an order that each follows an earlier one: the first `prompt` of them the
 * one before, every other the one whose number lies in the segments' place. Keys of `past` rows lie ahead of the rows' own.
 */
export interface TreeTask extends AttentionTask {
  past: number
  rows: number
  prompt: number
}

/** Queries from .. to of the rows, the first of which has the key `own`, against the keys first .. end. */
interface Block {
  from: number
  to: number
  own: number
  first: number
  end: number
}

/** One thread's. */
export class Attending {
  readonly #multiplier: Multiplier
  readonly #memory: WebAssembly.Memory
  readonly #segments: Int32Array
  /** Of the thread's own: packed left operands; scores, then shares; their gradients; tanh of a soft-cap; results. */
  readonly #at: { left: number; p: number; dp: number; t: number; out: number }
  readonly #width: number

  constructor(multiplier: Multiplier, memory: WebAssembly.Memory, place: AttentionPlace, thread: number) {
    this.#multiplier = multiplier
    this.#memory = memory
    this.#segments = new Int32Array(memory.buffer, place.segments, place.mostSegments * 2)
    const base = place.first + thread * place.bytes
    const { left, p, dp, t, out } = place
    this.#at = { left: base + left, p: base + p, dp: base + dp, t: base + t, out: base + out }
    this.#width = place.keys
  }

  /** Of the forward pass: a head's block each. */
  parts({ heads, segments }: AttentionTask): number {
    let blocks = 0
    for (let i = 0; i < segments; i++) blocks += Math.ceil(this.#segments[2 * i + 1]! / QUERIES)
    return heads * blocks
  }

  forward(task: AttentionTask, index: number): void {
    const head = index % task.heads
    let block = Math.floor(index / task.heads)
    for (let i = 0; ; i++) {
      const blocks = Math.ceil(this.#segments[2 * i + 1]! / QUERIES)
      if (block < blocks) {
        this.#forward(task, head, this.#block(task, i, block))
        return
      }
      block -= blocks
    }
  }

  /** A head's block each, too. */
  along(task: TreeTask, index: number): void {
    const { heads, rows, past, prompt, window } = task
    const from = Math.floor(index / heads) * QUERIES
    const to = Math.min(rows, from + QUERIES)
    const own = past + from
    const first = window === 0 ? 0 : Math.max(0, Math.min(own, prompt) - window + 1)
    this.#forward(task, index % heads, { from, to, own, first, end: past + to }, task)
  }

  /**
   * One head's: in the place of `out`, its gradient, that of q; dk and dv [rows, headDim], `apart` bytes from one head's to the next.
   * Rows of a segment are done before those of the next, whose first may be added zeros here.
   */
  gradient(task: AttentionTask & { dk: number; dv: number; apart: number }, head: number): void {
    const { headDim, segments, apart } = task
    const [dk, dv] = [task.dk + head * apart, task.dv + head * apart]
    const rows = this.#segments[2 * segments - 2]! + this.#segments[2 * segments - 1]!
    for (const at of [dk, dv]) this.#floats(at, roundUp(rows, ROWS) * headDim).fill(0)
    for (let i = 0; i < segments; i++)
      for (let block = 0; block * QUERIES < this.#segments[2 * i + 1]!; block++)
        this.#gradient(task, head, this.#block(task, i, block), dk, dv)
  }

  #block({ window }: AttentionTask, segment: number, block: number): Block {
    const [start, length] = [this.#segments[2 * segment]!, this.#segments[2 * segment + 1]!]
    const from = start + block * QUERIES
    const first = window === 0 ? start : Math.max(start, from - window + 1)
    const to = Math.min(start + length, from + QUERIES)
    return { from, to, own: from, first, end: to }
  }

  #forward(task: AttentionTask, head: number, block: Block, tree?: TreeTask): void {
    const { out, heads, headDim } = task
    this.#shares(task, head, block, tree)
    const { p } = this.#at
    this.#weigh(p, this.#of(task, task.v, head, block), block, headDim)
    this.#copy(out + head * headDim * 4, heads * headDim * 4, block, headDim)
  }

  #gradient(task: AttentionTask, head: number, block: Block, dk: number, dv: number): void {
    const { q, k, v, out, heads, headDim, scale, softCap } = task
    const { p, dp, t, left } = this.#at
    const [rows, keys] = sizes(block)
    this.#shares(task, head, block)
    const stride = heads * headDim * 4
    const own = head * headDim * 4 + block.from * stride
    this.#against(out + own, stride, this.#of(task, v, head, block), dp, block, headDim)
    const count = roundUp(keys, ROWS)
    for (let row = 0; row < rows; row++) {
      const at = row * this.#width * 4
      this.#floats(dp + at, count).fill(0, keys)
      this.#multiplier.kernels.slopes(p + at, dp + at, count, scale)
      if (softCap > 0) {
        const [slope, tanh] = [this.#floats(dp + at, keys), this.#floats(t + at, keys)]
        for (let i = 0; i < keys; i++) slope[i]! *= 1 - tanh[i]! * tanh[i]!
      }
    }
    // Of keys and values: the rows of a block added to what those before it gave.
    const add = (from: number, x: number, to: number) => {
      this.#multiplier.packTurned(from, this.#width * 4, keys, rows, left)
      this.#multiplier.whole({
        matrix: placeOf(x + own, stride, rows, headDim),
        mode: 'backward',
        x: 0,
        xStride: 0,
        y: to + block.first * headDim * 4,
        yStride: headDim * 4,
        rows: keys,
        packed: left,
        add: true,
      })
    }
    add(dp, q, dk)
    add(p, out, dv)
    this.#weigh(dp, this.#of(task, k, head, block), block, headDim)
    this.#copy(out + head * headDim * 4, stride, block, headDim)
  }

  /** softmax(scale q kᵀ) into p, [queries, keys], 0 where a key is not seen. */
  #shares(task: AttentionTask, head: number, block: Block, tree?: TreeTask): void {
    const { q, heads, headDim, scale, window, softCap } = task
    const { kernels } = this.#multiplier
    const { p, t } = this.#at
    const [rows, keys] = sizes(block)
    const stride = heads * headDim * 4
    const own = q + head * headDim * 4 + block.from * stride
    this.#against(own, stride, this.#of(task, task.k, head, block), p, block, headDim)
    const all = roundUp(keys, ROWS)
    for (let row = 0; row < rows; row++) {
      const at = p + row * this.#width * 4
      const z = this.#floats(at, all)
      const last = block.own + row - block.first
      const seen = roundUp(last + 1, ROWS)
      kernels.scaled(at, seen, scale)
      if (softCap > 0) this.#cap(z.subarray(0, last + 1), t + row * this.#width * 4, softCap)
      if (tree) this.#follow(z, tree, block.own + row, block.first)
      else if (window > 0) z.fill(NEVER, 0, Math.max(0, last + 1 - window))
      z.fill(NEVER, last + 1, seen).fill(0, seen)
      const sum = kernels.exponentials(at, seen, kernels.largest(at, seen))
      kernels.scaled(at, seen, 1 / sum)
    }
  }

  /** Hides of the scores z, of the keys from `first` to a row's own, all but its path, as far back as its window goes. */
  #follow(z: Float32Array, { window, prompt }: TreeTask, own: number, first: number): void {
    const path: number[] = []
    for (let key = own; key >= prompt; key = this.#segments[key]!) path.push(key)
    const most = window === 0 ? Number.POSITIVE_INFINITY : window
    const seen = path.slice(0, most).map((key) => [key - first, z[key - first]!] as const)
    z.fill(NEVER, prompt - first, Math.max(prompt, own + 1) - first)
    for (const [at, score] of seen) z[at] = score
    const ahead = Math.min(own + 1, prompt)
    z.fill(NEVER, 0, Math.max(0, ahead - Math.max(0, most - path.length) - first))
  }

  #cap(z: Float32Array, t: number, cap: number): void {
    const tanh = this.#floats(t, z.length)
    for (let i = 0; i < z.length; i++) {
      tanh[i] = Math.tanh(z[i]! / cap)
      z[i] = tanh[i]! * cap
    }
  }

  /** y [queries, keys] = x mᵀ, x [queries, headDim]. */
  #against(x: number, stride: number, matrix: MatrixPlace, y: number, block: Block, headDim: number): void {
    const [rows] = sizes(block)
    const { left } = this.#at
    this.#multiplier.pack(x, stride, rows, headDim, left)
    this.#multiplier.whole(this.#product(matrix, 'forward', y, this.#width * 4, rows))
  }

  /** Results [queries, headDim] = p m, p [queries, keys]. */
  #weigh(p: number, matrix: MatrixPlace, block: Block, headDim: number): void {
    const [rows, keys] = sizes(block)
    const { left, out } = this.#at
    this.#multiplier.pack(p, this.#width * 4, rows, keys, left)
    this.#multiplier.whole(this.#product(matrix, 'backward', out, headDim * 4, rows))
  }

  #product(
    matrix: MatrixPlace,
    mode: 'forward' | 'backward',
    y: number,
    yStride: number,
    rows: number,
  ): PlacedProduct {
    return { matrix, mode, x: 0, xStride: 0, y, yStride, rows, packed: this.#at.left, add: false }
  }

  /** Keys or values that a block sees, of the head's own. */
  #of(
    { heads, kvHeads, headDim }: AttentionTask,
    x: number,
    head: number,
    { first, end }: Block,
  ): MatrixPlace {
    const stride = kvHeads * headDim * 4
    const own = Math.floor((head * kvHeads) / heads) * headDim * 4
    return placeOf(x + first * stride + own, stride, end - first, headDim)
  }

  #copy(at: number, stride: number, { from, to }: Block, width: number): void {
    for (let row = from; row < to; row++)
      this.#floats(at + row * stride, width).set(this.#floats(this.#at.out + (row - from) * width * 4, width))
  }

  #floats(at: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer as ArrayBuffer, at, count)
  }
}

const sizes = ({ from, to, first, end }: Block): [number, number] => [to - from, end - first]
