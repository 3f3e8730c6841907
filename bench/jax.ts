import { blockUntilReady, defaultDevice, init, type Array as JaxArray, jit, numpy as np } from '@jax-js/jax'
import type { MatmulPeer } from './matmul.ts'
import { checkProduct, sampleTimes } from './peer.ts'
import { noise } from './random.ts'
import type { Bench } from './session.ts'

/** Written in when the page is bundled. */
declare const BENCH_JAX_VERSION: string

/** jax-js' WebGPU backend, jitted, with a device of its own; timed by the wall clock. */
export async function jaxPeer(bench: Bench): Promise<MatmulPeer> {
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js finds no WebGPU')
  defaultDevice('webgpu')
  bench.note(`jax-js ${BENCH_JAX_VERSION}, backend webgpu`)
  const forward = jit((a: JaxArray, w: JaxArray) => np.matmul(a, np.transpose(w)))
  const backward = jit((a: JaxArray, w: JaxArray) => np.matmul(a, w))
  return {
    name: `jax-js ${BENCH_JAX_VERSION}`,
    async time(direction, rows, out, columns, budget) {
      const k = direction === 'forward' ? columns : out
      const [left, right] = [noise(rows * k, 2), noise(out * columns, 3)]
      const a = np.array(left).reshape([rows, k])
      const w = np.array(right).reshape([out, columns])
      const product = () => (direction === 'forward' ? forward : backward)(a.ref, w.ref)
      try {
        checkProduct('jax-js', (await product().data()) as Float32Array, left, right, direction, {
          rows,
          out,
          columns,
        })
        return await sampleTimes(budget, async (repeats) => {
          const made: JaxArray[] = []
          for (let i = 0; i < repeats; i++) made.push(product())
          await blockUntilReady(made)
          for (const array of made) array.dispose()
        })
      } finally {
        a.dispose()
        w.dispose()
      }
    },
    dispose: () => {},
  }
}
