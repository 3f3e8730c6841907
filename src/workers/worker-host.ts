import { proxy, type Remote, releaseProxy, wrap } from 'comlink'
import { LapidaryError } from '../protocol/errors.ts'
import { type Opened, rebuilt } from './bridge.ts'

/**
 * A worker's room as if it were here: functions cross as proxies, Failures come back as LapidaryError.
 * @param room its name, where the worker has several
 */
export function remoteRoom<Room extends object>(host: WorkerHost, room?: string): Room {
  return new Proxy({} as Room, {
    get: (_, name) =>
      // A promise that resolves with a room would ask it for `then`.
      typeof name !== 'string' || name === 'then'
        ? undefined
        : (...args: unknown[]) => host.call(name, args, room),
  })
}

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>
type AnyRoom = Opened & Methods

/** One worker: made when called, ended when idle, made anew after a crash. */
export class WorkerHost {
  readonly #name: string
  readonly #make: () => Worker
  readonly #base: string
  readonly #idleMs: number
  #running: { worker: Worker; room: Remote<AnyRoom>; crash: Promise<never> } | null = null
  #busy = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(name: string, make: () => Worker, base: string, idleMs: number) {
    this.#name = name
    this.#make = make
    this.#base = base
    this.#idleMs = idleMs
  }

  async call(method: string, args: unknown[], name?: string): Promise<unknown> {
    const { room: all, crash } = this.#start()
    const room = name === undefined ? all : (all[name] as unknown as Remote<Methods>)
    this.#enter()
    const crossing = args.map((arg) => (typeof arg === 'function' ? proxy(arg as () => void) : arg))
    try {
      return await Promise.race([room[method]!(...crossing), crash])
    } catch (error) {
      throw rebuilt(error)
    } finally {
      this.#leave()
    }
  }

  /** Keeps the worker until released; `onCrash` hears where it dies before that. */
  hold(onCrash: (error: LapidaryError) => void): () => void {
    const { crash } = this.#start()
    this.#enter()
    let held = true
    const release = () => {
      if (held) this.#leave()
      held = false
    }
    crash.catch((error: LapidaryError) => {
      if (held) onCrash(error)
      release()
    })
    return release
  }

  /** Which worker runs; another one after it was ended. */
  get worker(): Worker | null {
    return this.#running?.worker ?? null
  }

  /** Keeps the worker while something of it is read, which fails where it dies meanwhile. */
  async *reading<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
    const { crash } = this.#start()
    const iterator = source[Symbol.asyncIterator]()
    this.#enter()
    try {
      for (;;) {
        const { value, done } = await Promise.race([iterator.next(), crash])
        if (done) return
        yield value
      }
    } finally {
      void iterator.return?.().catch(() => {})
      this.#leave()
    }
  }

  #start() {
    if (this.#running) return this.#running
    const worker = this.#make()
    const room = wrap<AnyRoom>(worker)
    const crash = new Promise<never>((_, reject) => {
      worker.onerror = (event) => {
        event.preventDefault()
        this.#end()
        reject(
          new LapidaryError({
            code: 'internal',
            message: `The ${this.#name} worker stopped working${event.message ? `: ${event.message}` : ''}.`,
            hint: 'What was stored is kept: a run goes on from its last checkpoint. Try again, or reload the page.',
          }),
        )
      }
    })
    crash.catch(() => {})
    this.#running = { worker, room, crash }
    void room.open({ base: this.#base })
    return this.#running
  }

  #end(): void {
    const running = this.#running
    this.#running = null
    running?.room[releaseProxy]()
    running?.worker.terminate()
  }

  #enter(): void {
    this.#busy++
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #leave(): void {
    this.#busy--
    if (this.#busy === 0) this.#timer = setTimeout(() => this.#end(), this.#idleMs)
  }
}
