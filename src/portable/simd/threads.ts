import { Worker } from '../../protocol/worker.ts'
import type { HeadLayout } from './layout.ts'
import type { BlockTask } from './part.ts'
import type { FromThread, ToThread } from './thread.ts'

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
  readonly #ports: ThreadPort[]

  private constructor(ports: ThreadPort[]) {
    this.#ports = ports
  }

  /** @throws Error where one of them does not start */
  static async open(
    count: number,
    layout: HeadLayout,
    memory: WebAssembly.Memory,
    fma: boolean,
    openPort: OpenPort = openWorker,
  ): Promise<Threads> {
    const threads = new Threads([])
    try {
      while (threads.count < count) threads.#ports.push(openPort())
      await Promise.all(threads.#ports.map((port) => ask(port, { kind: 'open', layout, memory, fma })))
      return threads
    } catch (error) {
      threads.dispose()
      throw error
    }
  }

  get count(): number {
    return this.#ports.length
  }

  /** Has the parts computed, each thread its own. Settles when all have ended, also where one of them fails. */
  async run(task: BlockTask, parts: readonly number[][]): Promise<void> {
    const asked = parts.map((own, i) => ask(this.#ports[i]!, { kind: 'run', task, parts: own }))
    await Promise.allSettled(asked)
    await Promise.all(asked)
  }

  dispose(): void {
    for (const port of this.#ports) port.terminate()
  }
}

function ask(port: ThreadPort, message: ToThread): Promise<void> {
  return new Promise((resolve, reject) => {
    port.onmessage = ({ data }) => (data.error === null ? resolve() : reject(new Error(data.error)))
    port.onerror = ({ message: why }) =>
      reject(new Error(`a thread of the head stopped: ${why ?? 'unknown'}`))
    port.postMessage(message)
  })
}
