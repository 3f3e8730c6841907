import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { planPortable } from '../../src/portable/plan.ts'
import { createPortableEngine, type PortableEngine } from '../../src/portable/portable-engine.ts'
import { watchAllocations } from '../../src/portable/wasm.ts'
import { batchOf } from '../../src/protocol/batch.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { Checkpoint } from '../../src/trainer/checkpoint.ts'
import { train } from '../../src/trainer/loop.ts'
import { type Golden, openGolden } from '../support/golden.ts'
import { goldenRequest } from '../support/golden-engine.ts'

/** How the WASM heap is short of memory: its allocator gives address 0, or its memory can grow no more. */
const SHORTAGES = ['the allocator gives nothing', 'the heap has reached its end'] as const
let shortage: (typeof SHORTAGES)[number] | null = null
let golden: Golden
let engine: PortableEngine

beforeAll(async () => {
  golden = await openGolden('gemma3-tiny')
  engine = await createPortableEngine()
  const { wasm } = tf.backend() as unknown as {
    wasm: { HEAPU8: Uint8Array; _malloc(bytes: number): number; _free(at: number): void }
  }
  // The first call binds it.
  wasm._free(wasm._malloc(1))
  const allocate = wasm._malloc
  wasm._malloc = (bytes) => (shortage === SHORTAGES[0] ? 0 : allocate(bytes))
  let heap = wasm.HEAPU8
  Object.defineProperty(wasm, 'HEAPU8', {
    get: () =>
      shortage === SHORTAGES[1]
        ? new Proxy(heap, {
            get(target, key) {
              if (key === 'byteLength') return 2 ** 32
              const value = Reflect.get(target, key, target)
              return typeof value === 'function' ? value.bind(target) : value
            },
          })
        : heap,
    set: (grown: Uint8Array) => {
      heap = grown
    },
  })
  watchAllocations()
})
afterEach(() => {
  shortage = null
  engine.dispose()
})

/** Layers in TensorFlow.js' memory, as a run that began so goes on: those of our own have all their memory from the beginning. */
const CHOICES = { 'portable.layers': 'tensorflow', 'portable.products': 'fma' }

const CONFIG = parseRunConfig({ max_steps: 6, save_steps: 2, learning_rate: 1e-3 })

/** Trains the golden model; `atStep` is told of each step that has been done. */
async function run(request: PlanRequest, resume: Checkpoint | null, atStep: (step: number) => void) {
  const checkpoints: Checkpoint[] = []
  const losses: number[] = []
  await engine.load(golden.model, request, { seed: 1, choices: CHOICES })
  const { steps } = golden.cases.training
  const done = train({
    engine,
    config: CONFIG,
    data: {
      batchesPerEpoch: steps.length,
      batch: (_, index) => batchOf(steps[index]!.batches[0]!),
      learnt: (_, index) => [
        { row: index, tokens: steps[index]!.batches[0]!.supervisedRows.length, made: false },
      ],
      validation: () => [],
    },
    hashes: { config: 'c', data: 'd', base: 'b' },
    resume,
    emit(event: RunEvent) {
      if (event.type !== 'step') return
      losses.push(event.loss)
      atStep(event.step)
    },
    save: async (checkpoint) => void checkpoints.push(structuredClone(checkpoint)),
  })
  const failure = await done.then(
    () => null,
    (error: unknown) => error,
  )
  return { checkpoints, losses, failure }
}

describe('when memory runs out in the middle of a run', () => {
  for (const kind of SHORTAGES)
    test(`${kind}: the last checkpoint is kept, and the run goes on from it with the setting proposed`, async () => {
      const request = goldenRequest(golden, 'nothing')
      const whole = await run({ ...request, recompute: 'auto' }, null, () => {})
      expect(whole.failure).toBeNull()
      engine.dispose()

      const broken = await run({ ...request, recompute: 'auto' }, null, (step) => {
        if (step === 3) shortage = kind
      })
      shortage = null
      expect(broken.failure).toBeInstanceOf(LapidaryError)
      const { code, hint, detail } = broken.failure as LapidaryError
      expect(code).toBe('out_of_memory')
      expect(broken.checkpoints.at(-1)!.meta.step).toBe(2)
      expect(hint).toContain('The last checkpoint is kept.')
      const { memoryBudget, tokens } = detail as Record<string, number>
      expect(hint).toContain(`memory_budget to ${memoryBudget} bytes`)
      const smaller: PlanRequest = {
        ...request,
        recompute: 'auto',
        memoryBudget: memoryBudget!,
        maxTokens: tokens!,
      }
      const total = (asked: PlanRequest) => planPortable(asked, 'products').memory.bytes.total
      expect(total(smaller)).toBeLessThan(total(request))
      engine.dispose()

      const rest = await run(smaller, broken.checkpoints.at(-1)!, () => {})
      expect(rest.failure).toBeNull()
      expect(rest.losses).toEqual(whole.losses.slice(2))
    })

  test('a model that does not even load is said so, and the engine can load another', async () => {
    const request = goldenRequest(golden, 'nothing')
    shortage = SHORTAGES[0]
    await expect(engine.load(golden.model, request, { seed: 1 })).rejects.toMatchObject({
      code: 'out_of_memory',
    })
    shortage = null
    await engine.load(golden.model, request, { seed: 1 })
  })
})
