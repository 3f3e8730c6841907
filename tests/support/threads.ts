import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { buildSync } from 'esbuild'

/** A browser's worker as far as threads over shared memory need one; `open`: how many there are. */
export interface NodeThread {
  postMessage(message: unknown): void
  onmessage: ((event: { data: unknown }) => void) | null
  onerror: ((event: { message?: string }) => void) | null
  terminate(): void
}

const built = new Map<string, string>()
let running = 0

/** Threads that were begun and not ended. */
export const threadsRunning = (): number => running

/** @param path of a worker's module in this repository */
export function nodeThread(path: string): NodeThread {
  const code =
    built.get(path) ??
    buildSync({ entryPoints: [path], bundle: true, write: false, format: 'cjs' }).outputFiles[0]!.text
  built.set(path, code)
  const shim = `const { parentPort } = require('node:worker_threads')
    const self = { postMessage: (m) => parentPort.postMessage(m) }
    parentPort.on('message', (data) => self.onmessage({ data }))\n`
  const worker = new Worker(shim + code, { eval: true })
  const made: NodeThread = {
    onmessage: null,
    onerror: null,
    postMessage: (message) => worker.postMessage(message),
    terminate: () => {
      running--
      void worker.terminate()
    },
  }
  worker.on('message', (data) => made.onmessage?.({ data }))
  worker.on('error', ({ message }) => made.onerror?.({ message }))
  running++
  return made
}

/** Has Node look like a page that is isolated, until what is given back is called. */
export function isolated(): () => void {
  const page = globalThis as { Worker?: unknown; crossOriginIsolated?: boolean; origin?: string }
  const before = { Worker: page.Worker, crossOriginIsolated: page.crossOriginIsolated, origin: page.origin }
  page.crossOriginIsolated = true
  // Of addresses of files: scripts of another origin do not run.
  page.origin = 'null'
  page.Worker = class {
    constructor(address: string) {
      // biome-ignore lint/correctness/noConstructorReturn: what it gives is all that it is for
      return nodeThread(fileURLToPath(address))
    }
  }
  return () => void Object.assign(page, before)
}
