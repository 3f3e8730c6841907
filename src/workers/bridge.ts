import { expose, type TransferHandler, transferHandlers } from 'comlink'
import { isFailure, LapidaryError, toFailure } from '../protocol/errors.ts'
import { giveBack, inPieces, lent, PIECE_BYTES } from '../protocol/exported.ts'
import { answerBeats, takeLife, whenGone, whenSilent } from '../protocol/life.ts'
import type { Call, Progress } from '../protocol/rooms/call.ts'
import type { ExportedFile } from '../protocol/rooms/exports.ts'
import { type Closed, STORAGE_CLOSED } from '../protocol/storage-closed.ts'

/** What both ends of a worker border must agree on: calls, failures, and the address that files lie under. */

/** Every room's first call: where bundled files lie. A worker cannot tell, its own script may lie anywhere. */
export interface Opened {
  open(options: { base: string }): void
  /** Gives back what it holds and can make again. */
  rest?(): void | Promise<void>
}

/** A call without what cannot be cloned; over the port go progress and previews one way, a stop the other way. */
interface CrossingCall {
  port: MessagePort
  /** Of its signal; null: it has none. */
  aborted: boolean | null
  heard: { progress: boolean; preview: boolean }
}
type Heard = { progress: Progress } | { preview: unknown }

const CALL_PARTS = ['signal', 'onProgress', 'onPreview']

function isCall(value: unknown): value is Call<unknown> {
  if (typeof value !== 'object' || value === null) return false
  const parts = Object.entries(value)
  return (
    parts.every(([name]) => CALL_PARTS.includes(name)) &&
    parts.some(([, part]) => part instanceof AbortSignal || typeof part === 'function')
  )
}

/**
 * Arguments whose calls hear nothing any more once `end` was called: progress goes by a port of its own, and the last of it may come
 * behind what the call returns, when whoever asked shows something else already.
 */
export function heardUntilEnd(args: readonly unknown[]): { args: unknown[]; end: () => void } {
  let over = false
  const before =
    <T>(hear: (value: T) => void) =>
    (value: T) => {
      if (!over) hear(value)
    }
  const one = (call: Call<unknown>): Call<unknown> => ({
    ...call,
    ...(call.onProgress && { onProgress: before(call.onProgress) }),
    ...(call.onPreview && { onPreview: before(call.onPreview) }),
  })
  return {
    args: args.map((arg) => (isCall(arg) ? one(arg) : arg)),
    end: () => {
      over = true
    },
  }
}

const calls: TransferHandler<Call<unknown>, CrossingCall> = {
  canHandle: isCall,
  serialize({ signal, onProgress, onPreview }) {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }: MessageEvent<Heard>) => {
      if ('progress' in data) onProgress?.(data.progress)
      else onPreview?.(data.preview)
    }
    signal?.addEventListener('abort', () => port1.postMessage('abort'), { once: true })
    const heard = { progress: onProgress !== undefined, preview: onPreview !== undefined }
    return [{ port: port2, aborted: signal?.aborted ?? null, heard }, [port2]]
  },
  deserialize({ port, aborted, heard }) {
    const call: Call<unknown> = {}
    if (aborted !== null) {
      const control = new AbortController()
      call.signal = control.signal
      if (aborted) control.abort()
      else port.onmessage = () => control.abort()
    }
    const tell = (message: Heard) => port.postMessage(message)
    if (heard.progress) call.onProgress = (progress) => tell({ progress })
    if (heard.preview) call.onPreview = (preview) => tell({ preview })
    return call
  },
}

/** A file whose bytes are asked for piece by piece, over a port of its own for each reading; no browser lacks ports. */
interface CrossingFile {
  path: string
  size: number
  port: MessagePort
}
type Piece = { bytes: Uint8Array<ArrayBuffer> } | { done: true } | { failure: unknown }

const isFile = (value: unknown): value is ExportedFile =>
  typeof value === 'object' && value !== null && typeof (value as ExportedFile).chunks === 'function'

const files: TransferHandler<ExportedFile[], CrossingFile[]> = {
  canHandle: (value): value is ExportedFile[] =>
    Array.isArray(value) && value.length > 0 && value.every(isFile),
  serialize(given) {
    const crossing = given.map((file) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = ({ ports: [reader] }) => serve(file, reader!)
      return { path: file.path, size: file.size, port: port2 }
    })
    return [crossing, crossing.map(({ port }) => port)]
  },
  deserialize: (crossing) =>
    crossing.map(({ path, size, port }) => ({ path, size, chunks: () => pieces(port) })),
}

/** Sends a piece for each message, until there is none left or the reader has had enough. */
function serve(file: ExportedFile, reader: MessagePort): void {
  const spare: ArrayBuffer[] = []
  const source = inPieces(givenBack(file.chunks()), PIECE_BYTES, spare)
  reader.onmessage = async ({ data }) => {
    if (data instanceof ArrayBuffer) return void spare.push(data)
    if (data === 'enough') {
      await source.return(undefined)
      return reader.close()
    }
    try {
      const { value, done } = await source.next()
      if (done) reader.postMessage({ done } satisfies Piece)
      else reader.postMessage({ bytes: value } satisfies Piece, [value.buffer])
    } catch (error) {
      reader.postMessage({ failure: toFailure(error) } satisfies Piece)
    }
  }
}

/** Pieces, which are given back as the next one is asked for. */
async function* givenBack(source: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    yield piece
    giveBack(piece)
  }
}

async function* pieces(port: MessagePort): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { port1, port2 } = new MessageChannel()
  port.postMessage('read', [port2])
  try {
    for (;;) {
      const next = await new Promise<Piece>((resolve) => {
        port1.onmessage = ({ data }) => resolve(data)
        port1.postMessage('next')
      })
      if ('failure' in next) throw rebuilt(next.failure)
      if ('done' in next) return
      const { bytes } = next
      const whole = bytes.byteLength === PIECE_BYTES
      yield whole ? lent(bytes, (buffer) => port1.postMessage(buffer, [buffer])) : bytes
    }
  } finally {
    port1.postMessage('enough')
    port1.close()
  }
}

export function registerTransfers(): void {
  transferHandlers.set('lapidary-call', calls)
  transferHandlers.set('lapidary-files', files)
}

type Method = (...args: never[]) => unknown

/** What a worker says once it hears, with the name of the lock that it holds. Not of comlink's form, which passes it over; nor is what follows. */
const READY = 'lapidary.ready'
/** A port whose beats are to be answered. */
const BEATS = 'lapidary.beats'

/**
 * Resolves when the worker at the other end hears: its script has loaded, and what is sent is lost no more.
 * @returns the lock that it holds as long as it lives; null: there are none here
 */
export function heard(worker: Worker): Promise<string | null> {
  return new Promise((resolve) => {
    const listen = ({ data }: MessageEvent) => {
      if (typeof data !== 'object' || data === null || !(READY in data)) return
      worker.removeEventListener('message', listen)
      resolve(data[READY])
    }
    worker.addEventListener('message', listen)
  })
}

/** Calls `gone` when a worker that was heard ends, by itself or by the browser. @returns stops waiting for it */
export function whenEnded(worker: Worker, life: string | null, gone: () => void): () => void {
  if (life !== null) return whenGone(life, gone)
  const { port1, port2 } = new MessageChannel()
  worker.postMessage(BEATS, [port2])
  return whenSilent(port1, gone)
}

/** Called in a worker: its room answers from here on, and the page is told so. */
export function exposeRoom(
  room: object,
  /** Takes who is to hear that the database was closed. */
  onClosed?: (hear: (closed: Closed) => void) => void,
): void {
  registerTransfers()
  expose({ ...guarded(room), load: loadModules })
  onClosed?.((closed) => self.postMessage({ [STORAGE_CLOSED]: closed }))
  self.addEventListener('message', ({ data, ports }) => {
    if (data === BEATS) answerBeats(ports[0]!)
  })
  void takeLife()
    .catch(() => null)
    .then((life) => self.postMessage({ [READY]: life }))
}

/** Loads modules that are not needed yet. What does not come is told where it is needed. @param addresses whole ones */
async function loadModules(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await import(/* @vite-ignore */ address).catch(() => {})
}

/** The same rooms, whose errors leave the worker as Failures: comlink would flatten an Error to its message. */
function guarded<Room extends object>(room: Room): Room {
  return Object.fromEntries(
    Object.entries(room).map(([name, part]) => [
      name,
      typeof part === 'function' ? wary(part) : guarded(part),
    ]),
  ) as Room
}

function wary(method: Method): Method {
  return async (...args) => {
    try {
      const call: unknown = args.at(-1)
      if (isCall(call)) call.signal?.throwIfAborted()
      return await method(...args)
    } catch (error) {
      throw toFailure(error)
    }
  }
}

/** The error to throw on this side for what was thrown on the other. */
export function rebuilt(error: unknown): unknown {
  return isFailure(error) && !(error instanceof Error) ? new LapidaryError(error) : error
}
