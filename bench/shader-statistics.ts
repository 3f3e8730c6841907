import { aligned } from './table.ts'

/** Line heads by which a compiling process says what follows on standard error: an adapter's name, or a kernel that is compiled next. */
export const ADAPTER_MARK = '@@adapter'
export const KERNEL_MARK = '@@kernel'

export interface CompiledNote {
  name: string
  /** Models that have this very text. */
  models: string[]
  /** Invocations. */
  workgroup: number
}

/** What a driver made of the pipelines of one kernel, which differ in shapes: of each figure the worst. */
export interface CompiledKernel extends CompiledNote {
  pipelines: number
  /** Vector registers an invocation. */
  registers: number
  /** Vector and scalar registers that found no place, and what is kept in memory instead, bytes a subgroup. */
  spilled: number
  scratch: number
  /** Workgroup memory, bytes. */
  shared: number
  /** Subgroups that a SIMD unit holds at once. */
  occupancy: number
  instructions: number
}

/** As Mesa's RADV prints it with RADV_DEBUG=shaderstats. */
const STATISTICS = {
  registers: ['VGPRs'],
  spilled: ['Spilled VGPRs', 'Spilled SGPRs'],
  scratch: ['Scratch size'],
  shared: ['LDS size'],
  occupancy: ['Subgroups per SIMD'],
  instructions: ['Instructions'],
} as const
type Statistic = keyof typeof STATISTICS

/**
 * Reads what a compiling process and its driver wrote.
 * @throws Error where a kernel was compiled without any statistics, or none was at all
 */
export function readStatistics(log: string): { adapter: string; kernels: CompiledKernel[] } {
  const adapter = new RegExp(`^${ADAPTER_MARK} (.*)$`, 'm').exec(log)?.[1]
  const [, ...parts] = log.split(new RegExp(`^${KERNEL_MARK} `, 'm'))
  const found = new Map<string, CompiledKernel>()
  for (const part of parts) {
    const note = JSON.parse(part.slice(0, part.indexOf('\n'))) as CompiledNote
    const printed = new Map(
      [...part.matchAll(/^([A-Za-z ]+): (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]),
    )
    const value = (statistic: Statistic) =>
      STATISTICS[statistic].reduce((sum, name) => sum + (printed.get(name) ?? Number.NaN), 0)
    const figures = Object.fromEntries(
      (Object.keys(STATISTICS) as Statistic[]).map((statistic) => [statistic, value(statistic)]),
    ) as Record<Statistic, number>
    if (Object.values(figures).some(Number.isNaN)) throw new Error(`no statistics of ${note.name}`)
    const { name, workgroup } = note
    const key = `${name} ${workgroup}`
    const known = found.get(key)
    if (!known) found.set(key, { ...note, ...figures, pipelines: 1 })
    else {
      known.pipelines += 1
      known.models = [...new Set([...known.models, ...note.models])]
      for (const statistic of Object.keys(STATISTICS) as Statistic[])
        known[statistic] = worse(statistic, known[statistic], figures[statistic])
    }
  }
  if (found.size === 0) throw new Error('no kernel was compiled')
  return { adapter: JSON.parse(adapter ?? '""') as string, kernels: [...found.values()].sort(worseFirst) }
}

const worse = (statistic: Statistic, a: number, b: number) =>
  statistic === 'occupancy' ? Math.min(a, b) : Math.max(a, b)

const worseFirst = (a: CompiledKernel, b: CompiledKernel) =>
  b.spilled - a.spilled ||
  b.scratch - a.scratch ||
  a.occupancy - b.occupancy ||
  b.registers - a.registers ||
  a.name.localeCompare(b.name)

const HEAD = ['kernel', 'models', 'pipelines', 'invocations', 'registers', 'spilled', 'scratch'].concat(
  'workgroup memory',
  'subgroups a SIMD',
  'instructions',
)

function cells(row: CompiledKernel): string[] {
  const { name, models, pipelines, workgroup, registers, spilled, scratch, shared, occupancy } = row
  const numbers = [pipelines, workgroup, registers, spilled, scratch, shared, occupancy, row.instructions]
  return [name, models.join(', '), ...numbers.map(String)]
}

export function statisticsTable(kernels: readonly CompiledKernel[]): string {
  const numeric = new Set(HEAD.keys())
  numeric.delete(0)
  numeric.delete(1)
  return aligned(numeric, [HEAD, ...kernels.map(cells)]).join('\n')
}

export function statisticsMarkdown(kernels: readonly CompiledKernel[]): string {
  const line = (row: string[]) => `| ${row.join(' | ')} |`
  return [
    line(HEAD),
    line(HEAD.map((_, i) => (i < 2 ? '---' : '---:'))),
    ...kernels.map((k) => line(cells(k))),
  ].join('\n')
}

/** What is worth knowing of all of them at once. */
export function statisticsSummary(kernels: readonly CompiledKernel[]): string {
  const pipelines = kernels.reduce((sum, k) => sum + k.pipelines, 0)
  const spilling = kernels.filter(({ spilled, scratch }) => spilled + scratch > 0)
  const least = Math.min(...kernels.map(({ occupancy }) => occupancy))
  return `${pipelines} pipelines; ${
    spilling.length === 0
      ? 'none spills'
      : `spilling: ${[...new Set(spilling.map(({ name }) => name))].join(', ')}`
  }; ${Math.max(...kernels.map(({ registers }) => registers))} registers and ${least} subgroups a SIMD at worst`
}
