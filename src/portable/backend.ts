import * as tf from '@tensorflow/tfjs-core'
import type { PortableBackend } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import { oneFile } from '../protocol/one-file.ts'

export interface BackendOptions {
  /** Tried in this order; by default WASM, then plain JavaScript. */
  backends?: readonly PortableBackend[]
  /** Threads that compute beside the WASM backend; more than one needs a page that is cross-origin isolated. */
  threads?: number
  /** Addresses of the .wasm files by name, where a bundler has given them others. */
  wasmPaths?: Record<string, string>
}

export interface OpenBackend {
  name: PortableBackend
  /** What runs, in words. */
  device: string
  /** That may compute: more than one where WebAssembly may share memory between them. */
  threads: number
  /** Why those before it in the order could not be started. */
  missed: string[]
}

/** TensorFlow.js has one backend at a time: openings wait for one another. */
let opening: Promise<unknown> = Promise.resolve()
let wasmBegun = false

/**
 * Makes a backend the one that TensorFlow.js computes with in this page or worker. What was made with another is to be disposed
 * of before.
 * @throws LapidaryError `missing_device` where none can be started, with each one's reason
 */
export function openBackend(options: BackendOptions = {}): Promise<OpenBackend> {
  const opened = opening.then(() => open(options))
  opening = opened.catch(() => {})
  return opened
}

async function open({
  backends = ['wasm', 'cpu'],
  threads,
  wasmPaths,
}: BackendOptions): Promise<OpenBackend> {
  const missed: string[] = []
  for (const name of backends)
    try {
      if (name === 'wasm') {
        const wasm = await import('@tensorflow/tfjs-backend-wasm')
        // Throws once it has started.
        // Of an address at `file:` it makes a request that nobody answers, unless it is told to use `fetch`.
        if (!wasmBegun && wasmPaths) wasm.setWasmPaths(wasmPaths, oneFile() !== null)
        // Its build with threads computes no faster, and Firefox may hang for ever while it makes its workers.
        tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
        wasmBegun = true
      } else if (name === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu')
      else await import('@tensorflow/tfjs-backend-cpu')
      if (!(await tf.setBackend(name))) throw new Error('it does not start here')
      await tf.ready()
      const hands = name === 'wasm' && sharesMemory() ? Math.max(1, threads ?? 1) : 1
      const device = `TensorFlow.js ${tf.version_core}, ${await describe(name, hands)}`
      return { name, device, threads: hands, missed }
    } catch (error) {
      missed.push(`${LABELS[name]}: ${reasonOf(error)}`)
    }
  return fail(
    'missing_device',
    `TensorFlow.js cannot start (${missed.join('; ')}).`,
    backends.includes('wasm')
      ? 'Use a current browser; some policies and extensions block WebAssembly.'
      : 'Set portable_backend to auto.',
    { backends: backends.join(', ') },
  )
}

/** Builds of Emscripten append how to debug them. */
const reasonOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split(/\n| Build with/)[0]!.slice(0, 160)

const LABELS: Record<PortableBackend, string> = {
  wasm: 'WebAssembly',
  webgpu: 'WebGPU',
  cpu: 'plain JavaScript',
}

/** Whether threads of our own may work on one memory. */
function sharesMemory(): boolean {
  return globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer === 'function'
}

async function describe(name: PortableBackend, threads: number): Promise<string> {
  if (name !== 'wasm') return LABELS[name]
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) as boolean
  return `WebAssembly${simd ? ' with SIMD' : ''}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
}
