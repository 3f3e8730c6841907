import { describe, expect, test } from 'vitest'
import { GEMMA_1B, GEMMA_2_2B, GEMMA_4B, GEMMA_270M, PEBBLE } from '../../bench/shapes.ts'
import { CLOCKS, SimulatedGpu, withoutWebgpu } from '../../bench/simulated-gpu.ts'
import { mulberry } from '../../src/engine/check/values.ts'
import { type EnginePlan, planEngine, type TapeName } from '../../src/engine/plan.ts'
import { type Dims, type Kernel, shaderText, sizeOf } from '../../src/gpu/kernel.ts'
import { LARGEST_DISPATCH, Slicer } from '../../src/gpu/slicer.ts'
import { kernelOf } from '../../src/gpu/specialise.ts'
import { choiceTree } from '../../src/model/choices.ts'
import { quantisedTypes } from '../../src/model/quantised-weights.ts'
import { storedAlike } from '../../src/model/storage.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { planRequest } from '../../src/workers/engine/plan-request.ts'

/** What WebGPU promises everywhere. */
const DEFAULTS = { invocations: 256, workgroupBytes: 16_384, bindings: 8 }
const MODELS = {
  Pebble: PEBBLE,
  'Gemma 3 270M': GEMMA_270M,
  'Gemma 3 1B': GEMMA_1B,
  'Gemma 2 2B': GEMMA_2_2B,
  'Gemma 3 4B': GEMMA_4B,
}
const FORMATS = ['BF16', 'F16', 'F32', 'int8', 'int4'] as const

type Random = () => number
const pick = <T>(random: Random, of: readonly T[]): T => of[Math.floor(random() * of.length)]!

interface Drawn {
  says: string
  request: PlanRequest
  maxBinding: number
}

/** A config as a person may set it, its ends among the likeliest, and a device. */
function drawn(random: Random): Drawn {
  const model = pick(random, Object.keys(MODELS) as (keyof typeof MODELS)[])
  const format = pick(random, FORMATS)
  const training = {
    max_length: pick(random, [2, 3, 60, 512, 4096, 16_384, 131_072]),
    per_device_train_batch_size: pick(random, [1, 1, 1, 2, 8, 4096]),
    gradient_accumulation_steps: pick(random, [1, 4096]),
  }
  const lora = {
    r: pick(random, [1, 3, 8, 64, 256]),
    lora_dropout: pick(random, [0, 0.95]),
    target_modules: pick(random, ['all-linear' as const, ['q_proj' as const], ['down_proj' as const]]),
  }
  const engine = { recompute: pick(random, ['auto', 'nothing', 'cheap', 'layer'] as const) }
  const decode = pick(random, [
    null,
    { sequences: 1, positions: 64 },
    { sequences: 4, positions: 2048 },
    { sequences: 16, positions: 32_768 },
    { sequences: 64, positions: 131_072 },
  ])
  const config = MODELS[model]
  const alike = storedAlike(config, format === 'int8' || format === 'int4' ? 'BF16' : format)
  const stored =
    format === 'int8' || format === 'int4' ? quantisedTypes(config, alike, format) : new Map(alike)
  const request = planRequest(parseRunConfig({ training, lora, engine }), config, null, null, decode)
  const maxBinding = pick(random, [128 << 20, 2 ** 30, 2 ** 32 - 4])
  return {
    says: JSON.stringify({ model, format, training, lora, engine, decode, maxBinding }),
    request: { ...request, stored },
    maxBinding,
  }
}

/** What is planned, each choice drawn among those that a GPU may be given; null: the device cannot bind it, and that is told. */
function planned({ request, maxBinding }: Drawn, random: Random): EnginePlan | null {
  try {
    const choices: Record<string, string> = {}
    for (const tape of Object.values(planEngine(request, { maxBinding }).tapes))
      for (const [key, variants] of tape?.tape.asked ?? []) {
        const names = Object.entries(variants).filter(([, variant]) => isForAny(kernelOf(variant)))
        choices[key] = pick(random, names)[0]
      }
    return planEngine(request, { maxBinding, choices })
  } catch (error) {
    if (error instanceof LapidaryError && error.code === 'out_of_memory') return null
    throw error
  }
}

const isForAny = (kernel: Kernel) => !kernel.softwareOnly && kernel.workgroup <= DEFAULTS.invocations

/** Sizes that each tape is run at, at most. */
const largest = ({ tapes }: EnginePlan): [TapeName, Kernel, Dims][] =>
  (Object.keys(tapes) as TapeName[]).flatMap((name) => {
    const tape = tapes[name]
    return [...new Set(tape?.tape.dispatches.map(({ kernel }) => kernel))].map(
      (kernel): [TapeName, Kernel, Dims] => [name, kernel, tape!.capacity],
    )
  })

const BYTES: Record<string, number> = {
  f32: 4,
  u32: 4,
  i32: 4,
  bool: 4,
  'vec2<f32>': 8,
  'vec4<f32>': 16,
  Eight: 32,
}

/** Of a text's variables. @throws Error for a type that is not known here */
function workgroupBytes(text: string): number {
  let sum = 0
  for (const [, type] of text.matchAll(/var<workgroup> \w+: (.+);/g)) {
    const [, element, count] = /^array<(.+), (\d+)>$/.exec(type!) ?? [null, type!, '1']
    const bytes = BYTES[element!]
    if (!bytes) throw new Error(`how large is ${type}?`)
    sum += Math.ceil((bytes * Number(count)) / 16) * 16
  }
  return sum
}

/** Adapters with integrated graphics, as slow as they come. */
const SLOW = { flops: 0.4e12, bandwidth: 0.04e12 }
const SECONDS = 0.05
/** Rows up to which attention is cut by rows alone within that time. */
const ATTENDED = 16_384

describe('whatever is set', () => {
  test('every dispatch keeps to what WebGPU promises, and can be cut to 50 ms on 0.4 TFLOP/s; or it is told that it does not fit', () => {
    const random = mulberry(20)
    const looked = new Set<Kernel>()
    const outcomes = { fits: 0, told: 0 }
    for (let draw = 0; draw < 75; draw++) {
      const own = drawn(random)
      const plan = planned(own, random)
      outcomes[plan ? 'fits' : 'told']++
      if (!plan) continue
      expect(Number.isSafeInteger(plan.memory.bytes.total), own.says).toBe(true)
      for (const [tape, kernel, dims] of largest(plan)) {
        const where = `${kernel.name} of ${tape}, ${own.says}`
        const [x, y, z] = kernel.grid(dims)
        expect([x, y, z].every(Number.isSafeInteger), where).toBe(true)
        expect(Math.max(x, z), where).toBeLessThanOrEqual(LARGEST_DISPATCH)
        for (const { shape } of Object.values(kernel.bindings))
          expect(sizeOf(shape, dims) * 4, where).toBeLessThan(2 ** 32)
        const { flops, bytes } = kernel.cost?.(dims) ?? { flops: 0, bytes: 0 }
        const parts = Math.max(1, y * (kernel.steps?.(dims) ?? 1))
        const least = Math.max(flops / SLOW.flops, bytes / SLOW.bandwidth) / parts
        if (!kernel.name.startsWith('attention.') || dims.tokens <= ATTENDED)
          expect(least, where).toBeLessThan(SECONDS)
        if (looked.has(kernel)) continue
        looked.add(kernel)
        expect(kernel.workgroup, where).toBeLessThanOrEqual(DEFAULTS.invocations)
        expect(Object.keys(kernel.bindings).length, where).toBeLessThanOrEqual(DEFAULTS.bindings)
        expect(kernel.requires ?? [], where).toEqual([])
        expect(workgroupBytes(shaderText(kernel)), where).toBeLessThanOrEqual(DEFAULTS.workgroupBytes)
      }
    }
    expect(outcomes.fits).toBeGreaterThan(25)
    expect(outcomes.told).toBeGreaterThan(5)
    expect(looked.size).toBeGreaterThan(300)
  }, 120_000)

  test('every slice of training, scoring, choices and decoding holds each row once', async () => {
    withoutWebgpu()
    const random = mulberry(7)
    let runs = 0
    while (runs < 8) {
      const own = drawn(random)
      const plan = planned(own, random)
      if (!plan) continue
      runs++
      const live = plan.tapes.train!.capacity
      // Some hundreds of slices, whatever the size.
      const flops = plan.memory.flopsPerStep / pick(random, [0.3, 6])
      const rates = { flops, bandwidth: flops / 10 }
      const simulated = new SimulatedGpu(rates, pick(random, CLOCKS))
      const slicer = new Slicer(rates, { now: simulated.now, latency: pick(random, [0, 0.1]) })
      for (const [name, tape] of Object.entries(plan.tapes)) {
        if (!tape) continue
        const program = await simulated.program(tape)
        const dims = name === 'optimizer' ? { ...live, tokens: 0, supervised: 0 } : tape.capacity
        simulated.writeLive(dims)
        simulated.log = []
        await simulated.until(program.run(dims, slicer))
        const dispatches = tape.tape.dispatches.map(({ kernel }) => kernel)
        expect(wholeFrom(simulated.log, dispatches, dims), `${name}, ${own.says}`).toBe(null)
      }
    }
  }, 120_000)
})

test('a tree of very many choices is made: no call takes them all as its arguments', () => {
  const choices = Array.from({ length: 100_000 }, (_, i) => Uint32Array.of(i % 1000, i % 997, i % 991, 1))
  const tree = choiceTree(Uint32Array.of(2), choices, 2000)
  expect(tree.edgeStart).toHaveLength(tree.tokens.length + 1)
  expect(tree.tokens.length).toBeGreaterThan(150_000)
})

/** What is wrong with the parts that were submitted; null: they are all of the dispatches, one after the other, each row with its steps. */
function wholeFrom(
  log: NonNullable<SimulatedGpu['log']>,
  dispatches: readonly Kernel[],
  dims: Dims,
): string | null {
  let at = 0
  for (const kernel of dispatches) {
    const rows = kernel.grid(dims)[1]
    const steps = kernel.steps?.(dims) ?? 1
    for (let row = 0, step = 0, block = 0; row < rows; ) {
      const part = log[at++]
      if (part?.kernel.name !== kernel.name || part.row !== row || part.first !== step)
        return `${kernel.name} at row ${row}, step ${step}: ${JSON.stringify(part && { ...part, kernel: part.kernel.name })}`
      if (step > 0 && part.rows !== block)
        return `${kernel.name} at row ${row}: ${part.rows} of ${block} rows`
      block = part.rows
      step = part.end
      if (step < steps) continue
      row += block
      step = 0
    }
  }
  return at === log.length ? null : `${log.length - at} parts too many`
}
