import { beforeEach, describe, expect, test, vi } from 'vitest'
import { GEMMA_1B, GEMMA_270M, PEBBLE } from '../../bench/shapes.ts'
import { hardwarePlan } from '../../bench/simulation.ts'
import { planEngine } from '../../src/engine/plan.ts'
import { AT_LOAD } from '../../src/engine/session.ts'
import type { Gpu } from '../../src/gpu/device.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { GpuContext } from '../../src/gpu/program.ts'
import { kernelOf } from '../../src/gpu/specialise.ts'
import { readModelConfig } from '../../src/model/config.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import type { ModelConfig } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { repositoryJson } from '../support/files.ts'

const written = vi.hoisted(() => ({ names: [] as string[], kernels: 0 }))

/** Counts every kernel that is made, and every text that is written. */
vi.mock(import('../../src/gpu/specialise.ts'), async (original) => {
  const real = await original()
  const known = new WeakSet<Kernel>()
  const counted = (kernel: Kernel): Kernel => {
    if (known.has(kernel)) return kernel
    written.kernels++
    const wgsl = () => {
      written.names.push(kernel.name)
      return kernel.wgsl()
    }
    const own = { ...kernel, wgsl }
    known.add(own)
    return own
  }
  const isKernel = (made: unknown): made is Kernel => typeof (made as Partial<Kernel>).wgsl === 'function'
  return {
    ...real,
    specialised: ((make: (spec: object) => unknown) =>
      real.specialised((spec: object) => {
        const made = make(spec)
        return isKernel(made) ? counted(made) : made
      })) as typeof real.specialised,
    choice: (key, makers) =>
      real.choice(
        key,
        Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, () => counted(make())])),
      ),
  }
})

const request = (model: ModelConfig, more: Partial<PlanRequest> = {}): PlanRequest => ({
  model,
  lora: parseRunConfig({ lora: { target_modules: 'all-linear', lora_dropout: 0.1 } }).lora,
  maxTokens: 2048,
  maxSupervised: 2048,
  recompute: 'auto',
  decode: { sequences: 4, positions: 512 },
  ...more,
})

/** Its layers so many times over. */
async function tiny(times = 1): Promise<ModelConfig> {
  const json = await repositoryJson<{ layer_types: string[] }>('tests/golden/gemma3-tiny/config.json')
  const layers = Array.from({ length: times }, () => json.layer_types).flat()
  return readModelConfig({ ...json, layer_types: layers, num_hidden_layers: layers.length })
}

/** A device that compiles nothing, but is asked for pipelines. */
function fakeContext(): { context: GpuContext; compiled: string[] } {
  const compiled: string[] = []
  const device = {
    createBindGroupLayout: () => ({}),
    createBindGroup: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: ({ code }: { code: string }) => ({ code }),
    createComputePipelineAsync: async ({ compute }: { compute: { module: { code: string } } }) => {
      compiled.push(compute.module.code)
      return {}
    },
    queue: { writeBuffer: () => {} },
  }
  vi.stubGlobal('GPUBufferUsage', {})
  vi.stubGlobal('GPUShaderStage', {})
  const gpu = { device, createBuffer: () => ({}) } as unknown as Gpu
  return { context: new GpuContext(gpu), compiled }
}

beforeEach(() => {
  written.names.length = 0
  written.kernels = 0
})

describe('planning', () => {
  test('writes no text: two layers, and Gemma 3 1B', async () => {
    for (const model of [await tiny(), GEMMA_1B]) {
      const plan = planEngine(request(model))
      expect(plan.memory.dispatchesPerStep).toBeGreaterThan(50)
      expect(written.kernels).toBeGreaterThan(50)
      expect(written.names).toEqual([])
    }
  })

  test('makes no kernel twice, and no more of them for more layers', async () => {
    const kernelsOf = (model: ModelConfig) =>
      new Set(planEngine(request(model)).tapes.train!.tape.dispatches.map(({ kernel }) => kernel))
    const once = kernelsOf(await tiny())
    const { kernels } = written
    expect(kernelsOf(await tiny())).toEqual(once)
    expect(written.kernels).toBe(kernels)
    expect(kernelsOf(await tiny(3)).size).toBe(once.size)
  })

  test('one text is written for each pipeline', async () => {
    const { context, compiled } = fakeContext()
    for (const model of [await tiny(), GEMMA_1B]) {
      written.names.length = 0
      compiled.length = 0
      const plan = planEngine(request(model))
      for (const planned of Object.values(plan.tapes))
        for (const { kernel } of planned!.tape.dispatches) await context.pipeline(kernel)
      expect(new Set(compiled).size).toBe(compiled.length)
      expect(compiled.length).toBeGreaterThan(30)
      expect(written.names).toHaveLength(compiled.length)
    }
  })

  test('a load compiles at most 80 pipelines of its own, with the kernels that a GPU is given', async () => {
    for (const model of [PEBBLE, GEMMA_270M, GEMMA_1B]) {
      const { context, compiled } = fakeContext()
      const { tapes } = hardwarePlan({ ...request(model), lora: parseRunConfig({}).lora })
      for (const name of AT_LOAD)
        for (const { kernel } of tapes[name]!.tape.dispatches) await context.pipeline(kernel)
      expect(compiled.length).toBeGreaterThan(40)
      expect(compiled.length).toBeLessThanOrEqual(80)
    }
  })

  test('a kernel that is wanted is written: what is counted above can be counted', () => {
    const { tape } = planEngine(request(GEMMA_1B)).tapes.train!
    const variants = [...tape.asked.values()][0]!
    kernelOf(Object.values(variants)[0]!).wgsl()
    expect(written.names).toHaveLength(1)
  })
})
