import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { PortableEngine } from '../src/portable/portable-engine.ts'
import { type MeasuredStep, scalars } from './model.ts'
import { measureStep } from './peer.ts'
import type { Bench } from './session.ts'

/**
 * The same training step in TensorFlow.js operations (the portable engine: gradients written out, so quicker than its
 * autodiff), on its WebAssembly and its WebGPU backend.
 */
export async function portableSteps(bench: Bench, ours: MeasuredStep): Promise<void> {
  setWasmPaths('/')
  for (const backend of ['wasm', 'webgpu'] as const) {
    const name = `TensorFlow.js ${backend}`
    try {
      if (!(await tf.setBackend(backend))) throw new Error('it does not start here')
      await tf.ready()
      await measure(bench, ours, name)
    } catch (error) {
      bench.skip(`${ours.model} step, ${name}`, String((error as Error).message))
    }
  }
}

async function measure(bench: Bench, ours: MeasuredStep, name: string): Promise<void> {
  const engine = new PortableEngine(name)
  try {
    await engine.load(ours.source, { ...ours.request, decode: null }, { seed: 1 })
    let at = 0
    await measureStep(bench, ours, name, async () => (await engine.step([ours.batch], scalars(++at))).loss)
  } finally {
    engine.dispose()
  }
}
