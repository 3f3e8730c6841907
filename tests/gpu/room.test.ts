import { expect, test, vi } from 'vitest'
import { GEMMA_270M } from '../../bench/shapes.ts'
import { planEngine } from '../../src/engine/plan.ts'
import type { Gpu } from '../../src/gpu/device.ts'
import { memoryBudget, roomFor } from '../../src/gpu/room.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

/** A device that fills memory at 20 GB/s, but what lies beyond `size` bytes fifty times slower; after `most` bytes there is no more. */
function device(size: number, options: { most?: number; hiccup?: number } = {}) {
  vi.stubGlobal('GPUBufferUsage', {})
  let held = 0
  let time = 0
  let fills = 0
  const gpu = {
    limits: { maxBufferSize: 2 * GIB },
    failure: null,
    createBuffer: (_: string, bytes: number) => {
      held += bytes
      return { size: bytes }
    },
    destroyBuffer: (buffer: GPUBuffer) => {
      held -= buffer.size
    },
    device: {
      createCommandEncoder: () => ({ clearBuffer: () => {}, finish: () => ({}) }),
      pushErrorScope: () => {},
      popErrorScope: async () => (held > (options.most ?? Number.POSITIVE_INFINITY) ? {} : null),
      queue: {
        submit: () => {
          time += (held + 49 * Math.max(0, held - size)) / 20e9 + (++fills === options.hiccup ? 5 : 0)
        },
        onSubmittedWorkDone: async () => {},
      },
    },
  }
  return { gpu: gpu as unknown as Gpu, now: () => time * 1000, held: () => held }
}

test('memory that becomes slow is not room, though nothing refuses it', async () => {
  const { gpu, now, held } = device(1.6 * GIB)
  const room = await roomFor(gpu, 3 * GIB, { now })
  expect(room).toBeGreaterThanOrEqual(1.25 * GIB)
  expect(room).toBeLessThanOrEqual(1.75 * GIB)
  expect(held()).toBe(0)
})

test('where all of it is quick there is room, also after a moment of other work', async () => {
  for (const hiccup of [0, 4, 9]) {
    const { gpu, now } = device(8 * GIB, { hiccup })
    expect(await roomFor(gpu, 3 * GIB + 5, { now })).toBe(3 * GIB + 5)
  }
})

test('memory that is refused is no room either', async () => {
  const { gpu, now, held } = device(8 * GIB, { most: GIB })
  expect(await roomFor(gpu, 3 * GIB, { now })).toBe(GIB)
  expect(held()).toBe(0)
})

test('stops when told to, and gives everything back', async () => {
  const { gpu, now, held } = device(8 * GIB)
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(roomFor(gpu, GIB, { now, signal })).rejects.toThrow('enough')
  expect(held()).toBe(0)
})

test('a plan takes no more than there was found to be room for, whatever was asked', () => {
  const request = {
    model: GEMMA_270M,
    lora: parseRunConfig({}).lora,
    maxTokens: 4096,
    maxSupervised: 512,
    recompute: 'auto' as const,
    decode: null,
  }
  const free = planEngine({ ...request, memoryBudget: 64 * GIB })
  expect(free.recompute).toBe('nothing')
  const most = free.memory.bytes.total - MIB
  const held = planEngine({ ...request, memoryBudget: 64 * GIB }, { most })
  expect(held.recompute).not.toBe('nothing')
  expect(held.memory.bytes.total).toBeLessThanOrEqual(most)
})

test('the budget goes by the kind of adapter, its limits, and what the machine has', () => {
  const of = (description: string, machine?: number, maxBufferSize = 2 * GIB, software = false) =>
    memoryBudget({ description, software, limits: { maxBufferSize } }, machine) / GIB
  expect(of('google swiftshader', 2 * GIB, 2 * GIB, true)).toBe(4)
  expect(of('nvidia ampere', 4 * GIB)).toBe(4)
  expect(of('intel gen-12lp', 8 * GIB)).toBe(2)
  expect(of('intel xe-hpg', 8 * GIB)).toBe(4)
  expect(of('intel gen-9', 4 * GIB)).toBeCloseTo(4 / 3)
  expect(of('qualcomm adreno', 8 * GIB, GIB / 4)).toBe(1)
  expect(of('amd rdna-3', 8 * GIB)).toBeCloseTo(8 / 3)
  expect(of('amd rdna-3')).toBe(4)
})
