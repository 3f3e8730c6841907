import { expect, test } from 'vitest'
import { GEMMA_1B, GEMMA_2_2B, GEMMA_4B, GEMMA_270M, PEBBLE } from '../../bench/shapes.ts'
import { hardwarePlan } from '../../bench/simulation.ts'
import { beforeFirstStep, countBeforeFirstStep } from '../../bench/step-kernels.ts'
import { plannedCases, textsAtLoad } from '../../src/engine/check/check-plan.ts'
import { linearCase } from '../../src/engine/check/linear.ts'
import { expected, type OperationCase, type OperationInput } from '../../src/engine/check/operation.ts'
import { normals } from '../../src/engine/check/values.ts'
import { type Dims, sizeOf } from '../../src/gpu/kernel.ts'
import { Tape } from '../../src/gpu/tape.ts'
import { quantisedTypes } from '../../src/model/quantised-weights.ts'
import { storedAlike } from '../../src/model/storage.ts'
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

test.each(['int8', 'int4'] as const)(
  'Gemma 3 1B held in %s: as many pipelines, all of them checked',
  (to) => {
    const stored = quantisedTypes(GEMMA_1B, storedAlike(GEMMA_1B, 'BF16'), to)
    const plan = hardwarePlan({
      model: GEMMA_1B,
      stored,
      lora: parseRunConfig({ lora: { target_modules: 'all-linear', lora_dropout: 0.1 } }).lora,
      maxTokens: 512,
      maxSupervised: 512,
      recompute: 'auto',
      decode: null,
    })
    const run = new Set(plannedCases(plan).flatMap(({ cases }) => cases.flatMap(({ texts }) => [...texts])))
    const wanted = textsAtLoad(plan)
    expect([...wanted].flatMap(([text, kernel]) => (run.has(text) ? [] : [kernel.name]))).toEqual([])
    expect(run.size).toBe(wanted.size)
    expect(countBeforeFirstStep(plan)).toBeLessThanOrEqual(80)
  },
)

/** What else the studio offers, and what the base is held in. */
test.each([
  ['Gemma 3 270M', 'int8', GEMMA_270M],
  ['Gemma 2 2B', null, GEMMA_2_2B],
  ['Gemma 2 2B', 'int4', GEMMA_2_2B],
  ['Gemma 3 4B', null, GEMMA_4B],
  ['Gemma 3 4B', 'int4', GEMMA_4B],
] as const)(
  '%s, %3$s: before a first step at most 80 pipelines are compiled, all of them checked',
  (_, held, model) => {
    const plan = hardwarePlan({
      model,
      stored: quantisedTypes(model, storedAlike(model, 'BF16'), held),
      lora: parseRunConfig({ lora: { target_modules: 'all-linear', lora_dropout: 0.1 } }).lora,
      maxTokens: 512,
      maxSupervised: 512,
      recompute: 'auto',
      decode: null,
    })
    const { run, checked } = beforeFirstStep(plan)
    expect([...run].filter((text) => !checked.has(text))).toEqual([])
    expect(countBeforeFirstStep(plan)).toBeLessThanOrEqual(80)
  },
)

/** Of outputs that are differentiated, as the tape has them. */
function cotangentsOf(c: OperationCase, random: ReturnType<typeof normals>, live: Dims) {
  const tape = new Tape(c.choices, c.capacity)
  const inputs = Object.fromEntries(
    Object.entries(c.inputs).map(([name, { shape, type, values, grad }]) => {
      const t = tape.input(name, shape, type ?? (!values || values instanceof Float32Array ? 'f32' : 'u32'))
      if (grad) tape.requireGrad(t)
      return [name, t]
    }),
  )
  const outputs = Object.entries(c.build(tape, inputs)).filter(([, t]) => tape.needsGrad(t))
  return Object.fromEntries(outputs.map(([name, t]) => [name, random(sizeOf(t.shape, live))]))
}

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

test('every case of a plan has what it should give, gradients included', () => {
  const lora = parseRunConfig({ lora: { lora_dropout: 0.1 } }).lora
  const plan = hardwarePlan({
    model: PEBBLE,
    lora,
    maxTokens: 64,
    maxSupervised: 64,
    recompute: 'nothing',
    decode: null,
  })
  for (const { cases } of plannedCases(plan))
    for (const { c } of cases) {
      const random = normals(3)
      const live = { tokens: 0, supervised: 0, sequences: 0, ...c.live }
      const drawn = ([name, { shape, values }]: [string, OperationInput]) =>
        [name, values ?? random(sizeOf(shape, live))] as const
      const { outputs, gradients } = expected(c, {
        inputs: Object.fromEntries(Object.entries(c.inputs).map(drawn)),
        cotangents: cotangentsOf(c, random, live),
      })
      const values = [...Object.values(outputs), ...gradients.map((g) => g.values)].flatMap((v) => [...v])
      expect(values.length).toBeGreaterThan(0)
      expect(values.every(Number.isFinite), c.name).toBe(true)
      const wanted = Object.entries(c.inputs).flatMap(([name, { grad }]) => (grad ? [name] : []))
      expect(gradients.map(({ name }) => name)).toEqual(wanted)
    }
})
