import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { disagreement } from '../../src/portable/agreement.ts'

test('a backend that computes the same is agreed with', async () => {
  expect(await disagreement('cpu')).toBeNull()
  expect(tf.getBackend()).toBe('cpu')
})

test('one that does not is told by what it gets wrong', async () => {
  const right = tf.getKernel('Softmax', 'cpu')
  tf.unregisterKernel('Softmax', 'cpu')
  tf.registerKernel({
    ...right,
    kernelFunc: (params) => {
      const made = right.kernelFunc(params) as tf.TensorInfo
      const values = tf.backend().readSync(made.dataId) as Float32Array
      values[0]! *= 1.1
      return made
    },
  })
  try {
    expect(await disagreement('cpu')).toMatch(/: \S+ instead of/)
  } finally {
    tf.unregisterKernel('Softmax', 'cpu')
    tf.registerKernel(right)
  }
})

test('one that cannot be started is told so', async () => {
  // Node has no WebGPU.
  expect(await disagreement('webgpu')).toMatch(/TensorFlow.js cannot start/)
})
