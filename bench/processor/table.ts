import { textTable } from '../../src/lib/text-table.ts'
import { median } from './turns.ts'
import type { Measured, ProcessorReport } from './types.ts'

const three = (value: number) => String(Number(value.toPrecision(3)))

const spread = (rates: readonly number[]) =>
  `${three(median(rates))} (${three(Math.min(...rates))} to ${three(Math.max(...rates))})`

const memoryOf = ({ memory }: Measured) => (memory === null ? 'not known' : `${(memory / 1e9).toFixed(2)} GB`)

const HEADS = {
  measured: ['work', 'implementation', 'threads', 'figure', 'tokens/s', 'memory at most', 'notes'],
  ratios: ['work', 'figure', 'ours', 'over', 'ratio'],
}

function cells(report: ProcessorReport): { measured: string[][]; ratios: string[][] } {
  return {
    measured: report.measured.map((one) => [
      one.work,
      one.name,
      String(one.threads),
      one.figure,
      spread(one.rates),
      memoryOf(one),
      one.notes,
    ]),
    ratios: report.ratios.map(({ work, figure, ours, other, median, lowest, highest }) => [
      work,
      figure,
      ours,
      other,
      `${three(median)} (${three(lowest)} to ${three(highest)})`,
    ]),
  }
}

/** Everything as text; what is missing last. */
export function processorTable(report: ProcessorReport): string {
  const { measured, ratios } = cells(report)
  return [
    saidOf(report),
    '',
    textTable([HEADS.measured, ...measured]),
    '',
    ...(ratios.length ? [textTable([HEADS.ratios, ...ratios])] : []),
    ...(report.missing.length ? ['', 'not measured:'] : []),
    ...report.missing.map(({ what, why }) => `  ${what}: ${why}`),
  ].join('\n')
}

/** Where and when, in a line. */
function saidOf({ environment: e, seconds }: ProcessorReport): string {
  const load = e.load === null ? '' : `, load ${e.load.toFixed(1)} a core as it began`
  return `${e.runtime}; ${e.host}; ${e.date}; commit ${e.commit}${load}; ${seconds.toFixed(0)} s`
}
