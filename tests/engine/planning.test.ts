import { beforeEach, describe, expect, test, vi } from 'vitest'
import { GEMMA_270M } from '../../bench/shapes.ts'
import { planEngine } from '../../src/engine/plan.ts'
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

/** Gemma 3 1B's config.json, as far as sizes go. */
const GEMMA_1B = readModelConfig({
  model_type: 'gemma3_text',
  vocab_size: 262_144,
  hidden_size: 1152,
  intermediate_size: 6912,
  num_hidden_layers: 26,
  num_attention_heads: 4,
  num_key_value_heads: 1,
  head_dim: 256,
  query_pre_attn_scalar: 256,
  sliding_window: 512,
  sliding_window_pattern: 6,
  dtype: 'bfloat16',
})

const request = (model: ModelConfig, more: Partial<PlanRequest> = {}): PlanRequest => ({
  model,
  weightBytes: 2,
  lora: parseRunConfig({ lora: { target_modules: 'all-linear', lora_dropout: 0.1 } }).lora,
  maxTokens: 2048,
  maxSupervised: 2048,
  recompute: 'auto',
  decode: { sequences: 4, positions: 512 },
  ...more,
})

const tiny = async () => readModelConfig(await repositoryJson('tests/golden/gemma3-tiny/config.json'))

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

  test('makes no kernel twice, and no more of them for more layers', () => {
    const kernelsOf = (model: ModelConfig) =>
      new Set(planEngine(request(model)).tapes.train!.tape.dispatches.map(({ kernel }) => kernel))
    const whole = kernelsOf(GEMMA_270M)
    const { kernels } = written
    expect(kernelsOf({ ...GEMMA_270M })).toEqual(whole)
    expect(written.kernels).toBe(kernels)
    const numLayers = 12
    const [windows, rope] = [GEMMA_270M.windows.slice(0, numLayers), GEMMA_270M.rope.slice(0, numLayers)]
    expect(kernelsOf({ ...GEMMA_270M, numLayers, windows, rope }).size).toBe(whole.size)
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

  test('a kernel that is wanted is written: what is counted above can be counted', () => {
    const { tape } = planEngine(request(GEMMA_270M)).tapes.train!
    const variants = [...tape.asked.values()][0]!
    kernelOf(Object.values(variants)[0]!).wgsl()
    expect(written.names).toHaveLength(1)
  })
})
