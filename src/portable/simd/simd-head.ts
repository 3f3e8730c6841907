import { hostSize } from '../../model/stored.ts'
import type { WeightType } from '../../protocol/model.ts'
import { COLUMNS, ROWS } from './kernels.ts'
import { BLOCK, type HeadLayout, headLayout, roundUp } from './layout.ts'
import { PartComputer } from './part.ts'
import { type OpenPort, Threads } from './threads.ts'

const PAGE = 65_536

/** A pass over all words: see head.ts. `dh` [rows, hidden] is the sum of exp(l - top) W. */
export interface HeadPass {
  top: Float32Array<ArrayBuffer>
  sum: Float32Array<ArrayBuffer>
  best: Int32Array<ArrayBuffer>
  dh: Float32Array<ArrayBuffer> | null
}

/**
 * The head without TensorFlow.js: its products by word tiles would pack each tile again in each step, which takes as long as half the
 * product. The matrix [vocab, hidden] lies here as it is stored, in a memory of its own, which threads may share.
 */
export class SimdHead {
  /** The stored matrix, to be filled, and to be read by others; of blocks as `blockedElements` lays them out. */
  readonly matrix: Uint8Array
  readonly #layout: HeadLayout
  readonly #memory: WebAssembly.Memory
  readonly #fma: boolean
  readonly #computer: PartComputer
  readonly #openPort: OpenPort | undefined
  readonly #wanted: number
  #threads: Promise<Threads | null> | null = null

  /**
   * @param threads that may compute; more than one needs memory that can be shared
   * @param fma see `kernelsOver`
   */
  constructor(
    layout: HeadLayout,
    memory: WebAssembly.Memory,
    { threads, fma, openPort }: { threads: number; fma: boolean; openPort?: OpenPort | undefined },
  ) {
    this.#layout = layout
    this.#memory = memory
    this.#fma = fma
    this.#wanted = Math.min(threads, layout.parts.length) - 1
    this.#openPort = openPort
    const { vocab, hidden, type, matrix } = layout
    this.matrix = new Uint8Array(
      memory.buffer,
      matrix,
      hostSize(type === 'steps' ? 'Q8_0' : type, vocab * hidden),
    )
    this.#computer = new PartComputer(layout, memory, fma)
  }

  /**
   * With a memory of its own.
   * @param words of a tile
   * @param rows most that are asked for at a time
   * @throws RangeError where the memory is not given
   */
  static alone(
    vocab: number,
    hidden: number,
    type: WeightType,
    words: number,
    rows: number,
    threads = 1,
    openPort?: OpenPort,
  ): SimdHead {
    const layout = headLayout(vocab, hidden, type, words, rows)
    const pages = Math.ceil(layout.end / PAGE)
    const shared = Math.min(threads, layout.parts.length) > 1
    const memory = new WebAssembly.Memory(
      shared ? { initial: pages, maximum: pages, shared } : { initial: pages },
    )
    return new SimdHead(layout, memory, { threads, fma: false, openPort })
  }

  /** Of its memory. */
  get bytes(): number {
    return this.#memory.buffer.byteLength
  }

  /** @param h [rows, hidden]; `pause` is called between tiles */
  async pass(h: Float32Array, gradient: boolean, pause: () => Promise<void>): Promise<HeadPass> {
    const rows = h.length / this.#layout.hidden
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

  dispose(): void {
    void this.#threads?.then((threads) => threads?.dispose())
    this.#threads = null
  }

  async #block(h: Float32Array, made: HeadPass, from: number, to: number, pause: () => Promise<void>) {
    const { hidden, parts, h: at } = this.#layout
    const task = { rows: to - from, gradient: made.dh !== null }
    const own = this.#computer.floats(at, roundUp(task.rows, ROWS) * hidden).fill(0)
    own.set(h.subarray(from * hidden, to * hidden))
    this.#computer.pack(task.rows)
    const threads = await this.#open()
    const hands = 1 + (threads?.count ?? 0)
    const dealt = Array.from({ length: hands }, (_, hand) =>
      [...parts.keys()].filter((part) => part % hands === hand),
    )
    const others = threads?.run(task, dealt.slice(1)).catch((error: unknown) => {
      // From here on this one does all.
      threads.dispose()
      this.#threads = Promise.resolve(null)
      throw error
    })
    // Whatever happens here, nobody may still be writing afterwards.
    const settled = Promise.allSettled([others])
    try {
      for (const part of dealt[0]!) await this.#computer.run(part, task, pause)
    } finally {
      await settled
    }
    await others
    for (const part of parts.keys()) this.#merge(made, from, task.rows, part)
  }

  /** Adds what a part has found to what those before it have. */
  #merge(made: HeadPass, from: number, rows: number, part: number): void {
    const { hidden } = this.#layout
    const wide = roundUp(hidden, COLUMNS)
    const at = this.#computer.at(part)
    const [tops, sums] = [this.#computer.floats(at.top, rows), this.#computer.floats(at.sum, rows)]
    const bests = this.#computer.integers(at.best, rows)
    for (let i = 0, row = from; i < rows; i++, row++) {
      const [before, own] = [made.top[row]!, tops[i]!]
      const top = own > before ? own : before
      if (own > before) made.best[row] = bests[i]!
      const [keep, take] = [Math.exp(before - top), Math.exp(own - top)]
      made.top[row] = top
      made.sum[row] = made.sum[row]! * keep + sums[i]! * take
      if (!made.dh) continue
      const dh = made.dh.subarray(row * hidden, (row + 1) * hidden)
      const more = this.#computer.floats(at.dh + i * wide * 4, hidden)
      for (let j = 0; j < hidden; j++) dh[j] = dh[j]! * keep + more[j]! * take
    }
  }

  /** Threads begin when they are first needed. Where they cannot, this one does all: the results are the same. */
  #open(): Promise<Threads | null> {
    this.#threads ??=
      this.#wanted > 0
        ? Threads.open(this.#wanted, this.#layout, this.#memory, this.#fma, this.#openPort).catch(() => null)
        : Promise.resolve(null)
    return this.#threads
  }
}
