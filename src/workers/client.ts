import { proxy, type Remote, releaseProxy, wrap } from 'comlink'
import { LapidaryError } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { CheckpointRoom, DataRoom, Studio, TrainRoom } from '../protocol/studio.ts'
import { type Opened, rebuilt, registerTransfers } from './bridge.ts'

/** An idle data worker holds a parsed file, an idle train worker a model on the GPU: both are given back in time. */
const DATA_IDLE_MS = 60_000
const TRAIN_IDLE_MS = 10 * 60_000

/** The studio behind its two workers, which start when first needed. */
export function createStudio(): Studio & { checkpoints: CheckpointRoom } {
  registerTransfers()
  const base = new URL(import.meta.env.BASE_URL, document.baseURI).href
  const dataHost = new WorkerHost(
    'data',
    () => new Worker(new URL('./data.worker.ts', import.meta.url), { type: 'module' }),
    base,
    DATA_IDLE_MS,
  )
  const trainHost = new WorkerHost(
    'train',
    () => new Worker(new URL('./train.worker.ts', import.meta.url), { type: 'module' }),
    base,
    TRAIN_IDLE_MS,
  )
  const data = remoteRoom<DataRoom>(dataHost)
  const remote = remoteRoom<TrainRoom & CheckpointRoom>(trainHost)
  const follow = (onEvent: (event: RunEvent) => void) => watched(trainHost, onEvent)
  const train: TrainRoom = override(remote, {
    async addModel(files, name, onProgress) {
      await keepStorage()
      return remote.addModel(files, name, onProgress ?? (() => {}))
    },
    async start(request, onEvent) {
      await keepStorage()
      const run = follow(onEvent)
      return run.settle(remote.start(request, run.onEvent))
    },
    resume(id, onEvent) {
      const run = follow(onEvent)
      return run.settle(remote.resume(id, run.onEvent))
    },
  })
  return { data, train, checkpoints: remote }
}

/** A worker is kept while a run goes on, and its crash is told as the run's error: the run itself cannot any more. */
function watched(host: WorkerHost, onEvent: (event: RunEvent) => void) {
  const release = host.hold((error) => onEvent({ type: 'error', failure: error.toFailure() }))
  return {
    onEvent(event: RunEvent) {
      if (event.type === 'done' || event.type === 'error') release()
      onEvent(event)
    },
    settle: <T>(started: Promise<T>): Promise<T> =>
      started.catch((error: unknown) => {
        release()
        throw error
      }),
  }
}

/** Asked once there is something to lose. Only a page can ask, a worker cannot; a no is no reason to stop. */
let asked = false
async function keepStorage(): Promise<void> {
  if (asked) return
  asked = true
  await navigator.storage?.persist?.().catch(() => false)
}

/** A worker's room as if it were here: functions cross as proxies, Failures come back as LapidaryError. */
function remoteRoom<Room extends object>(host: WorkerHost): Room {
  return new Proxy({} as Room, {
    get: (_, name) =>
      // A promise that resolves with a room would ask it for `then`.
      typeof name !== 'string' || name === 'then' ? undefined : (...args: unknown[]) => host.call(name, args),
  })
}

function override<Room extends object>(room: Room, own: Partial<Room>): Room {
  return new Proxy(room, { get: (target, name) => Reflect.get(name in own ? own : target, name) })
}

type AnyRoom = Opened & Record<string, (...args: unknown[]) => Promise<unknown>>

/** One worker: made when called, ended when idle, made anew after a crash. */
class WorkerHost {
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

  async call(method: string, args: unknown[]): Promise<unknown> {
    const { room, crash } = this.#start()
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
