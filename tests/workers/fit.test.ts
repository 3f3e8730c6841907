import { describe, expect, test } from 'vitest'
import { PEBBLE } from '../../bench/shapes.ts'
import { demandOf, planEngine } from '../../src/engine/plan.ts'
import { NOTHING_TRIED } from '../../src/gpu/room.ts'
import { demandPortable, MOST_BYTES, planPortable } from '../../src/portable/plan.ts'
import { parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import type { Demand } from '../../src/protocol/studio.ts'
import { planRequest } from '../../src/workers/engine/plan-request.ts'
import { changed, fitOf } from '../../src/workers/fit.ts'

const DECODE = { sequences: 1, positions: 256 }
const requestOf = (config: RunConfig) => planRequest(config, PEBBLE, null, null, DECODE)
const BASE = parseRunConfig({
  training: { max_length: 512, per_device_train_batch_size: 4, gradient_accumulation_steps: 2 },
  lora: { r: 64, lora_alpha: 128, target_modules: 'all-linear' },
})

/** By a made-up measure, so that it is seen which plans are asked for. */
function made(bytes: (config: RunConfig) => number, grants: number) {
  const asked: RunConfig[] = []
  const demand = async (config: RunConfig): Promise<Demand> => {
    asked.push(config)
    return { needs: bytes(config), grants, from: 'set', limit: 'memory', bytes: null }
  }
  return { asked, demand }
}
const product = ({ training, lora }: RunConfig) =>
  training.max_length * training.per_device_train_batch_size + lora.r

describe('whether a run fits', () => {
  test('one that does is offered nothing, and planned once', async () => {
    const { asked, demand } = made(product, 1e6)
    expect(await fitOf(BASE, demand, true)).toMatchObject({ fits: true, exact: true, changes: [] })
    expect(asked).toEqual([BASE])
  })

  test('one that does not is offered the least of each change that is enough alone', async () => {
    const { demand } = made(product, 1100)
    const { fits, changes, needs } = await fitOf(BASE, demand, false)
    expect({ fits, needs }).toEqual({ fits: false, needs: 2112 })
    expect(changes.map(({ what, to, needs, fits }) => [what, to, needs, fits])).toEqual([
      ['batch', 2, 1088, true],
      ['max_length', 256, 1088, true],
    ])
    for (const change of changes) expect(product(changed(BASE, change.set))).toBe(change.needs)
  })

  test('a smaller batch sums more of them, and a lower rank keeps its scale', async () => {
    const rank = made(({ lora }) => lora.r, 20)
    const [lower] = (await fitOf(BASE, rank.demand, false)).changes
    expect(lower).toMatchObject({ what: 'rank', to: 16, set: { lora: { r: 16, lora_alpha: 32 } } })
    const rooted = changed(BASE, { lora: { use_rslora: true } })
    const [other] = (await fitOf(rooted, rank.demand, false)).changes
    expect(other!.set.lora).toEqual({ r: 16, lora_alpha: 64 })
    const batch = made(({ training }) => training.per_device_train_batch_size, 1)
    const [smaller] = (await fitOf(BASE, batch.demand, false)).changes
    expect(smaller!.set.training).toEqual({ per_device_train_batch_size: 1, gradient_accumulation_steps: 8 })
  })

  test('where none is enough the nearest is offered, until one is', async () => {
    const { demand } = made(product, 100)
    let config = BASE
    const pressed: string[] = []
    for (;;) {
      const { fits, changes } = await fitOf(config, demand, false)
      if (fits) break
      if (!changes.some((change) => change.fits)) expect(changes).toHaveLength(1)
      pressed.push(changes[0]!.what)
      config = changed(config, changes[0]!.set)
    }
    expect(pressed).toEqual(['max_length', 'batch', 'rank'])
    const none = made(() => 7, 1)
    expect(await fitOf(BASE, none.demand, false)).toMatchObject({ fits: false, changes: [] })
  })

  test('a narrower base is offered while there is one, with kernels chosen anew', async () => {
    const held = made(({ model }) => ({ stored: 4, int8: 2, int4: 1 })[model.quantization ?? 'stored'], 2)
    const { changes } = await fitOf(BASE, held.demand, false)
    expect(changes.map(({ what, set }) => [what, set.model?.quantization, set.engine?.choices])).toEqual([
      ['int8', 'int8', {}],
      ['int4', 'int4', {}],
    ])
    const less = made(({ model }) => (model.quantization === 'int4' ? 1 : 2), 1)
    const narrow = changed(BASE, { model: { quantization: 'int8' } })
    expect((await fitOf(narrow, less.demand, false)).changes.map(({ what }) => what)).toEqual(['int4'])
    const narrowest = changed(BASE, { model: { quantization: 'int4' } })
    expect((await fitOf(narrowest, made(() => 2, 1).demand, false)).changes).toEqual([])
  })

  test('recomputing is offered where it was switched off, and else never', async () => {
    const recomputing = made(({ engine }) => (engine.recompute === 'nothing' ? 2 : 1), 1)
    const off = changed(BASE, { engine: { recompute: 'nothing' } })
    expect((await fitOf(off, recomputing.demand, false)).changes[0]).toMatchObject({
      what: 'recompute',
      set: { engine: { recompute: 'auto' } },
    })
    const less = made(product, 1100)
    expect((await fitOf(BASE, less.demand, false)).changes.map(({ what }) => what)).not.toContain('recompute')
  })
})

describe('what a plan takes beside what it may', () => {
  const request = requestOf(BASE)

  test('is the plan that a run has, by what is known of the device', () => {
    const { total } = planEngine(request).memory.bytes
    expect(demandOf(request)).toMatchObject({ needs: total, from: 'guess', limit: 'memory' })
    const least = planEngine({ ...request, recompute: 'layer' }).memory.bytes.total
    expect(demandOf(request, { budget: 1 })).toMatchObject({ needs: least, grants: 1 })
    const room = { fits: 1e6, short: 2e6 }
    expect(demandOf(request, { room })).toMatchObject({ needs: least, grants: 1e6, from: 'tried' })
    const roomy = { fits: 2 ** 33, short: null }
    expect(demandOf(request, { room: roomy })).toMatchObject({ grants: 2 ** 33, from: 'tried' })
    const set = { ...request, memoryBudget: 5e6 }
    expect(demandOf(set, { room: NOTHING_TRIED })).toMatchObject({ needs: least, grants: 5e6, from: 'set' })
  })

  test('tells an array that is too large to be bound', () => {
    expect(() => planEngine(request, { maxBinding: 1 << 18 })).toThrow(/binds at most/)
    const demand = demandOf(request, { maxBinding: 1 << 18 })
    expect(demand).toMatchObject({ grants: 1 << 18, from: 'device', limit: 'binding' })
    expect(demand.needs).toBeGreaterThan(1 << 18)
  })

  test('is told of the portable engine too, where it would refuse', () => {
    const { total } = planPortable(request).memory.bytes
    expect(demandPortable(request)).toMatchObject({ needs: total, grants: MOST_BYTES, from: 'engine' })
    const small = { ...request, memoryBudget: 3e6 }
    expect(() => planPortable(small)).toThrow(/memory_budget/)
    const demand = demandPortable(small)
    expect(demand).toMatchObject({ grants: 3e6, from: 'set', bytes: null })
    expect(demand.needs).toBeGreaterThan(3e6)
    expect(planPortable({ ...small, memoryBudget: Math.ceil(demand.needs / 2 ** 20) * 2 ** 20 })).toBeTruthy()
  })
})
