import * as tf from '@tensorflow/tfjs-core'

/** What the WASM backend offers beyond the interface of all backends. */
interface WasmBackend extends tf.KernelBackend {
  wasm: {
    HEAPU8: Uint8Array
    _malloc(bytes: number): number
    _free(address: number): void
  }
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
  const backend = wasmBackend()
  if (backend) {
    const made = backend.makeOutput(shape, 'float32')
    write(backend.typedArrayFromHeap(made))
    return tf.engine().makeTensorFromTensorInfo(made) as tf.Tensor2D
  }
  const values = new Float32Array(rows * cols)
  write(values)
  return tf.tensor2d(values, shape)
}

/** A tensor's values where they lie: until the next operation. Only on the WASM backend. */
export function valuesOf(x: tf.Tensor): Float32Array<ArrayBuffer> {
  return wasmBackend()!.typedArrayFromHeap({ dataId: x.dataId, shape: x.shape, dtype: x.dtype })
}

export const onWasm = (): boolean => wasmBackend() !== null

/** The backend's memory has ended. */
export class HeapFull extends Error {}

const watched = new WeakSet<object>()

/**
 * Makes the WASM backend's allocator throw `HeapFull`: by itself it gives address 0, which TensorFlow.js writes to as to any other.
 */
export function watchAllocations(): void {
  const module = wasmBackend()?.wasm
  if (!module || watched.has(module)) return
  watched.add(module)
  // The first call puts the allocator itself in the place of what binds it: nothing may be put there before.
  module._free(module._malloc(1))
  const allocate = module._malloc
  module._malloc = (bytes) => {
    const at = allocate(bytes)
    if (at === 0 && bytes > 0) throw new HeapFull('the WebAssembly heap cannot grow')
    return at
  }
}

/** Whether the WASM backend's memory is as large as it can become: XNNPACK allocates in it without a check. */
export function heapIsFull(): boolean {
  const heap = wasmBackend()?.wasm.HEAPU8
  return heap !== undefined && heap.byteLength > 2 ** 32 - 2 ** 26
}

/** Bytes of the backend's memory, where it says so, else of its tensors. */
export function heldBytes(): number {
  return wasmBackend()?.wasm.HEAPU8.byteLength ?? tf.memory().numBytes
}

/** Whether an error says that memory was not given. */
export function isShortOfMemory(error: unknown): boolean {
  return (
    error instanceof HeapFull || (error instanceof RangeError && /alloc|memory|length/i.test(error.message))
  )
}

function wasmBackend(): WasmBackend | null {
  return tf.getBackend() === 'wasm' ? (tf.backend() as WasmBackend) : null
}
