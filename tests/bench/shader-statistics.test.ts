import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gpuKernels } from '../../bench/gpu-kernels.ts'
import {
  ADAPTER_MARK,
  KERNEL_MARK,
  readStatistics,
  statisticsMarkdown,
  statisticsSummary,
  statisticsTable,
} from '../../bench/shader-statistics.ts'
import { GEMMA_1B, GEMMA_2_2B, GEMMA_4B, GEMMA_270M, PEBBLE } from '../../bench/shapes.ts'
import { planEngine } from '../../src/engine/plan.ts'
import { shaderText } from '../../src/gpu/kernel.ts'
import { kernelOf } from '../../src/gpu/specialise.ts'
import type { PlanRequest } from '../../src/protocol/engine.ts'
import type { ModelConfig } from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

/** As RADV prints it, in part. */
const printed = (of: Record<string, number>) => `
Compute Shader:
*** SHADER STATS ***
Driver pipeline hash: 3748003398382062979
${Object.entries(of)
  .map(([name, value]) => `${name}: ${value}`)
  .join('\n')}
Latency: 708
********************
`
const stats = (o: { vgprs: number; spilled?: number; waves: number }) =>
  printed({
    VGPRs: o.vgprs,
    'Spilled SGPRs': 0,
    'Spilled VGPRs': o.spilled ?? 0,
    'LDS size': 1024,
    'Scratch size': 16 * (o.spilled ?? 0),
    'Subgroups per SIMD': o.waves,
    Instructions: 39,
  })
const compiled = (name: string, models: string[], text: string) =>
  `\n${KERNEL_MARK} ${JSON.stringify({ name, models, workgroup: 64 })}\n${text}`

describe('statistics of compiled kernels', () => {
  const log = [
    `\n${ADAPTER_MARK} "some card"\n`,
    compiled('sum', ['270m'], stats({ vgprs: 8, waves: 32 })),
    compiled('norm', ['270m', '1b'], stats({ vgprs: 40, waves: 16 })),
    compiled('norm', ['1b'], stats({ vgprs: 256, spilled: 15, waves: 4 })),
  ].join('')

  test('a line for each kernel, the worst of its pipelines, the worst kernel first', () => {
    const { adapter, kernels } = readStatistics(log)
    expect(adapter).toBe('some card')
    expect(kernels.map(({ name }) => name)).toEqual(['norm', 'sum'])
    expect(kernels[0]).toEqual({
      name: 'norm',
      models: ['270m', '1b'],
      workgroup: 64,
      pipelines: 2,
      registers: 256,
      spilled: 15,
      scratch: 240,
      shared: 1024,
      occupancy: 4,
      instructions: 39,
    })
    expect(statisticsTable(kernels).split('\n')).toHaveLength(3)
    expect(statisticsMarkdown(kernels)).toContain(
      '| norm | 270m, 1b | 2 | 64 | 256 | 15 | 240 | 1024 | 4 | 39 |',
    )
    expect(statisticsSummary(kernels)).toBe(
      '3 pipelines; spilling: norm; 256 registers and 4 subgroups a SIMD at worst',
    )
    expect(statisticsSummary(kernels.slice(1))).toContain('1 pipelines; none spills;')
  })

  test('a driver that says nothing of a kernel is no driver for this', () => {
    expect(() => readStatistics(log + compiled('mute', [], ''))).toThrow('no statistics of mute')
    expect(() => readStatistics(`\n${ADAPTER_MARK} "some card"\n`)).toThrow('no kernel')
  })
})

const requestOf = (model: ModelConfig): PlanRequest => ({
  model,
  lora: parseRunConfig({ lora: { target_modules: 'all-linear' } }).lora,
  maxTokens: 256,
  maxSupervised: 256,
  recompute: 'auto',
  decode: { sequences: 4, positions: 256 },
})

test('the table that is kept has a line for each kernel that there is, and none of them spills', () => {
  const text = readFileSync(new URL('../../bench/results/compiled-gpu.md', import.meta.url), 'utf8')
  const [head, , ...rows] = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const column = (name: string) => head!.indexOf(name)
  const named = rows.map((row) => row[column('kernel')]!)
  const models = [GEMMA_270M, GEMMA_1B, GEMMA_2_2B, GEMMA_4B]
  const there = models.flatMap((model) => gpuKernels(requestOf(model)))
  expect([...new Set(named)].sort()).toEqual([...new Set(there.map(({ kernel }) => kernel.name))].sort())
  for (const row of rows) {
    expect([row[column('spilled')], row[column('scratch')]], row[1]).toEqual(['0', '0'])
    expect(Number(row[column('registers')])).toBeGreaterThan(0)
  }
})

test('what a GPU may be given: each variant that is not for software alone, whatever is chosen beside it', () => {
  const request = requestOf(PEBBLE)
  const found = gpuKernels(request)
  const texts = new Set(found.map(({ text }) => text))
  expect(texts.size).toBe(found.length)
  expect(found.some(({ kernel }) => kernel.softwareOnly)).toBe(false)
  let variants = 0
  for (const planned of Object.values(planEngine(request).tapes))
    for (const [, asked] of planned?.tape.asked ?? [])
      for (const variant of Object.values(asked)) {
        const kernel = kernelOf(variant)
        if (kernel.softwareOnly) continue
        variants++
        expect(texts.has(shaderText(kernel)), kernel.name).toBe(true)
      }
  expect(variants).toBeGreaterThan(50)
})
