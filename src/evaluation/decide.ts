import type { JudgedRow, LabelChoice } from '../protocol/rooms/evaluations.ts'

/**
 * What labels are held against each other by.
 * @param scores [labels] natural log of the probability of all of a label's tokens
 * @param tokens [labels] how many these are
 */
export function comparable(
  scores: readonly number[],
  tokens: readonly number[],
  choice: LabelChoice,
): number[] {
  return choice === 'sum' ? [...scores] : scores.map((score, i) => score / tokens[i]!)
}

/** The likeliest label, of equals the first. */
export function likeliest(scores: readonly number[]): number {
  let best = 0
  for (const [i, score] of scores.entries()) if (score > scores[best]!) best = i
  return best
}

/** [rows, labels] what labels are held against each other by, row by row. */
export function scoreMatrix(
  rows: readonly Pick<JudgedRow, 'scores'>[],
  tokens: readonly number[],
  choice: LabelChoice,
): Float64Array {
  const matrix = new Float64Array(rows.length * tokens.length)
  for (const [i, { scores = [] }] of rows.entries())
    matrix.set(comparable(scores, tokens, choice), i * tokens.length)
  return matrix
}
