import { type TransferHandler, transferHandlers } from 'comlink'
import { isFailure, LapidaryError, toFailure } from '../protocol/errors.ts'
import type { Call, Progress } from '../protocol/rooms/call.ts'

/** What both ends of a worker border must agree on: calls, failures, and the address that files lie under. */

/** Every room's first call: where bundled files lie. A worker cannot tell, its own script may lie anywhere. */
export interface Opened {
  open(options: { base: string }): void
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

export function registerTransfers(): void {
  transferHandlers.set('lapidary-call', calls)
}

type Method = (...args: never[]) => unknown

/** The same rooms, whose errors leave the worker as Failures: comlink would flatten an Error to its message. */
export function guarded<Room extends object>(room: Room): Room {
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
