import * as tf from '@tensorflow/tfjs-core'
import { fail } from '../protocol/errors.ts'

export type PortableBackend = 'wasm' | 'webgpu' | 'cpu'

export interface BackendOptions {
  /** Tried in this order; by default WASM, then plain JavaScript. */
  backends?: readonly PortableBackend[]
  /** Threads for WASM; more than one needs a page that is cross-origin isolated. */
  threads?: number
  /** Addresses of the three .wasm files by name, where a bundler has given them others. */
  wasmPaths?: Record<string, string>
}

let opened: Promise<string> | null = null

/**
 * Opens a backend of TensorFlow.js, once for this page or worker.
 * @returns what runs, in words
 * @throws LapidaryError `missing_device` where none can be started, with each one's reason
 */
export function openBackend(options: BackendOptions = {}): Promise<string> {
  opened ??= open(options).catch((error: unknown) => {
    opened = null
    throw error
  })
  return opened
}

async function open({ backends = ['wasm', 'cpu'], threads, wasmPaths }: BackendOptions): Promise<string> {
  const reasons: string[] = []
  for (const name of backends)
    try {
      if (name === 'wasm') {
        const wasm = await import('@tensorflow/tfjs-backend-wasm')
        if (wasmPaths) wasm.setWasmPaths(wasmPaths)
        if (threads !== undefined) wasm.setThreadsCount(threads)
      } else if (name === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu')
      else await import('@tensorflow/tfjs-backend-cpu')
      if (!(await tf.setBackend(name))) throw new Error('it does not start here')
      await tf.ready()
      return `TensorFlow.js ${tf.version_core}, ${await describe(name)}`
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  return fail(
    'missing_device',
    `TensorFlow.js cannot start (${reasons.join('; ')}).`,
    'Use a current browser; some policies and extensions block WebAssembly.',
    { backends: backends.join(', ') },
  )
}

async function describe(name: PortableBackend): Promise<string> {
  if (name === 'webgpu') return 'WebGPU'
  if (name === 'cpu') return 'plain JavaScript'
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) as boolean
  const threaded = (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')) as boolean
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm')
  const count = threaded ? getThreadsCount() : 1
  return `WebAssembly${simd ? ' with SIMD' : ''}, ${count} ${count === 1 ? 'thread' : 'threads'}`
}
