import type { BenchReport, BenchRow } from './types.ts'

/** The report as text, columns aligned. */
export function benchTable(report: BenchReport): string {
  const { environment: e, peak } = report
  const lines = [
    `${report.adapter}${report.software ? ' (software)' : ''}`,
    `${e.runtime}; ${e.host}; driver ${e.driver ?? 'as the adapter says'}; ${e.date}; commit ${e.commit}`,
    `measured peak: ${si(peak.flops)}FLOP/s (f32 FMA), ${si(peak.bandwidth)}B/s`,
    ...(e.load !== null && e.load > 1
      ? [`the machine was busy (load ${e.load.toFixed(1)} a core): figures are too low`]
      : []),
    '',
    ...aligned(NUMERIC, [
      ['suite', 'what', 'time', 'FLOPs', 'FLOP/s', 'of peak', 'bytes', 'of bandwidth', 'clock', 'more'],
      ...report.rows.map(rowCells),
    ]),
    '',
    ...report.figures.map((f) => `${f.name}: ${number(f.value)} ${f.unit}${f.note ? ` (${f.note})` : ''}`),
    ...(report.skipped.length ? ['', 'not measured:'] : []),
    ...skippedLines(report),
    '',
    `${report.rows.length} rows in ${report.seconds.toFixed(0)} s`,
  ]
  return lines.join('\n')
}

/** One line for each reason. */
function skippedLines({ skipped }: BenchReport): string[] {
  const names = new Map<string, string[]>()
  for (const { name, why } of skipped) names.set(why, [...(names.get(why) ?? []), name])
  return [...names].map(
    ([why, list]) => `  ${list.length > 6 ? `${list.length} things` : list.join('; ')}: ${why}`,
  )
}

function rowCells(row: BenchRow): string[] {
  return [
    row.suite,
    row.name,
    `${si(row.seconds)}s`,
    si(row.flops),
    si(row.flops / row.seconds),
    percent(row.peakFraction),
    `${si(row.bytes)}B`,
    percent(row.bandwidthFraction),
    `${row.clock} x${row.samples}`,
    more(row),
  ]
}

function more({ detail: d }: BenchRow): string {
  const parts = []
  if (d.variant) parts.push(String(d.variant))
  if (typeof d.tokensPerSecond === 'number') parts.push(`${number(d.tokensPerSecond)} tokens/s`)
  if (typeof d.dispatches === 'number') parts.push(`${d.dispatches} dispatches`)
  if (typeof d.hostMicrosecondsPerDispatch === 'number')
    parts.push(`${number(d.hostMicrosecondsPerDispatch)} µs JavaScript for each`)
  if (typeof d.submits === 'number') parts.push(`${number(d.submits)} submits`)
  if (typeof d.plannedBytes === 'number' && typeof d.liveBytes === 'number')
    parts.push(`${si(d.plannedBytes)}B planned, ${si(d.liveBytes)}B live`)
  return parts.join(', ')
}

const NUMERIC = new Set([2, 3, 4, 5, 6, 7])

/** Rows as lines; numbers stand at the right of their columns. */
export function aligned(numeric: ReadonlySet<number>, rows: string[][]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows.map((row) =>
    row
      .map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}

const PREFIXES = ['n', 'µ', 'm', '', 'k', 'M', 'G', 'T', 'P']

/** Three digits and an SI prefix: 12.3 G. */
export function si(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return `${value} `
  const power = Math.min(5, Math.max(-3, Math.floor(Math.log10(Math.abs(value) * 1.0005) / 3)))
  return `${(value / 1000 ** power).toPrecision(3)} ${PREFIXES[power + 3]}`
}

const number = (value: number) => String(Number(value.toPrecision(4)))
const percent = (share: number) => `${(share * 100).toFixed(1)}%`
