import { expose, type TransferHandler, transferHandlers } from 'comlink'
import { isFailure, LapidaryError, toFailure } from '../protocol/errors.ts'

/** What both ends of a worker border must agree on: signals, failures, and the address that files lie under. */

/** Every room's first call: where bundled files lie. A worker cannot tell, its own script may lie anywhere. */
export interface Opened {
  open(options: { base: string }): void
}

/** AbortSignals cross as a port that says when they fire. */
const signals: TransferHandler<AbortSignal, { aborted: boolean; port: MessagePort }> = {
  canHandle: (value): value is AbortSignal => value instanceof AbortSignal,
  serialize(signal) {
    const { port1, port2 } = new MessageChannel()
    const tell = () => port1.postMessage('abort')
    signal.addEventListener('abort', tell, { once: true })
    return [{ aborted: signal.aborted, port: port2 }, [port2]]
  },
  deserialize({ aborted, port }) {
    const control = new AbortController()
    if (aborted) control.abort()
    else port.onmessage = () => control.abort()
    return control.signal
  },
}

export function registerTransfers(): void {
  transferHandlers.set('lapidary-signal', signals)
}

type Method = (...args: never[]) => unknown

/** What a worker says once it hears. Not of comlink's form, which passes it over. */
const READY = 'lapidary.ready'

/** Resolves when the worker at the other end hears: its script has loaded, and what is sent is lost no more. */
export function heard(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const listen = ({ data }: MessageEvent) => {
      if (data !== READY) return
      worker.removeEventListener('message', listen)
      resolve()
    }
    worker.addEventListener('message', listen)
  })
}

/** Called in a worker: its room answers from here on, and the page is told so. */
export function exposeRoom(room: object): void {
  registerTransfers()
  expose(guarded(room))
  self.postMessage(READY)
}

/** The same methods, whose errors leave the worker as Failures: comlink would flatten an Error to its message. */
function guarded<Room extends object>(room: Room): Room {
  return Object.fromEntries(
    Object.entries(room).map(([name, method]) => [
      name,
      async (...args: never[]) => {
        try {
          return await (method as Method)(...args)
        } catch (error) {
          throw toFailure(error)
        }
      },
    ]),
  ) as Room
}

/** The error to throw on this side for what was thrown on the other. */
export function rebuilt(error: unknown): unknown {
  return isFailure(error) && !(error instanceof Error) ? new LapidaryError(error) : error
}
