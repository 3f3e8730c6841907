import { whenGone } from '../../protocol/life.ts'
import { Worker } from '../../protocol/worker.ts'
import type { HeadLayout } from './layout.ts'
import type { BlockTask } from './part.ts'
import type { FromThread, ToThread } from './thread.ts'
import { begun, threadStopped } from './thread-stopped.ts'

/** The other end of a thread: a worker, or what stands for one. */
export interface ThreadPort {
  postMessage(message: ToThread): void
  onmessage: ((event: { data: FromThread }) => void) | null
  onerror: ((event: { message?: string }) => void) | null
  terminate(): void
}

export type OpenPort = () => ThreadPort

/** A worker of this build. */
const openWorker: OpenPort = () =>
  new Worker(new URL('./head.worker.ts', import.meta.url), {
    type: 'module',
    name: 'head',
  }) as unknown as ThreadPort

/** Further threads over the head's memory. One question at a time to each. */
export class Threads {
  readonly #threads: Thread[] = []

  private constructor() {}

  /** @throws Error where one of them does not start */
  static async open(
    count: number,
    layout: HeadLayout,
    memory: WebAssembly.Memory,
    fma: boolean,
    openPort: OpenPort = openWorker,
  ): Promise<Threads> {
    const threads = new Threads()
    try {
      while (threads.count < count) threads.#threads.push(new Thread(openPort()))
      await begun(Promise.all(threads.#threads.map((thread) => thread.open(layout, memory, fma))))
      return threads
    } catch (error) {
      threads.dispose()
      throw error
    }
  }

  get count(): number {
    return this.#threads.length
  }

  /**
   * Has the parts computed, each thread its own. Settles when all have ended, also where one of them fails.
   * @throws LapidaryError `internal` where one of them is no more
   */
  async run(task: BlockTask, parts: readonly number[][]): Promise<void> {
    const asked = parts.map((own, i) => this.#threads[i]!.ask({ kind: 'run', task, parts: own }))
    await Promise.allSettled(asked)
    await Promise.all(asked)
  }

  dispose(): void {
    for (const thread of this.#threads) thread.end()
  }
}

class Thread {
  readonly #port: ThreadPort
  #gone = false
  /** Of the question that is open. */
  #lost: () => void = () => {}
  #unwatch: () => void = () => {}

  constructor(port: ThreadPort) {
    this.#port = port
  }

  async open(layout: HeadLayout, memory: WebAssembly.Memory, fma: boolean): Promise<void> {
    const { life } = await this.ask({ kind: 'open', layout, memory, fma })
    if (!life) return
    this.#unwatch = whenGone(life, () => {
      this.#gone = true
      this.#lost()
    })
  }

  ask(message: ToThread): Promise<FromThread> {
    const answered = new Promise<FromThread>((resolve, reject) => {
      this.#lost = () => reject(threadStopped())
      this.#port.onmessage = ({ data }) =>
        data.error === null ? resolve(data) : reject(new Error(data.error))
      this.#port.onerror = ({ message: why }) =>
        reject(new Error(`a thread of the head stopped: ${why ?? 'unknown'}`))
    })
    if (this.#gone) this.#lost()
    else this.#port.postMessage(message)
    return answered
  }

  end(): void {
    this.#unwatch()
    this.#port.terminate()
  }
}
