import { expect, test } from 'vitest'
import { GEMMA_1B, GEMMA_270M, PEBBLE } from '../../bench/shapes.ts'
import { hardwarePlan } from '../../bench/simulation.ts'
import { beforeFirstStep, countBeforeFirstStep } from '../../bench/step-kernels.ts'
import { plannedCases, textsAtLoad } from '../../src/engine/check/check-plan.ts'
import { linearCase } from '../../src/engine/check/linear.ts'
import { expected, type OperationInput } from '../../src/engine/check/operation.ts'
import { normals } from '../../src/engine/check/values.ts'
import { sizeOf } from '../../src/gpu/kernel.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const LORAS = {
  'LoRA as it is set': {},
  'LoRA everywhere, with dropout': { lora: { target_modules: 'all-linear', lora_dropout: 0.1, r: 24 } },
}

for (const [name, model] of Object.entries({
  Pebble: PEBBLE,
  'Gemma 3 270M': GEMMA_270M,
  'Gemma 3 1B': GEMMA_1B,
}))
  for (const [settings, config] of Object.entries(LORAS))
    for (const tokens of [60, 2048])
      test(`${name}, ${settings}, ${tokens} tokens: the check runs the pipelines of a step, each of them, and no other`, () => {
        const request: PlanRequest = {
          model,
          lora: parseRunConfig(config).lora,
          maxTokens: tokens,
          maxSupervised: tokens,
          recompute: 'auto',
          decode: null,
        }
        const plan = hardwarePlan(request)
        const wanted = textsAtLoad(plan)
        const operations = plannedCases(plan)
        const run = new Set(operations.flatMap(({ cases }) => cases.flatMap(({ texts }) => [...texts])))
        const left = [...wanted].flatMap(([text, kernel]) => (run.has(text) ? [] : [kernel.name]))
        expect(left).toEqual([])
        expect(run.size).toBe(wanted.size)
        // What measures the adapter is all that is compiled beside them.
        const count = countBeforeFirstStep(plan)
        expect(count).toBe(wanted.size + beforeFirstStep(plan).measured.size)
        expect(count).toBeGreaterThan(40)
        expect(count).toBeLessThanOrEqual(80)
      })

test('gradients by formula are those of central differences', () => {
  const shape = {
    rows: 3,
    width: 14,
    out: 10,
    rank: 3,
    dropout: true,
    shards: [6, 4],
    format: 'bf16',
  } as const
  const c = linearCase({ ...shape, shards: [...shape.shards], formula: true })
  const random = normals(3)
  const drawn = ([name, { shape, values }]: [string, OperationInput]) =>
    [name, values ?? random(sizeOf(shape, { tokens: 3, supervised: 0, sequences: 0 }))] as const
  const ran = {
    inputs: Object.fromEntries(Object.entries(c.inputs).map(drawn)),
    cotangents: { y: random(30) },
  }
  const { gradient, ...plain } = c
  const [formula, differences] = [expected(c, ran).gradients, expected(plain, ran).gradients]
  expect(gradient).toBeDefined()
  expect(formula.map(({ name, probes }) => [name, probes])).toEqual(
    differences.map(({ name, probes }) => [name, probes]),
  )
  for (const [i, { values }] of formula.entries())
    for (const [k, value] of values.entries()) expect(value).toBeCloseTo(differences[i]!.values[k]!, 6)
})
