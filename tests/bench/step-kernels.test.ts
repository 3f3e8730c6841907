import { expect, test } from 'vitest'
import { PEBBLE } from '../../bench/shapes.ts'
import { stepKernels, stepKernelsTable } from '../../bench/step-kernels.ts'
import { planEngine } from '../../src/engine/plan.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

test('every pipeline of a step is listed once, and together they are the step', () => {
  const plan = planEngine({
    model: PEBBLE,
    lora: parseRunConfig({ lora: { target_modules: 'all-linear' } }).lora,
    maxTokens: 256,
    maxSupervised: 256,
    recompute: 'cheap',
    decode: null,
  })
  const rows = stepKernels(plan)
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0)
  expect(sum((row) => row.dispatches)).toBe(plan.memory.dispatchesPerStep)
  const optimizer = rows
    .filter(({ name }) => name.startsWith('adamw'))
    .reduce((total, r) => total + r.flops, 0)
  expect(optimizer).toBeGreaterThan(0)
  expect(sum((row) => row.flops) - optimizer).toBeCloseTo(plan.memory.flopsPerStep, -2)
  expect(new Set(rows.map(({ text }) => text)).size).toBe(rows.length)
  expect(rows.every(({ text }) => text.includes('@compute'))).toBe(true)
  const lines = stepKernelsTable(rows).split('\n')
  expect(lines).toHaveLength(rows.length + 2)
  expect(lines.at(-1)).toMatch(
    new RegExp(`^${rows.length} pipelines +${plan.memory.dispatchesPerStep} .* 100\\.0%`),
  )
})
