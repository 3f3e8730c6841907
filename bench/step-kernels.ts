import { plannedCases, textsOf } from '../src/engine/check/check-plan.ts'
import type { EnginePlan, PlannedTape } from '../src/engine/plan.ts'
import { shaderText } from '../src/gpu/kernel.ts'
import { rateKernels } from '../src/gpu/measure.ts'
import { aligned, si } from './table.ts'

/** A pipeline of a training step, and what a step asks of it at the plan's largest sizes. */
export interface StepKernel {
  name: string
  /** In how many dispatches of a step it runs. */
  dispatches: number
  /** Invocations of a workgroup, and workgroups of all its dispatches. */
  workgroup: number
  workgroups: number
  bindings: number
  flops: number
  bytes: number
  text: string
}

/** Texts of all pipelines that are compiled on a GPU before a first step is over, by what they are for. */
export function beforeFirstStep(plan: EnginePlan): Record<'measured' | 'run' | 'checked', Set<string>> {
  const checked = plannedCases(plan).flatMap(({ cases }) => cases.flatMap(({ texts }) => [...texts]))
  return {
    measured: new Set(rateKernels().map(shaderText)),
    run: new Set(textsOf(plan, false).keys()),
    checked: new Set(checked),
  }
}

/** How many they are, each counted once. */
export const countBeforeFirstStep = (plan: EnginePlan): number =>
  new Set(Object.values(beforeFirstStep(plan)).flatMap((texts) => [...texts])).size

/** Every pipeline of one training step (a micro-batch and the optimizer), those with most FLOPs first. */
export function stepKernels({ tapes }: EnginePlan): StepKernel[] {
  const found = new Map<string, StepKernel>()
  for (const { tape, capacity } of [tapes.train, tapes.optimizer].filter((t): t is PlannedTape => t !== null))
    for (const { kernel } of tape.dispatches) {
      const text = shaderText(kernel)
      const row = found.get(text) ?? {
        name: kernel.name,
        dispatches: 0,
        workgroup: kernel.workgroup,
        workgroups: 0,
        bindings: Object.keys(kernel.bindings).length,
        flops: 0,
        bytes: 0,
        text,
      }
      found.set(text, row)
      const { flops, bytes } = kernel.cost?.(capacity) ?? { flops: 0, bytes: 0 }
      row.dispatches += 1
      row.workgroups += kernel.grid(capacity).reduce((a, b) => a * b)
      row.flops += flops
      row.bytes += bytes
    }
  return [...found.values()].sort((a, b) => b.flops - a.flops || a.name.localeCompare(b.name))
}

export function stepKernelsTable(rows: readonly StepKernel[]): string {
  const total = (of: (row: StepKernel) => number) => rows.reduce((sum, row) => sum + of(row), 0)
  const flops = total((row) => row.flops)
  const share = (value: number) => `${((100 * value) / flops).toFixed(1)}%`
  const cells = (row: Omit<StepKernel, 'text'>) => [
    row.name,
    String(row.dispatches),
    row.workgroup ? String(row.workgroup) : '',
    String(row.workgroups),
    row.bindings ? String(row.bindings) : '',
    si(row.flops),
    share(row.flops),
    `${si(row.bytes)}B`,
  ]
  const all = {
    name: `${rows.length} pipelines`,
    dispatches: total((row) => row.dispatches),
    workgroup: 0,
    workgroups: total((row) => row.workgroups),
    bindings: 0,
    flops,
    bytes: total((row) => row.bytes),
  }
  return aligned(new Set([1, 2, 3, 4, 5, 6, 7]), [
    ['kernel', 'dispatches', 'invocations', 'workgroups', 'bindings', 'FLOPs', 'of all', 'bytes'],
    ...rows.map(cells),
    cells(all),
  ]).join('\n')
}
