import * as tf from '@tensorflow/tfjs-core'

/** `tf.tidy` for functions that give any object of tensors (or nulls). */
export function tidy<T>(body: () => T): T {
  return tf.tidy(body as () => tf.TensorContainer) as T
}

/** Disposes of every tensor in an object. */
export function free(...held: unknown[]): void {
  tf.dispose(held as tf.TensorContainer)
}
