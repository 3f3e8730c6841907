import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import type { PortableBackend } from '../../src/protocol/engine.ts'

/** What `src/workers/portable-host.ts` is to a built page: the portable engine, with files of WebAssembly as Node finds them. */
export function openPortable(backends?: readonly PortableBackend[]): Promise<PortableEngine> {
  return createPortableEngine(backends ? { backends } : {})
}

/** Node has no WebGPU to disagree. */
export async function webgpuDisagreement(): Promise<string | null> {
  return null
}

export { planPortable } from '../../src/portable/plan.ts'
