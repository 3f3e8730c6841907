import { type WebGPUBackend, webgpu_util } from '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import type { MatmulPeer } from './matmul.ts'
import { checkProduct, sampleTimes } from './peer.ts'
import { noise } from './random.ts'
import type { Bench } from './session.ts'

const NAME = `TensorFlow.js ${tf.version_core}, WebGPU`
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
      const k = direction === 'forward' ? columns : out
      const [left, right] = [noise(rows * k, 2), noise(out * columns, 3)]
      const a = tf.tensor2d(left, [rows, k])
      const w = tf.tensor2d(right, [out, columns])
      const product = () => tf.matMul(a, w, false, direction === 'forward')
      try {
        const c = product()
        checkProduct(NAME, await c.data(), left, right, direction, { rows, out, columns })
        c.dispose()
        return await sampleTimes(budget, async (repeats) => {
          for (let i = 0; i < repeats; i++) product().dispose()
          backend.ensureCommandEncoderReady()
          backend.endComputePassEncoder()
          backend.submitQueue()
          await backend.queue.onSubmittedWorkDone()
          if (invalid) throw new Error(`TensorFlow.js: ${invalid}`)
        })
      } finally {
        a.dispose()
        w.dispose()
      }
    },
    // The backend stays: a training step is measured on it too.
    dispose: () => {},
  }
}
