/**
 * Threads that take parts of a task from a shared memory, without messages: a product of decoding is over sooner than one would
 * arrive. Whoever is free takes the next part; which thread computes it changes no bit of it.
 */
import type { ProductsLayout } from './matrices.ts'
import { MODES, Multiplier, type Product, partsOf } from './multiplier.ts'

/** Integers at the beginning of the memory. */
const TURN = 0
/** Parts that nobody has taken; below zero where more were asked for than there were. */
const LEFT = 1
const DONE = 2
const BROKEN = 3
const JOBS = 4
const FIRST = 5
const JOB = 8
/** Products of one task at most. */
export const MOST_JOBS = 8

/** Looks at what is there before a thread goes to sleep: some tens of microseconds. */
const LOOKS = 20_000

/** What a thread is sent, once; it answers when it is there. */
export interface CrewMessage {
  layout: ProductsLayout
  memory: WebAssembly.Memory
  fma: boolean
  thread: number
}

/** A thread's side of it, and of the one that leads. */
export class Hand {
  readonly multiplier: Multiplier
  readonly #layout: ProductsLayout
  readonly #state: Int32Array

  constructor({ layout, memory, fma, thread }: CrewMessage) {
    this.#layout = layout
    this.#state = new Int32Array(memory.buffer, 0, FIRST + MOST_JOBS * JOB)
    this.multiplier = new Multiplier(layout, memory, fma, thread)
  }

  /** Announces products that do not need one another's results. */
  announce(products: readonly Product[]): number {
    const state = this.#state
    let parts = 0
    products.forEach(({ matrix, mode, x, y, rows, xStride, yStride }, i) => {
      parts += partsOf(products[i]!, this.#layout.matrices[matrix]!)
      state.set([matrix, MODES.indexOf(mode), x, y, rows, xStride, yStride, parts], FIRST + i * JOB)
    })
    state[JOBS] = products.length
    Atomics.store(state, DONE, 0)
    // From here on it may be taken.
    Atomics.store(state, LEFT, parts)
    Atomics.add(state, TURN, 1)
    Atomics.notify(state, TURN)
    return parts
  }

  /** Takes parts as long as there are any. */
  work(): void {
    const state = this.#state
    for (;;) {
      const part = Atomics.sub(state, LEFT, 1) - 1
      if (part < 0) return
      try {
        this.#compute(part)
      } catch (error) {
        Atomics.store(state, BROKEN, 1)
        throw error
      } finally {
        Atomics.add(state, DONE, 1)
        Atomics.notify(state, DONE)
      }
    }
  }

  /** Waits until the other hands have put down what they took. */
  await(parts: number): void {
    const state = this.#state
    for (let looks = 0; ; looks++) {
      const done = Atomics.load(state, DONE)
      if (done === parts) break
      if (looks > LOOKS && mayWait) Atomics.wait(state, DONE, done, 100)
    }
    if (Atomics.load(state, BROKEN)) throw new Error('a thread of the products stopped')
  }

  /** For ever: what comes is worked on, and between it is waited. */
  serve(): never {
    const state = this.#state
    for (;;) {
      const turn = Atomics.load(state, TURN)
      this.work()
      let looks = 0
      while (looks < LOOKS && Atomics.load(state, TURN) === turn) looks++
      if (looks === LOOKS) Atomics.wait(state, TURN, turn)
    }
  }

  #compute(part: number): void {
    const state = this.#state
    let before = 0
    for (let i = 0; i < state[JOBS]!; i++) {
      const [matrix, mode, x, y, rows, xStride, yStride, until] = state.subarray(
        FIRST + i * JOB,
        FIRST + (i + 1) * JOB,
      ) as unknown as [number, number, number, number, number, number, number, number]
      if (part < until) {
        const product = { matrix, mode: MODES[mode]!, x, y, rows, xStride, yStride }
        this.multiplier.part(product, part - before)
        return
      }
      before = until
    }
  }
}

/** A page's own thread may not be made to wait. */
const mayWait = typeof (globalThis as { document?: unknown }).document === 'undefined'
