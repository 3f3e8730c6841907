import type { Direction } from '../src/kernels/matmul.ts'
import { summary, type Timing } from './timer.ts'

/** Runs queued before the device is waited for, at most. */
const MOST_REPEATS = 64
const SAMPLE_SECONDS = 0.03

/** Seconds of one run, by the wall clock, where `run` does it several times. */
export async function sampleTimes(budget: number, run: (repeats: number) => Promise<void>): Promise<Timing> {
  const seconds = async (repeats: number) => {
    const began = performance.now()
    await run(repeats)
    return (performance.now() - began) / 1000
  }
  const once = await seconds(1)
  const repeats = Math.max(1, Math.min(MOST_REPEATS, Math.round(SAMPLE_SECONDS / once)))
  const count = Math.max(1, Math.min(9, Math.floor(budget / (once * repeats))))
  const times: number[] = []
  for (let i = 0; i < count; i++) times.push((await seconds(repeats)) / repeats)
  return { ...summary(times), clock: 'wall' }
}

/**
 * It must be the same product: the last element by hand. Forward y = x Wᵀ, backward dx = dy W, W [out, columns].
 * @throws Error where it is another one
 */
export function checkProduct(
  name: string,
  got: ArrayLike<number>,
  left: Float32Array,
  right: Float32Array,
  direction: Direction,
  { rows, out, columns }: { rows: number; out: number; columns: number },
): void {
  const [n, k] = direction === 'forward' ? [out, columns] : [columns, out]
  const [row, column] = [rows - 1, n - 1]
  let want = 0
  for (let i = 0; i < k; i++)
    want += left[row * k + i]! * right[direction === 'forward' ? column * k + i : i * n + column]!
  const found = got[row * n + column]!
  if (!(Math.abs(found - want) <= 1e-3 * Math.sqrt(k)))
    throw new Error(`${name} gives ${found} where ${want} is right`)
}
