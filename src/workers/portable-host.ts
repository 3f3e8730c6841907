import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import type { BackendOptions } from '../portable/backend.ts'
import { createPortableEngine, type PortableEngine } from '../portable/portable-engine.ts'
import type { PortableBackend } from '../protocol/engine.ts'

/** Threads beyond this gain nothing at the sizes that a page trains. */
const MOST_THREADS = 8

/** The portable engine with WASM files of this build. Loaded when it is first needed. */
export function openPortable(backends?: readonly PortableBackend[]): Promise<PortableEngine> {
  return createPortableEngine({ ...ofThisBuild(), ...(backends && { backends }) })
}

/** What is wrong with TensorFlow.js' WebGPU backend on this machine; null: nothing. */
export async function webgpuDisagreement(): Promise<string | null> {
  const { disagreement } = await import('../portable/agreement.ts')
  return disagreement('webgpu', ofThisBuild())
}

function ofThisBuild(): BackendOptions {
  const absolute = (url: string) => new URL(url, import.meta.url).href
  return {
    threads: Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1),
    wasmPaths: {
      'tfjs-backend-wasm.wasm': absolute(plain),
      'tfjs-backend-wasm-simd.wasm': absolute(simd),
      // All three must be named; this one is never taken, see openBackend.
      'tfjs-backend-wasm-threaded-simd.wasm': absolute(simd),
    },
  }
}

export { demandPortable, planPortable } from '../portable/plan.ts'
