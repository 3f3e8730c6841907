import type { Table } from 'apache-arrow'
import { columnNames, columnReader } from '../files/table.ts'
import { breathe } from '../lib/breath.ts'
import type { ColumnStats } from '../protocol/preparation.ts'
import { asNumber, asText, isMissing } from './values.ts'

/** Different values that are counted; beyond, a column is not one of labels. */
const MAX_DISTINCT = 10_000
const TOP = 10

/** What a column holds, over all its rows. */
export function columnStats(table: Table, name: string): ColumnStats {
  const read = columnReader(table, name)!
  let missing = 0
  const length = { min: Number.POSITIVE_INFINITY, max: 0, sum: 0, count: 0 }
  const number = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, sum: 0, count: 0 }
  let counts: Map<string, number> | null = new Map()
  for (let row = 0; row < table.numRows; row++) {
    const value = read(row)
    if (isMissing(value)) {
      missing++
      continue
    }
    const text = asText(value)!
    if (typeof value === 'string') {
      length.count++
      length.sum += text.length
      length.min = Math.min(length.min, text.length)
      length.max = Math.max(length.max, text.length)
    }
    const x = asNumber(value)
    if (Number.isFinite(x)) {
      number.count++
      number.sum += x
      number.min = Math.min(number.min, x)
      number.max = Math.max(number.max, x)
    }
    if (counts) {
      counts.set(text, (counts.get(text) ?? 0) + 1)
      if (counts.size > MAX_DISTINCT) counts = null
    }
  }
  const summary = ({ min, max, sum, count }: typeof length) =>
    count === 0 ? null : { min, mean: sum / count, max }
  const numbers = summary(number)
  return {
    name,
    rows: table.numRows,
    missing,
    distinct: counts?.size ?? null,
    top: counts
      ? [...counts]
          .sort(([, a], [, b]) => b - a)
          .slice(0, TOP)
          .map(([value, count]) => ({ value: value.slice(0, 200), count }))
      : [],
    length: summary(length),
    number: numbers && { ...numbers, count: number.count },
  }
}

export async function allColumnStats(table: Table, signal?: AbortSignal): Promise<ColumnStats[]> {
  const stats: ColumnStats[] = []
  for (const name of columnNames(table)) {
    // A worker must come up for air to hear of a stop.
    await breathe()
    signal?.throwIfAborted()
    stats.push(columnStats(table, name))
  }
  return stats
}
