import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, test } from 'vitest'
import { GEMMA_270M, PEBBLE } from '../../bench/shapes.ts'
import { storedAlike } from '../../src/model/storage.ts'
import { parameterCount } from '../../src/model/tensors.ts'
import { failShortOfMemory, type Own, planPortable } from '../../src/portable/plan.ts'
import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { type Golden, openGolden } from '../support/golden.ts'

const { lora } = parseRunConfig({ lora: { target_modules: 'all-linear' } })
const request = (change: Partial<PlanRequest> = {}): PlanRequest => ({
  model: GEMMA_270M,
  lora,
  maxTokens: 256,
  maxSupervised: 128,
  recompute: 'auto',
  decode: null,
  ...change,
})

function failureOf(body: () => unknown): LapidaryError {
  try {
    body()
  } catch (error) {
    if (error instanceof LapidaryError) return error
    throw error
  }
  return expect.fail('nothing failed')
}

describe('the plan', () => {
  test('of 270M and 256 tokens leaves room in 4 GB for the browser', () => {
    const { memory, residentLayers } = planPortable(request(), 'nothing')
    expect(residentLayers).toBe(GEMMA_270M.layers.length)
    expect(memory.bytes.total).toBeLessThan(2.6 * 2 ** 30)
    // Weights once, at two bytes each.
    const own = planPortable(request(), 'layers')
    expect(own.residentLayers).toBe(0)
    expect(own.recompute).toBe('nothing')
    expect(own.memory.bytes.weights).toBeLessThan(1.01 * 2 * parameterCount(GEMMA_270M))
    expect(own.memory.bytes.total).toBeLessThan(1.2e9)
  })

  test('gives up resident weights, then activations, as the budget falls', () => {
    const ways = [3e9, 2e9, 8e8].map((memoryBudget) => {
      const { residentLayers, recompute, memory } = planPortable(request({ memoryBudget }), 'nothing')
      expect(memory.bytes.total).toBeLessThanOrEqual(memoryBudget)
      return [residentLayers, recompute]
    })
    expect(ways[0]).toEqual([GEMMA_270M.layers.length, 'nothing'])
    expect(ways[1]![1]).toBe('layer')
    expect(ways[2]![0]).toBeLessThan(GEMMA_270M.layers.length)
  })

  for (const change of [{}, { memoryBudget: 2e9 }, { recompute: 'layer' as const }])
    test(`never takes more for fewer tokens: ${JSON.stringify(change)}`, () => {
      for (const model of [GEMMA_270M, PEBBLE]) {
        let before = 0
        for (let tokens = 16; tokens <= 4096; tokens = Math.ceil(tokens * 1.1)) {
          const { total, ...parts } = planPortable(
            request({ model, maxTokens: tokens, maxSupervised: tokens, ...change }),
          ).memory.bytes
          expect(total, `${tokens} tokens`).toBeGreaterThanOrEqual(before)
          expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(total)
          before = total
        }
      }
    })

  test('keeps of the layers what there is room for, the last ones', () => {
    const { keptLayers, recompute, memory } = planPortable(
      request({ maxTokens: 640, maxSupervised: 160 }),
      'nothing',
    )
    expect(keptLayers).toBeGreaterThan(0)
    expect(keptLayers).toBeLessThan(GEMMA_270M.layers.length)
    expect(recompute).toBe('layer')
    expect(memory.bytes.total).toBe(2.5 * 2 ** 30)
  })

  for (const change of [
    {},
    { recompute: 'nothing' as const },
    { memoryBudget: 1.5e9 },
    { memoryBudget: 2e9, recompute: 'layer' as const },
  ])
    test(`that cannot fit is refused with a length that does: ${JSON.stringify(change)}`, () => {
      const asked = request({ maxTokens: 262_144, maxSupervised: 262_144, ...change })
      const { code, detail, hint } = failureOf(() => planPortable(asked))
      expect(code).toBe('out_of_memory')
      const tokens = Number(detail!.tokens)
      expect(hint).toContain(String(tokens))
      expect(tokens).toBeGreaterThan(0)
      const { memory } = planPortable({ ...asked, maxTokens: tokens, maxSupervised: tokens })
      expect(memory.bytes.total).toBeLessThanOrEqual(Number(detail!.limit))
    })

  test('of a run that may take too little says what it may take, and what would do', () => {
    const asked = request({ model: PEBBLE, maxTokens: 256, maxSupervised: 128 })
    const { code, message, hint, detail } = failureOf(() => planPortable({ ...asked, memoryBudget: 4e6 }))
    expect(code).toBe('out_of_memory')
    expect(message).toContain('(memory_budget)')
    const memoryBudget = Number(/memory_budget to (\d+) bytes/.exec(hint)![1])
    expect(memoryBudget).toBeGreaterThanOrEqual(Number(detail!.needed))
    const { memory } = planPortable({ ...asked, memoryBudget })
    expect(memory.bytes.total).toBeLessThanOrEqual(memoryBudget)
  })

  test('of a run that was given too little proposes a budget, then fewer tokens, then another model', () => {
    for (const [held, fewer] of [
      [2e9, false],
      [1e9, true],
    ] as const) {
      const asked = request({ maxTokens: 2048, maxSupervised: 2048 })
      const { code, detail, hint } = failureOf(() => failShortOfMemory(planPortable(asked), held))
      expect(code).toBe('out_of_memory')
      const { memoryBudget, tokens } = detail as Record<string, number>
      expect(hint).toContain(`memory_budget to ${memoryBudget} bytes`)
      expect(tokens! < 2048).toBe(fewer)
      expect(hint.includes(`at most ${tokens}`)).toBe(fewer)
      const smaller = { ...asked, maxTokens: tokens!, maxSupervised: tokens!, memoryBudget: memoryBudget! }
      expect(planPortable(smaller).memory.bytes.total).toBeLessThanOrEqual(held * 0.75)
    }
    expect(failureOf(() => failShortOfMemory(planPortable(request()), 3e8)).hint).toContain('smaller model')
    // What was asked for at once, and not given: three quarters of that, not of what there is.
    const plan = planPortable(request({ maxTokens: 2048, maxSupervised: 2048 }))
    const { detail } = failureOf(() => failShortOfMemory(plan, 2e7, plan.memory.bytes.total))
    expect(detail!.memoryBudget).toBeGreaterThan(0.7 * plan.memory.bytes.total)
    expect(detail).toMatchObject({ held: 2e7, tokens: 2048 })
  })

  test('of Pebble keeps everything', () =>
    expect(planPortable(request({ model: PEBBLE, maxTokens: 1024 }), 'nothing')).toMatchObject({
      residentLayers: PEBBLE.layers.length,
      residentHead: true,
      recompute: 'nothing',
    }))
})

const ofGolden = ({ model, lora }: Golden, memoryBudget: number, own: Own) =>
  planPortable(
    request({
      model: model.config,
      lora,
      stored: storedAlike(model.config, 'F32'),
      maxTokens: 96,
      maxSupervised: 96,
      memoryBudget,
    }),
    own,
  )

/** A budget within which no weights are resident. */
function tooLittle(golden: Golden): number {
  let memoryBudget = 1e8
  while (ofGolden(golden, memoryBudget, 'nothing').residentLayers) memoryBudget *= 0.95
  return memoryBudget
}

/** A budget within which some layers are kept, or resident, and some are not. */
function someOf(golden: Golden, what: 'keptLayers' | 'residentLayers', own: Own = 'nothing'): number {
  const all = golden.model.config.layers.length
  for (let memoryBudget = 1e8; memoryBudget > 1e5; memoryBudget *= 0.99) {
    const found = ofGolden(golden, memoryBudget, own)[what]
    if (found > 0 && found < all) return memoryBudget
  }
  return expect.fail(`no budget for some of ${what}`)
}

describe('whatever the plan', () => {
  let engine: PortableEngine | null = null
  afterEach(() => engine?.dispose())

  test.each([
    ['nothing', { 'portable.products': 'tensorflow' }],
    ['products', { 'portable.products': 'fma' }],
    ['layers', {}],
  ] as const)(
    'own %s: resident or widened piece by piece, kept or computed again: the same loss and gradients',
    async (own, choices) => {
      const golden = await openGolden('gemma3-tiny')
      const { batch } = golden.cases.gradients
      const results: number[][] = []
      const held: number[] = []
      for (const change of [
        {},
        { recompute: 'layer' as const },
        { memoryBudget: someOf(golden, 'keptLayers', own) },
        ...(own !== 'nothing'
          ? []
          : [{ memoryBudget: tooLittle(golden) }, { memoryBudget: someOf(golden, 'residentLayers') }]),
      ]) {
        engine = await createPortableEngine()
        const asked = request({
          model: golden.model.config,
          lora: golden.lora,
          maxTokens: 96,
          maxSupervised: 96,
          ...change,
        })
        await engine.load(golden.model, asked, { seed: 1, choices })
        expect(engine.describe().choices).toMatchObject({
          'portable.products': expect.stringMatching(own === 'nothing' ? 'tensorflow' : /simd|fma/),
          'portable.layers': own === 'layers' ? 'own' : 'tensorflow',
        })
        await engine.loadState(golden.state)
        const scalars = {
          step: 1,
          seed: 1,
          learningRate: 1e-3,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          weightDecay: 0,
          maxGradNorm: 1,
        }
        const { loss, grad_norm } = await engine.step([batchOf(batch)], scalars)
        const gradients = Object.values(await engine.gradients()).flatMap(({ data }) => [...data])
        results.push([loss, grad_norm, ...gradients])
        const again = () => tf.memory().numBytes
        const before = again()
        await engine.step([batchOf(batch)], { ...scalars, step: 2 })
        held.push(again() - before)
        engine.dispose()
      }
      for (const result of results) expect(result).toEqual(results[0])
      // Nothing is left behind by a step.
      expect(held).toEqual(held.map(() => 0))
      expect(held).toHaveLength(own === 'nothing' ? 5 : 3)
    },
  )
})
