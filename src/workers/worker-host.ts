import { proxy, type Remote, releaseProxy, wrap } from 'comlink'
import { type Failure, LapidaryError } from '../protocol/errors.ts'
import { STORAGE_CLOSED } from '../protocol/storage-closed.ts'
import { heard, heardUntilEnd, type Opened, rebuilt, whenEnded } from './bridge.ts'

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
type AnyRoom = Required<Opened> & { load(addresses: readonly string[]): Promise<void> } & Methods

/** A worker that has said nothing for so long will not: generous, as its script may come over a slow line. */
const START_MS = 60_000

/** How a worker is ended that does not hear of a stop, deep in one operation as it is. */
export interface Ending {
  /** Milliseconds after a call was told to stop until its worker is ended. */
  stopMs: number
  /** Calls that only ask: where their worker was ended on account of another call, they are made again. */
  again?: ReadonlySet<string>
  /** Calls whose stop may end the worker, and only while nobody holds it; by default all, whoever does. */
  only?: ReadonlySet<string>
}

const STOPPED: Failure = { code: 'cancelled', message: 'Stopped.', hint: 'Start again when ready.' }

interface Running {
  worker: Worker | null
  room: Remote<AnyRoom> | null
  /** Its room, once it hears and knows where files lie. */
  ready: Promise<Remote<AnyRoom>>
  /** Rejects when it dies, or does not start. */
  crash: Promise<never>
  /** Ends it; who waits is told this. */
  die: (error: LapidaryError) => void
  /** Stops waiting for its end. */
  unwatch: () => void
}

/** One worker: made when called, asked once it says that it is there, ended when idle, made again after a crash. */
export class WorkerHost {
  readonly #name: string
  readonly #make: () => Worker
  readonly #base: string
  readonly #idleMs: number
  readonly #startMs: number
  readonly #ending: Ending | null
  #running: Running | null = null
  #busy = 0
  #held = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #later: readonly string[] | null = null

  /**
   * @param base address that bundled files lie under
   * @param idleMs milliseconds without a call after which the worker is ended
   * @param startMs milliseconds after which a worker that has not been heard of counts as dead
   * @param ending null: a stop is only asked for
   */
  constructor(
    name: string,
    make: () => Worker,
    base: string,
    idleMs: number,
    startMs = START_MS,
    ending: Ending | null = null,
  ) {
    this.#name = name
    this.#make = make
    this.#base = base
    this.#idleMs = idleMs
    this.#startMs = startMs
    this.#ending = ending
  }

  async call(method: string, args: unknown[], name?: string): Promise<unknown> {
    const { ready, crash, die } = this.#start()
    this.#enter()
    const stop = stopOf(args)
    const late = this.#whenStopped(method, stop, die)
    const hearing = heardUntilEnd(args)
    const crossing = hearing.args.map((arg) => (typeof arg === 'function' ? proxy(arg as () => void) : arg))
    try {
      const all = await Promise.race([ready, crash])
      const room = name === undefined ? all : (all[name] as unknown as Remote<Methods>)
      return await Promise.race([room[method]!(...crossing), crash])
    } catch (error) {
      // Ended in between, its room is no use any more, which is not why it failed.
      const now = this.#running?.crash
      const why = rebuilt(now === crash ? error : await crash.catch((reason: unknown) => reason))
      const bystander = why instanceof Ended && !stop?.aborted && this.#ending?.again?.has(method)
      if (!bystander) throw why
    } finally {
      hearing.end()
      late()
      this.#leave()
    }
    return this.call(method, args, name)
  }

  /** Ends the worker where a call that was told to stop goes on. @returns to be called when it has ended */
  #whenStopped(
    method: string,
    stop: AbortSignal | undefined,
    die: (error: LapidaryError) => void,
  ): () => void {
    const ending = this.#ending
    const only = ending?.only
    if (!stop || !ending || only?.has(method) === false) return () => {}
    let timer: ReturnType<typeof setTimeout> | undefined
    const stopped = () => {
      timer = setTimeout(() => {
        if (!only || this.#held === 0) die(new Ended(STOPPED))
      }, ending.stopMs)
    }
    if (stop.aborted) stopped()
    else stop.addEventListener('abort', stopped, { once: true })
    return () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', stopped)
    }
  }

  /** Keeps the worker until released; `onCrash` hears where it dies before that. */
  hold(onCrash: (error: LapidaryError) => void): () => void {
    const { crash } = this.#start()
    this.#enter()
    this.#held++
    let held = true
    const release = () => {
      if (!held) return
      held = false
      this.#held--
      this.#leave()
    }
    crash.catch((error: LapidaryError) => {
      if (held) onCrash(error)
      release()
    })
    return release
  }

  /**
   * Has the worker load these modules now, as where it came from may have another version by the time they are needed. For the same reason
   * it is not ended any more when it is idle: it gives back what it holds.
   * @param later addresses
   */
  loadNow(later: readonly string[]): void {
    this.#later = later
    if (this.#running?.room) void this.#running.room.load([...later]).catch(() => {})
  }

  /** Ends the worker, whatever it does; whoever waits for it, or holds it, is told `error`. */
  abandon(error: LapidaryError): void {
    this.#running?.die(error)
  }

  /** Which worker runs; another one after it was ended. */
  get worker(): Worker | null {
    return this.#running?.worker ?? null
  }

  /** Keeps the worker while something of it is read, which fails where it dies meanwhile. */
  async *reading<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
    const { crash } = this.#start()
    const iterator = source[Symbol.asyncIterator]()
    // Not Promise.race: what it gave is held by the promise of a crash as long as that is open, and so would be every piece of a file.
    let died: { error: unknown } | null = null
    let tell: (error: unknown) => void = () => {}
    crash.catch((error: unknown) => {
      died = { error }
      tell(error)
    })
    const next = () =>
      new Promise<IteratorResult<T>>((resolve, reject) => {
        if (died) return reject(died.error)
        tell = reject
        iterator.next().then(resolve, reject)
      })
    this.#enter()
    try {
      for (;;) {
        const { value, done } = await next()
        if (done) return
        yield value
      }
    } finally {
      tell = () => {}
      void iterator.return?.().catch(() => {})
      this.#leave()
    }
  }

  #start(): Running {
    if (this.#running) return this.#running
    let died: (error: LapidaryError) => void = () => {}
    const crash = new Promise<never>((_, reject) => {
      died = reject
    })
    crash.catch(() => {})
    let worker: Worker | null = null
    const die = (error: LapidaryError) => {
      clearTimeout(timer)
      if (this.#running?.crash === crash) this.#end()
      died(error)
    }
    const timer = setTimeout(
      () => die(this.#notStarted(`it was not heard of within ${Math.round(this.#startMs / 1000)} s`)),
      this.#startMs,
    )
    try {
      worker = this.#make()
    } catch (error) {
      // A browser may refuse. Told a moment later, so that whoever holds it and calls it at once hears of the same one.
      const why = error instanceof Error ? error.message : String(error)
      queueMicrotask(() => die(this.#notStarted(why)))
      this.#running = { worker, room: null, ready: crash, crash, die, unwatch: () => {} }
      return this.#running
    }
    worker.addEventListener('message', tellClosed)
    const room = wrap<AnyRoom>(worker)
    let started = false
    worker.onerror = (event) => {
      event.preventDefault()
      die(started ? this.#stopped(event.message) : this.#notStarted(event.message || null))
    }
    const running = { worker, room, crash, die, unwatch: () => {} }
    const ready = heard(worker).then(async (life) => {
      clearTimeout(timer)
      if (this.#running?.crash === crash)
        running.unwatch = whenEnded(worker, life, () => die(this.#stopped()))
      await room.open({ base: this.#base })
      started = true
      const later = this.#later
      if (later) void room.load([...later]).catch(() => {})
      return room
    })
    this.#running = Object.assign(running, { ready })
    return this.#running
  }

  /** @param why null: its script could not be had */
  #notStarted(why: string | null): LapidaryError {
    // Of a page that is open, but not kept here; loaded anew it would be gone, too.
    if (why === null && globalThis.navigator?.onLine === false)
      return new LapidaryError({
        code: 'network',
        message: 'A part of the studio that is not here yet cannot be fetched: this device is offline.',
        hint: 'Connect to the network, then try again.',
      })
    return new LapidaryError({
      code: 'internal',
      message: `The ${this.#name} worker did not start: ${sentence(why ?? 'its script did not load')}`,
      hint: 'This part of the studio could not be loaded. Try again, or reload the page. An extension that blocks scripts, or a host on which a file is missing, does this too.',
    })
  }

  /** @param why null: nobody can say */
  #stopped(why: string | null = null): LapidaryError {
    return new LapidaryError({
      code: 'internal',
      message: `The ${this.#name} worker stopped working${why ? `: ${sentence(why)}` : '.'}`,
      hint: 'What was stored is kept: a run goes on from its last checkpoint. Try again, or reload the page.',
    })
  }

  #end(): void {
    const running = this.#running
    this.#running = null
    running?.unwatch()
    running?.room?.[releaseProxy]()
    running?.worker?.terminate()
  }

  #enter(): void {
    this.#busy++
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #leave(): void {
    this.#busy--
    if (this.#busy === 0) this.#timer = setTimeout(() => this.#idle(), this.#idleMs)
  }

  #idle(): void {
    const room = this.#later && this.#running?.room
    if (room) void room.rest().catch(() => {})
    else this.#end()
  }
}

/** A worker's database was closed under it: the page says so, whoever was asking. */
function tellClosed({ data }: MessageEvent): void {
  if (typeof data !== 'object' || data === null || !(STORAGE_CLOSED in data)) return
  globalThis.dispatchEvent(new CustomEvent(STORAGE_CLOSED, { detail: data[STORAGE_CLOSED] }))
}

/** Why a worker is no more: a call was stopped, and it did not hear of it. */
class Ended extends LapidaryError {}

/** The signal of a call's last argument. */
function stopOf(args: unknown[]): AbortSignal | undefined {
  const call = args.at(-1)
  const signal = typeof call === 'object' && call !== null && 'signal' in call ? call.signal : undefined
  return signal instanceof AbortSignal ? signal : undefined
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
