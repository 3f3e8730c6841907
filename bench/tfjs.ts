import { type WebGPUBackend, webgpu_util } from '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import type { MatmulPeer } from './matmul.ts'
import { noise } from './random.ts'
import type { Bench } from './session.ts'
import { summary } from './timer.ts'

const NAME = 'TensorFlow.js'
/** Runs in one submit at most; its backend gives back what it disposes of only then. */
const MOST_REPEATS = 64

/** TensorFlow.js' WebGPU backend on the same adapter, with a device of its own; timed by the wall clock. */
export async function tfjsPeer(bench: Bench): Promise<MatmulPeer> {
  if (!webgpu_util.isWebGPUSupported()) throw new Error('TensorFlow.js finds no WebGPU')
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js cannot open its WebGPU backend')
  await tf.ready()
  const backend = tf.backend() as WebGPUBackend
  let invalid: string | null = null
  backend.device.addEventListener('uncapturederror', (event) => {
    invalid ??= (event as GPUUncapturedErrorEvent).error.message
  })
  bench.note(`TensorFlow.js ${tf.version_core}, backend ${tf.getBackend()}`)
  return {
    name: NAME,
    async time(direction, rows, out, columns, budget) {
      const [n, k] = direction === 'forward' ? [out, columns] : [columns, out]
      const a = tf.tensor2d(noise(rows * k, 2), [rows, k])
      const w = tf.tensor2d(noise(out * columns, 3), [out, columns])
      const run = async (repeats: number) => {
        const began = performance.now()
        for (let i = 0; i < repeats; i++) tf.matMul(a, w, false, direction === 'forward').dispose()
        backend.ensureCommandEncoderReady()
        backend.endComputePassEncoder()
        backend.submitQueue()
        await backend.queue.onSubmittedWorkDone()
        if (invalid) throw new Error(`TensorFlow.js: ${invalid}`)
        return (performance.now() - began) / 1000
      }
      try {
        // It must be the same product: one element by hand.
        const began = performance.now()
        const c: tf.Tensor2D = tf.matMul(a, w, false, direction === 'forward')
        await check(c, a, w, direction, n, k)
        c.dispose()
        const first = (performance.now() - began) / 1000
        // What took long the first time was not held up by compilation alone.
        const once = first > budget ? first : await run(1)
        const sample = 0.03
        const repeats = Math.max(1, Math.min(MOST_REPEATS, Math.round(sample / once)))
        const count = Math.max(1, Math.min(9, Math.floor(budget / (once * repeats))))
        const times: number[] = []
        for (let i = 0; i < count; i++) times.push((await run(repeats)) / repeats)
        return { ...summary(times), clock: 'wall' }
      } finally {
        a.dispose()
        w.dispose()
      }
    },
    dispose: () => tf.removeBackend('webgpu'),
  }
}

async function check(
  c: tf.Tensor2D,
  a: tf.Tensor2D,
  w: tf.Tensor2D,
  direction: 'forward' | 'backward',
  n: number,
  k: number,
): Promise<void> {
  const [values, left, right] = await Promise.all([c.data(), a.data(), w.data()])
  const [row, column] = [c.shape[0] - 1, n - 1]
  let want = 0
  for (let i = 0; i < k; i++)
    want += left[row * k + i]! * right[direction === 'forward' ? column * k + i : i * n + column]!
  const got = values[row * n + column]!
  if (!(Math.abs(got - want) <= 1e-3 * Math.sqrt(k)))
    throw new Error(`TensorFlow.js gives ${got} where ${want} is right`)
}
