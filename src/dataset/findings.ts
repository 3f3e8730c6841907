import type { Table } from 'apache-arrow'
import type { RowNumbers } from '../lib/row-numbers.ts'
import { textKey } from '../lib/text-key.ts'
import type { Finding } from '../protocol/preparation.ts'
import type { Mapping } from '../protocol/recipe.ts'
import { Frame } from './frame.ts'
import { countMissing, fewRows, type MissingCount, missingValues, readExamples } from './inspect/examples.ts'
import { Repeats } from './inspect/repeats.ts'

/** Rows that are text, and not Arrow, at a time: as text a large table takes several times its size. */
const SLICE_ROWS = 8192
/** Larger tables' repeats are told by keys of 53 bits. */
const MOST_WHOLE = 50_000

/**
 * What a person should know at once of the data under this mapping: the part of `inspectFrame` that is quick. Rows in
 * `row` are 0-based, in messages 1-based.
 */
export function findIssues(table: Table, mapping: Mapping, numbers: RowNumbers = []): Finding[] {
  const rows = table.numRows
  const repeats = new Repeats(rows > MOST_WHOLE ? textKey : undefined)
  const missing = new Map<string, MissingCount>()
  for (let start = 0; start < rows || start === 0; start += SLICE_ROWS) {
    const length = Math.min(SLICE_ROWS, rows - start)
    const frame = Frame.of(
      table,
      Uint32Array.from({ length }, (_, i) => start + i),
      numbers,
    )
    for (const found of countMissing(frame, mapping)) {
      const known = missing.get(found.role + found.column)
      if (!known) missing.set(found.role + found.column, found)
      else if ((known.count += found.count) > 0 && known.first < 0) known.first = found.first
    }
    const examples = readExamples(frame, mapping)
    if (examples) repeats.add(examples)
  }
  return [...fewRows(rows), ...missingValues([...missing.values()], rows), ...repeats.findings(mapping)]
}
