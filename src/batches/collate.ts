import { type Batch, type Example, IGNORE } from '../protocol/batch.ts'

/**
 * Joins examples into one flat stream, a segment each. Labels are shifted inside the segment: row t predicts token
 * t + 1 where that is supervised, and a segment's last token predicts nothing. Empty examples leave no trace.
 */
export function collate(examples: readonly Example[]): Batch {
  const total = examples.reduce((sum, example) => sum + example.tokens.length, 0)
  const tokens = new Uint32Array(total)
  const positions = new Uint32Array(total)
  const segmentStart = new Uint32Array(total)
  const labels = new Int32Array(total).fill(IGNORE)
  const rows: number[] = []
  let start = 0
  for (const example of examples) {
    const length = example.tokens.length
    tokens.set(example.tokens, start)
    segmentStart.fill(start, start, start + length)
    for (let i = 0; i < length; i++) {
      positions[start + i] = i
      if (i + 1 < length && example.supervised[i + 1]) {
        labels[start + i] = example.tokens[i + 1]!
        rows.push(start + i)
      }
    }
    start += length
  }
  return { tokens, positions, segmentStart, labels, supervisedRows: Uint32Array.from(rows) }
}

/** Rows that an example supervises: its supervised tokens but the first, which nothing predicts. */
export function supervisedRowCount(example: Example): number {
  let sum = 0
  for (let i = 1; i < example.supervised.length; i++) sum += example.supervised[i]!
  return sum
}
