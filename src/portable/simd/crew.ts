/**
 * Threads that take parts of a task from a shared memory, without messages: a product of decoding is over sooner than one would
 * arrive. Whoever is free takes the next part; which thread computes it changes no bit of it.
 */
import type { AttentionPlace } from './attention-place.ts'
import type { ProductsLayout } from './matrices.ts'
import { Multiplier } from './multiplier.ts'
import { readTask, TASK_WORDS, writeTask } from './task-words.ts'
import { type Task, TaskParts, taskParts } from './tasks.ts'
import { threadStopped } from './thread-stopped.ts'

/** Integers at the beginning of the memory. */
const TURN = 0
/** Parts that nobody has taken; below zero where more were asked for than there were. */
const LEFT = 1
const DONE = 2
const BROKEN = 3
const JOBS = 4
/** How often tasks were announced; told before any part of them may be taken. */
const SERIES = 5
const FIRST = 6
/** How many parts there are up to the end of a task, then the task. */
const JOB = 1 + TASK_WORDS
/** Tasks at a time, at most. */
export const MOST_JOBS = 8

/** Tenths of a second in which no part is put down, after which a thread is given up. */
const PATIENCE = 600

/** Looks at what is there before a thread goes to sleep: some tens of microseconds. */
const LOOKS = 20_000

/** What a thread is sent, once; it answers when it is there. */
export interface CrewMessage {
  layout: ProductsLayout
  /** Null where nothing but products is asked for. */
  attention: AttentionPlace | null
  memory: WebAssembly.Memory
  fma: boolean
  thread: number
}

/** A thread's side of it, and of the one that leads. */
export class Hand {
  readonly multiplier: Multiplier
  readonly #parts: TaskParts
  readonly #state: Int32Array
  readonly #words: Uint32Array[]
  readonly #floats: Float32Array[]
  /** What was announced last, as this thread has read it, and which announcement that was. */
  #tasks: Task[] = []
  #read = -1

  constructor({ layout, attention, memory, fma, thread }: CrewMessage) {
    this.#state = new Int32Array(memory.buffer, 0, FIRST + MOST_JOBS * JOB)
    const places = Array.from({ length: MOST_JOBS }, (_, i) => (FIRST + i * JOB + 1) * 4)
    this.#words = places.map((at) => new Uint32Array(memory.buffer, at, TASK_WORDS))
    this.#floats = places.map((at) => new Float32Array(memory.buffer, at, TASK_WORDS))
    this.multiplier = new Multiplier(layout, memory, fma, thread)
    this.#parts = new TaskParts(this.multiplier, memory, attention, thread)
  }

  /** Announces tasks that do not need one another's results; MOST_JOBS at most. */
  announce(tasks: readonly Task[]): number {
    const state = this.#state
    let parts = 0
    tasks.forEach((task, i) => {
      parts += taskParts(task, this.#parts.attending)
      state[FIRST + i * JOB] = parts
      writeTask(task, this.#words[i]!, this.#floats[i]!)
    })
    state[JOBS] = tasks.length
    Atomics.store(state, DONE, 0)
    Atomics.add(state, SERIES, 1)
    // From here on it may be taken.
    Atomics.store(state, LEFT, parts)
    Atomics.add(state, TURN, 1)
    Atomics.notify(state, TURN)
    return parts
  }

  /** Computes tasks by itself: nothing is announced. */
  alone(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const parts = taskParts(task, this.#parts.attending)
      for (let part = 0; part < parts; part++) this.#parts.part(task, part)
    }
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

  /**
   * Waits until the other hands have put down what they took.
   * @throws LapidaryError `internal` where one of them has stopped, or does not come back
   */
  await(parts: number, patience = PATIENCE): void {
    const state = this.#state
    let [waits, before] = [0, -1]
    for (let looks = 0; ; looks++) {
      const done = Atomics.load(state, DONE)
      if (done === parts) break
      if (looks <= LOOKS || !mayWait) continue
      waits = done === before ? waits + 1 : 0
      before = done
      if (waits > patience) throw threadStopped()
      Atomics.wait(state, DONE, done, 100)
    }
    if (Atomics.load(state, BROKEN)) throw threadStopped()
  }

  /** Forgets what was announced, where nobody else takes part any more. */
  forget(): void {
    for (const word of [LEFT, DONE, BROKEN]) Atomics.store(this.#state, word, 0)
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
    // While a part is out nothing else is announced.
    const series = Atomics.load(state, SERIES)
    if (series !== this.#read) {
      this.#tasks = Array.from({ length: state[JOBS]! }, (_, i) =>
        readTask(this.#words[i]!, this.#floats[i]!),
      )
      this.#read = series
    }
    let before = 0
    for (const [i, task] of this.#tasks.entries()) {
      const until = state[FIRST + i * JOB]!
      if (part < until) {
        this.#parts.part(task, part - before)
        return
      }
      before = until
    }
  }
}

/** A page's own thread may not be made to wait. */
const mayWait = typeof (globalThis as { document?: unknown }).document === 'undefined'
