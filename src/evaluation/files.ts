import { csvWords } from '../lib/csv-text.ts'
import type { EvaluationReport } from '../protocol/rooms/evaluations.ts'

/** `evaluation.json`: every figure with what it is of; rows are in `predictions.csv`. */
export function evaluationJson({ rows: _, labels, ...report }: EvaluationReport): string {
  const plain = labels && { ...labels, confusion: [...labels.confusion] }
  return `${JSON.stringify({ ...report, labels: plain }, null, 2)}\n`
}

/** `predictions.csv`: a row for each that was judged, worst first. Words that begin like a formula are kept words. */
export function predictionsCsv({ rows, labels, base }: EvaluationReport): string {
  const figure = (value: number | undefined) => (value === undefined ? '' : String(value))
  const yes = (value: boolean | null | undefined) =>
    value === undefined || value === null ? '' : String(value)
  const words = (text: string | null | undefined) => (text ? csvWords(text) : '')
  const columns: [name: string, of: (row: EvaluationReport['rows'][number]) => string][] = [
    ['row', ({ number }) => String(number)],
    ['question', ({ question }) => words(question)],
    ['reference', ({ reference }) => words(reference)],
    ['answer', ({ answer }) => words(answer)],
    ['right', ({ right }) => yes(right)],
    ['score', ({ score }) => figure(score)],
    ...(labels
      ? ([
          ['confidence', ({ confidence }) => figure(confidence)],
          // Were it silent below the threshold of evaluation.json.
          ['answered', ({ confidence }) => yes((confidence ?? 0) >= labels.abstain.threshold)],
        ] as typeof columns)
      : []),
    ['reference_log_probability', ({ logProbability }) => figure(logProbability)],
    ['reference_tokens', ({ tokens }) => String(tokens)],
    ['reference_tokens_likeliest', ({ hits }) => String(hits)],
    ...(base
      ? ([
          ['base_answer', ({ base }) => words(base?.answer)],
          ['base_right', ({ base }) => yes(base?.right)],
        ] as typeof columns)
      : []),
  ]
  const lines = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, of]) => of(row)))]
  return `${lines.map((fields) => fields.join(',')).join('\r\n')}\r\n`
}
