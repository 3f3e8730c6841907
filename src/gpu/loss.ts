import { LapidaryError } from '../protocol/errors.ts'
import type { Gpu } from './device.ts'

/** Milliseconds that a device may take to be told as lost after its work has been broken off. */
const LATE = 1000

/**
 * Why work on a device failed. A lost device rejects what waits for it as aborted or failed, before the loss itself is told or
 * after; a stop by a person is an abort, too, and is known by its signal.
 * @returns the loss where there was one, else `error`
 */
export async function causeOf(
  gpu: Pick<Gpu, 'lost' | 'failure'>,
  error: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  if (error instanceof LapidaryError || (signal?.aborted && error === signal.reason)) return error
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LATE)
  })
  await Promise.race([gpu.lost.catch(() => {}), late])
  clearTimeout(timer)
  return gpu.failure ?? error
}
