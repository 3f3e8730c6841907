/**
 * Figures of `src/metrics` for JSON cases on standard input: `npx tsx tools/metrics.ts < cases.json`. Peers compare its output with
 * scikit-learn, sacrebleu and rouge-score; `tests/metrics/golden.test.ts` with the figures that they gave.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import {
  chrf,
  classification,
  corpusChrf,
  fitTemperature,
  majority,
  nearestWords,
  reliability,
  rocAuc,
  rougeL,
  softmaxRows,
} from '../src/metrics/index.ts'

export interface LabelCase {
  classes: number
  truth: number[]
  predicted: number[]
  /** [rows, classes] */
  probability: number[]
  logScores: number[]
}

export interface TextCase {
  references: string[]
  hypotheses: string[]
}

export interface WordCase {
  train: { text: string; label: number }[]
  classes: number
  questions: string[]
}

export interface Cases {
  labels: LabelCase[]
  texts: TextCase[]
  words: WordCase[]
}

/** What is compared, in the form that it has in JSON. */
export function figures({ labels, texts, words }: Cases) {
  return { labels: labels.map(ofLabels), texts: texts.map(ofTexts), words: words.map(ofWords) }
}

function ofLabels({ classes, truth, predicted, probability, logScores }: LabelCase) {
  const { confusion, ...rest } = classification(truth, predicted, classes)
  const shares = Float64Array.from(probability)
  const rows = truth.map((_, row) => probability.slice(row * classes, (row + 1) * classes))
  const confidence = rows.map((row) => Math.max(...row))
  const correct = rows.map((row, i) => (row.indexOf(confidence[i]!) === truth[i] ? 1 : 0))
  const { bins, ece } = reliability(confidence, correct)
  const scores = Float64Array.from(logScores)
  return {
    ...rest,
    confusion: [...confusion],
    rocAuc: rocAuc(truth, shares, classes),
    ece,
    bins: bins.filter(({ count }) => count > 0),
    softmax: [...softmaxRows(scores, classes, 2)],
    temperature: fitTemperature(scores, truth, classes),
  }
}

function ofTexts({ references, hypotheses }: TextCase) {
  const each = (of: (reference: string, hypothesis: string) => number) =>
    references.map((reference, i) => of(reference, hypotheses[i]!))
  return { chrf: each(chrf), corpusChrf: corpusChrf(references, hypotheses), rougeL: each(rougeL) }
}

function ofWords({ train, classes, questions }: WordCase) {
  const labels = train.map(({ label }) => label)
  return { majority: majority(labels, classes), nearest: questions.map(nearestWords(train)) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.stdout.write(JSON.stringify(figures(JSON.parse(readFileSync(0, 'utf8')) as Cases)))
