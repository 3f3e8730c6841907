import { requireClass, requireRows } from './require.ts'

/**
 * The label that most training rows have, the first of several: scikit-learn's `DummyClassifier(strategy='most_frequent')`.
 * @throws LapidaryError `bad_data`
 */
export function majority(trainLabels: readonly number[], classes: number): number {
  requireRows('the commonest label', trainLabels.length, trainLabels.length)
  const counts = new Uint32Array(classes)
  for (const [row, label] of trainLabels.entries()) {
    requireClass(label, 0, classes, row)
    counts[label]!++
  }
  return counts.reduce((most, count, label) => (count > counts[most]! ? label : most), 0)
}

/** By how much more one row must be like a text than another before it: less is rounding. */
const ROUNDING = 1e-12

/** Words as scikit-learn's vectorizers find them: two characters and longer. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? []
}

/**
 * The label of the training row whose words are likest: cosine of tf-idf vectors, the first row of several, and of all where no word is
 * known. As scikit-learn's `TfidfVectorizer()` (smoothed idf, ln((1 + rows) / (1 + rows with the word)) + 1) and
 * `KNeighborsClassifier(1, metric='cosine')`.
 * @throws LapidaryError `bad_data` where there are no training rows
 */
export function nearestWords(train: readonly { text: string; label: number }[]): (text: string) => number {
  requireRows('the nearest row', train.length, train.length)
  /** By word, the rows that have it. */
  const index = new Map<string, { row: number; count: number }[]>()
  for (const [row, { text }] of train.entries())
    for (const [word, count] of counted(wordsOf(text)))
      if (index.has(word)) index.get(word)!.push({ row, count })
      else index.set(word, [{ row, count }])
  const idf = (rows: number) => Math.log((1 + train.length) / (1 + rows)) + 1
  const squares = new Float64Array(train.length)
  for (const rows of index.values())
    for (const { row, count } of rows) squares[row]! += (count * idf(rows.length)) ** 2
  const likeness = new Float64Array(train.length)
  return (text) => {
    likeness.fill(0)
    for (const [word, count] of counted(wordsOf(text))) {
      const rows = index.get(word) ?? []
      const weight = idf(rows.length) ** 2 * count
      for (const { row, count } of rows) likeness[row]! += weight * count
    }
    // The length of the text's own vector is the same for all.
    let best = 0
    for (let row = 0; row < likeness.length; row++) {
      if (likeness[row]! > 0) likeness[row]! /= Math.sqrt(squares[row]!)
      if (likeness[row]! > likeness[best]! * (1 + ROUNDING)) best = row
    }
    return train[best]!.label
  }
}

function counted(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}
