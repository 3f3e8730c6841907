import { counted } from '../../lib/counted.ts'
import type { StepOf } from '../../protocol/data-steps.ts'
import { fail } from '../../protocol/errors.ts'
import type { Finding } from '../../protocol/preparation.ts'
import type { Frame } from '../frame.ts'
import { asNumber, asText, isMissing } from '../values.ts'
import { mapCells, type StepContext, type StepResult } from './step.ts'

/** Steps on numbers, and on text that is one. Anything else is left as it is, and said. */

export function round(frame: Frame, step: StepOf<'round'>, context: StepContext): StepResult {
  return mapNumbers(frame, step.columns, () => (x) => roundTo(x, step.digits), context)
}

/** Half away from zero on the number as it is written: 1.005 to two digits is 1.01, though its double lies below. */
export function roundTo(x: number, digits: number): number {
  if (!Number.isFinite(x)) return x
  const [mantissa, exponent = '0'] = String(Math.abs(x)).split('e')
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`))
  // Beyond this a double has no digits left to round, and writes itself with an exponent.
  if (shifted >= 1e21) return x
  return Math.sign(x) * Number(`${shifted}e${-digits}`) || 0
}

export function scale(frame: Frame, step: StepOf<'scale'>, context: StepContext): StepResult {
  return mapNumbers(frame, step.columns, (column) => scaling(frame, column, step), context)
}

function scaling(frame: Frame, column: string, step: StepOf<'scale'>): (x: number) => number {
  if (step.method === 'factor') return (x) => x * step.factor
  let [count, mean, squares, min, max] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of frame.column(column)) {
    const x = asNumber(value)
    if (!Number.isFinite(x)) continue
    // Welford: sums of squares of large numbers lose what is looked for.
    const delta = x - mean
    mean += delta / ++count
    squares += delta * (x - mean)
    min = Math.min(min, x)
    max = Math.max(max, x)
  }
  if (step.method === 'min_max') return (x) => (max > min ? (x - min) / (max - min) : 0)
  const deviation = Math.sqrt(squares / Math.max(1, count))
  return (x) => (deviation > 0 ? (x - mean) / deviation : 0)
}

/** @throws LapidaryError `bad_config` where there are not as many words as buckets */
export function buckets(frame: Frame, step: StepOf<'buckets'>, context: StepContext): StepResult {
  const { edges, words } = step
  if (words !== null && words.length !== edges.length + 1)
    fail(
      'bad_config',
      `${edges.length} limits make ${edges.length + 1} buckets, but there are ${words.length} words.`,
      'Give one word for each bucket, the lowest first.',
      { field: 'words', expected: edges.length + 1, found: words.length },
    )
  const labels = words ?? bucketWords(edges)
  return mapNumbers(
    frame,
    step.columns,
    () => (x) => labels[edges.filter((edge) => x >= edge).length]!,
    context,
  )
}

function bucketWords(edges: readonly number[]): string[] {
  const middle = edges.slice(1).map((edge, i) => `${edges[i]} to ${edge}`)
  return [`below ${edges[0]}`, ...middle, `${edges.at(-1)} and above`]
}

function mapNumbers(
  frame: Frame,
  columns: readonly string[],
  change: (column: string) => (x: number) => number | string,
  context: StepContext,
): StepResult {
  const other = new Map<string, { count: number; row: number; value: string }>()
  let current = ''
  let run: (x: number) => number | string = (x) => x
  const result = mapCells(
    frame,
    columns,
    (value, column, row) => {
      if (column !== current) [current, run] = [column, change(column)]
      const x = asNumber(value)
      if (Number.isFinite(x)) return run(x)
      const seen = other.get(column)
      if (isMissing(value)) return value
      if (seen) seen.count++
      else other.set(column, { count: 1, row, value: asText(value)! })
      return value
    },
    context,
  )
  const findings = [...other].map(
    ([column, { count, row, value }]): Finding => ({
      kind: 'step',
      severity: 'warning',
      message: `${counted(count, 'value', 'values')} in "${column}" ${count === 1 ? 'is' : 'are'} not a number, row ${frame.number(row)} first: ${JSON.stringify(value.slice(0, 40))}.`,
      hint: 'Such values stay as they are.',
      row,
      column,
      count,
    }),
  )
  return { ...result, findings }
}
