import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { PortableEngine } from '../src/portable/portable-engine.ts'
import { type MeasuredStep, scalars } from './model.ts'
import type { Bench } from './session.ts'
import { summary } from './timer.ts'

const WARM_UP = 1
const STEPS = 4

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
    const times: number[] = []
    for (let i = 0; i < WARM_UP + STEPS && (i <= WARM_UP || bench.left > 0); i++) {
      const began = performance.now()
      const { finite } = await engine.step([ours.batch], scalars(i + 1))
      if (!finite) throw new Error('a step is not finite')
      if (i >= WARM_UP) times.push((performance.now() - began) / 1000)
    }
    const timing = { ...summary(times), clock: 'wall' as const }
    const tokens = ours.batch.tokens.length
    bench.row(
      'step',
      `${ours.model}, ${tokens} tokens, ${ours.batch.supervisedRows.length} supervised, f32`,
      { flops: ours.flops, bytes: 0 },
      timing,
      { tokens, tokensPerSecond: tokens / timing.seconds },
      name,
    )
    bench.figure(
      `${ours.model} step: WGSL engine over ${name}`,
      timing.seconds / ours.timing.seconds,
      'times',
      `${(timing.fastest / ours.timing.fastest).toPrecision(3)} by the fastest samples; same adapter, same run`,
    )
  } finally {
    engine.dispose()
  }
}
