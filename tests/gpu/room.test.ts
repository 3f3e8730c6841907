import { expect, test, vi } from 'vitest'
import { GEMMA_270M } from '../../bench/shapes.ts'
import { planEngine, withinBudget } from '../../src/engine/plan.ts'
import { WebgpuEngine } from '../../src/engine/webgpu-engine.ts'
import type { Gpu } from '../../src/gpu/device.ts'
import { isShort, memoryBudget, NOTHING_TRIED, roomFor, withRefused, withTried } from '../../src/gpu/room.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { planRequest } from '../../src/workers/engine/plan-request.ts'
import { failure } from '../data/helpers.ts'

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

const request = {
  model: GEMMA_270M,
  lora: parseRunConfig({}).lora,
  maxTokens: 4096,
  maxSupervised: 512,
  recompute: 'auto' as const,
  decode: null,
}

test('what was tried and what was refused says what need not be tried again', () => {
  expect(isShort(NOTHING_TRIED, 1e12)).toBe(false)
  const tight = withTried(NOTHING_TRIED, 4 * GIB, 3 * GIB)
  expect(tight).toEqual({ fits: 3 * GIB, short: 4 * GIB })
  expect([3 * GIB, 3.5 * GIB, 4 * GIB, 5 * GIB].map((bytes) => isShort(tight, bytes))).toEqual([
    false,
    false,
    true,
    true,
  ])
  // Later there was more.
  expect(withTried(tight, 4 * GIB, 4 * GIB)).toEqual({ fits: 4 * GIB, short: null })
  expect(withTried(tight, 3.5 * GIB, 3.5 * GIB)).toEqual({ fits: 3.5 * GIB, short: 4 * GIB })
  const refused = withRefused(tight, 2 * GIB)
  expect(refused).toEqual({ fits: 2 * GIB - 1, short: 2 * GIB })
  expect(isShort(refused, 2 * GIB)).toBe(true)
})

test('what an earlier session found is planned by before anything is loaded', () => {
  const gpu = {
    description: 'nvidia ampere',
    software: false,
    limits: { maxBufferSize: 2 * GIB, maxStorageBufferBindingSize: 2 * GIB },
  } as unknown as Gpu
  const engine = new WebgpuEngine(gpu)
  const asked = { ...request, memoryBudget: 64 * GIB }
  const free = engine.plan(asked)
  expect(free.recompute).toBe('nothing')
  engine.room = { fits: free.bytes.total - MIB, short: free.bytes.total }
  const held = engine.plan(asked)
  expect(held.recompute).not.toBe('nothing')
  expect(held.bytes.total).toBeLessThanOrEqual(engine.room.fits)
  // More was too much then; so much is not known to be.
  engine.room = { fits: GIB / 4, short: free.bytes.total + 1 }
  expect(engine.plan(asked)).toEqual(free)
})

test('a run that needs more than it may take is refused, with what it needs', async () => {
  const least = planEngine({ ...request, recompute: 'layer' }).memory.bytes.total
  const plan = (memoryBudget: number, recompute: 'auto' | 'nothing' = 'auto') =>
    withinBudget(planEngine({ ...request, recompute, memoryBudget }))
  expect(plan(least).memory.bytes.total).toBe(least)
  const refused = await failure(() => plan(least - 1), 'out_of_memory')
  expect(refused.detail).toEqual({ memoryBudget: least - 1, needed: least })
  const offered = Number(/memory_budget to (\d+) bytes/.exec(refused.hint)![1])
  expect(plan(offered).recompute).toBe('layer')
  expect((await failure(() => plan(least, 'nothing'), 'out_of_memory')).hint).toContain('recompute to auto')
})

test('what a person sets is what is asked of an engine; by itself nothing is', () => {
  const asked = (engine: object) =>
    planRequest(parseRunConfig({ engine }), GEMMA_270M, null, null, null).memoryBudget
  expect(asked({ memory_budget: 3e9 })).toBe(3e9)
  expect(asked({})).toBe(undefined)
})

test('a plan takes no more than there was found to be room for, whatever was asked', () => {
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
