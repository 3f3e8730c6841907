import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import type { OpenBackend } from '../src/portable/backend.ts'
import { PortableEngine } from '../src/portable/portable-engine.ts'
import type { MeasuredStep } from './measured.ts'
import { measureDecode, scalars } from './model.ts'
import { measureStep, missedStep } from './peer.ts'
import type { Bench } from './session.ts'

/**
 * The same training step in TensorFlow.js operations (the portable engine: gradients written out, so quicker than its
 * autodiff), on its WebAssembly and its WebGPU backend.
 */
export async function portableSteps(bench: Bench, ours: MeasuredStep): Promise<void> {
  setWasmPaths('/')
  setThreadsCount(1)
  for (const backend of ['wasm', 'webgpu'] as const) {
    const name = `Lapidary, portable: TensorFlow.js ${tf.version_core}, ${backend === 'wasm' ? 'WebAssembly' : 'WebGPU'}`
    const where = backend === 'wasm' ? 'processor, 1 thread' : bench.adapter
    try {
      if (!(await tf.setBackend(backend))) throw new Error('it does not start here')
      await tf.ready()
      await measure(bench, ours, { name: backend, device: name, threads: 1, missed: [] }, where)
    } catch (error) {
      missedStep(bench, ours, name, where, error)
    }
  }
}

async function measure(bench: Bench, ours: MeasuredStep, backend: OpenBackend, where: string): Promise<void> {
  const { device: name } = backend
  const engine = new PortableEngine(backend)
  try {
    await engine.load(ours.source, ours.request, { seed: 1 })
    let at = 0
    const step = async () => (await engine.step([ours.batch], scalars(++at))).loss
    await measureStep(bench, ours, name, where, step)
    if (bench.left > 0 && ours.decode) await measureDecode(bench, engine, ours, name, where)
  } finally {
    engine.dispose()
  }
}
