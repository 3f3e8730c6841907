import * as tf from '@tensorflow/tfjs-core'

/** What the WASM backend offers beyond the interface of all backends. */
interface WasmBackend extends tf.KernelBackend {
  wasm: { tfjs: { getThreadsCount?(): number } }
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array<ArrayBuffer>
}

/**
 * A matrix of values that are computed here; `write` fills every one. The WASM backend's are written where they will lie: an array of
 * their own, and the copy of it, would take longer than widening from 16 bits does.
 */
export function matrixOf(
  rows: number,
  cols: number,
  write: (values: Float32Array<ArrayBuffer>) => void,
): tf.Tensor2D {
  const shape: [number, number] = [rows, cols]
  if (tf.getBackend() === 'wasm') {
    const backend = tf.backend() as WasmBackend
    const made = backend.makeOutput(shape, 'float32')
    write(backend.typedArrayFromHeap(made))
    return tf.engine().makeTensorFromTensorInfo(made) as tf.Tensor2D
  }
  const values = new Float32Array(rows * cols)
  write(values)
  return tf.tensor2d(values, shape)
}

/**
 * Whether this is the WASM backend on a thread or two: there, what runs on one thread without packing anything twice is as quick
 * as what TensorFlow.js can share out.
 */
export function fewThreads(): boolean {
  return tf.getBackend() === 'wasm' && ((tf.backend() as WasmBackend).wasm.tfjs.getThreadsCount?.() ?? 1) <= 2
}
