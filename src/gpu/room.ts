import type { Gpu } from './device.ts'

const GIB = 2 ** 30

/** Bytes that a plan may take where nothing is known of the adapter. */
export const USUAL_BUDGET = 4 * GIB
/** Of an adapter that shares the memory of its machine, which runs other things too. */
const SHARED_BUDGET = 2 * GIB
/** Of what a machine has, where a browser tells that: it counts to eight and stops. */
const SHARE_OF_MACHINE = 1 / 3
/** An adapter that gives no larger buffer than a fraction of this has less in all. */
const LARGEST_BUFFERS = 4

const OWN_MEMORY = /nvidia|geforce|radeon rx|xe-hpg|\barc\b/i
const SHARED_MEMORY = /intel|qualcomm|adreno|\barm\b|mali|img|powervr|apple/i

/**
 * Bytes that a plan may take on an adapter. WebGPU tells no size of memory: this goes by what kind of adapter it is, by its limits,
 * and by what the browser says of the machine.
 * @param machine bytes of the machine's memory, rounded down as browsers do
 */
export function memoryBudget(
  {
    software,
    description,
    limits,
  }: Pick<Gpu, 'software' | 'description'> & { limits: Pick<GPUSupportedLimits, 'maxBufferSize'> },
  machine: number | undefined = deviceMemory(),
): number {
  if (software) return USUAL_BUDGET
  const own = OWN_MEMORY.test(description)
  const shared = !own && SHARED_MEMORY.test(description)
  const usual = shared ? SHARED_BUDGET : USUAL_BUDGET
  const most = own || !machine ? Number.POSITIVE_INFINITY : machine * SHARE_OF_MACHINE
  return Math.floor(Math.min(usual, most, LARGEST_BUFFERS * limits.maxBufferSize))
}

function deviceMemory(): number | undefined {
  const { deviceMemory } = (globalThis.navigator ?? {}) as { deviceMemory?: number }
  return deviceMemory && deviceMemory * GIB
}

/** What was found of a device's memory, by trying or by failing. */
export interface Room {
  /** Bytes that went at the device's own pace. */
  fits: number
  /** Bytes that did not; null: nothing was tried that is too much. */
  short: number | null
}

export const NOTHING_TRIED: Room = { fits: 0, short: null }

/** Whether so many bytes are known to be too much. */
export const isShort = ({ fits, short }: Room, bytes: number): boolean =>
  short !== null && bytes > fits && bytes >= short

/** With what trying `wanted` bytes gave: room for `found` of them. */
export function withTried({ fits, short }: Room, wanted: number, found: number): Room {
  if (found < wanted) return { fits: found, short: wanted }
  return { fits: Math.max(fits, wanted), short: short !== null && short <= wanted ? null : short }
}

/** With an allocation of so many bytes in all that was refused. */
export function withRefused({ fits, short }: Room, bytes: number): Room {
  return { fits: Math.min(fits, bytes - 1), short: Math.min(short ?? bytes, bytes) }
}

/** What is allocated and timed at once. */
const STEP_BYTES = 2 ** 28
/** Memory that is so many times slower than the quickest so far is not where it should be. */
const SLOWER = 8
/** Seconds that a step takes at least before it counts as slow. */
const LONG_SECONDS = 0.25

/**
 * How many of `bytes` a device has room for at its own pace: it is filled in steps, each of which is timed, and given back. Systems
 * answer a lack of graphics memory by moving some of it elsewhere, which no error tells and which makes every step many times slower.
 * A step that is slow is timed twice, since other work may have been in its way.
 * @param latency seconds until finished work is noticed, see `noticeSeconds`
 */
export async function roomFor(
  gpu: Gpu,
  bytes: number,
  options: { latency?: number; now?: () => number; signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const { latency = 0, now = () => performance.now(), signal } = options
  const { device } = gpu
  const held: GPUBuffer[] = []
  let room = 0
  let quickest = Number.POSITIVE_INFINITY
  const fill = async (buffer: GPUBuffer): Promise<number> => {
    const begun = now()
    const encoder = device.createCommandEncoder()
    // All of it, so that none of what came before may stay elsewhere.
    for (const each of held) encoder.clearBuffer(each)
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
    const seconds = Math.max(0, (now() - begun) / 1000 - latency)
    return seconds / (held.length * buffer.size)
  }
  try {
    while (room < bytes) {
      signal?.throwIfAborted()
      if (gpu.failure) throw gpu.failure
      device.pushErrorScope('out-of-memory')
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST
      const buffer = gpu.createBuffer('room', Math.min(STEP_BYTES, gpu.limits.maxBufferSize), usage)
      held.push(buffer)
      if (await device.popErrorScope()) break
      // The first time pays for making it.
      await fill(buffer)
      let pace = await fill(buffer)
      const isSlow = () => pace > SLOWER * quickest && pace * buffer.size * held.length > LONG_SECONDS
      if (isSlow()) pace = await fill(buffer)
      if (isSlow()) break
      quickest = Math.min(quickest, Math.max(pace, 1e-12))
      room += buffer.size
    }
    return Math.min(room, bytes)
  } finally {
    for (const buffer of held) gpu.destroyBuffer(buffer)
  }
}
