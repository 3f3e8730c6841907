import {
  abstention,
  classification,
  fitTemperature,
  majority,
  nearestWords,
  reliability,
  rocAuc,
  softmaxRows,
} from '../metrics/index.ts'
import type { Figure, JudgedRow, LabelChoice, LabelReport, Side } from '../protocol/rooms/evaluations.ts'
import { likeliest, scoreMatrix } from './decide.ts'
import { FEW_RESAMPLES, figure, meanFigure } from './intervals.ts'

/** Labels of an evaluation: those that can be answered, and behind them those that are only asked for. */
export interface Classes {
  names: string[]
  /** How many of them can be answered. */
  seen: number
}

export function classesOf(labels: readonly string[], rows: readonly Pick<JudgedRow, 'reference'>[]): Classes {
  const known = new Set(labels)
  const unseen = [...new Set(rows.map(({ reference }) => reference))].filter((label) => !known.has(label))
  return { names: [...labels, ...unseen], seen: labels.length }
}

export function truthOf({ names }: Classes, rows: readonly Pick<JudgedRow, 'reference'>[]): Int32Array {
  const index = new Map(names.map((name, i) => [name, i]))
  return Int32Array.from(rows, ({ reference }) => index.get(reference) ?? -1)
}

/** What was decided of rows whose labels were scored. */
export interface Decided {
  /** [rows] index of the label chosen. */
  chosen: Int32Array
  /** [rows, seen] */
  probability: Float64Array
  /** [rows] of the label chosen. */
  confidence: Float64Array
  correct: Uint8Array
}

export function decided(
  rows: readonly JudgedRow[],
  truth: Int32Array,
  tokens: readonly number[],
  choice: LabelChoice,
  temperature = 1,
): Decided {
  const labels = tokens.length
  const scores = scoreMatrix(rows, tokens, choice)
  const probability = softmaxRows(scores, labels, temperature)
  const at = (i: number) => likeliest([...scores.subarray(i * labels, (i + 1) * labels)])
  const chosen = Int32Array.from(rows, (_, i) => at(i))
  return {
    chosen,
    probability,
    confidence: Float64Array.from(chosen, (label, i) => probability[i * labels + label]!),
    correct: Uint8Array.from(chosen, (label, i) => (label === truth[i] ? 1 : 0)),
  }
}

/** Figures of any that answers labels. */
export function answeredFigures(truth: Int32Array, answered: Int32Array, classes: Classes): Figure[] {
  const count = truth.length
  const of = (rows: Uint32Array) =>
    classification(pick(truth, rows), pick(answered, rows), classes.names.length)
  const correct = Uint8Array.from(answered, (label, i) => (label === truth[i] ? 1 : 0))
  return [
    ...meanFigure('accuracy', correct),
    ...figure('balanced_accuracy', count, (rows) => of(rows).balancedAccuracy),
    ...figure('macro_f1', count, (rows) => of(rows).macroF1),
  ]
}

/** Figures of a model's probabilities. */
export function probabilityFigures(truth: Int32Array, judged: Decided, { seen }: Classes): Figure[] {
  const rowsOf = (rows: Uint32Array) => {
    const picked = new Float64Array(rows.length * seen)
    for (const [i, row] of rows.entries())
      picked.set(judged.probability.subarray(row * seen, (row + 1) * seen), i * seen)
    return picked
  }
  return [
    ...figure(
      'roc_auc',
      truth.length,
      (rows) => rocAuc(pick(truth, rows), rowsOf(rows), seen).macro,
      FEW_RESAMPLES,
    ),
    ...calibrationError('ece', judged),
  ]
}

/** Expected calibration error: how far confidence and share of right answers are apart. */
export function calibrationError(name: 'ece' | 'ece_calibrated', { confidence, correct }: Decided): Figure[] {
  return figure(name, correct.length, (rows) => reliability(pick(confidence, rows), pick(correct, rows)).ece)
}

/** The label that is learnt most, and the label of the learnt question with the likest words. */
export function baselineSides(
  learnt: readonly { question: string; reference: string }[],
  rows: readonly JudgedRow[],
  truth: Int32Array,
  classes: Classes,
): Side[] {
  const index = new Map(classes.names.map((name, i) => [name, i]))
  const known = learnt.flatMap(({ question, reference }) => {
    const label = index.get(reference)
    return label === undefined ? [] : [{ text: question, label }]
  })
  if (known.length === 0) return []
  const most = majority(
    known.map(({ label }) => label),
    classes.names.length,
  )
  const nearest = nearestWords(known)
  const side = (name: Side['name'], answered: Int32Array): Side => ({
    name,
    right: answered.filter((label, i) => label === truth[i]).length,
    figures: answeredFigures(truth, answered, classes),
  })
  return [
    side(
      'nearest',
      Int32Array.from(rows, ({ question }) => nearest(question)),
    ),
    side('majority', new Int32Array(rows.length).fill(most)),
  ]
}

/** Rows by which a temperature may be fitted: held out for validation, and judged with the same labels. */
export interface Validation {
  rows: readonly JudgedRow[]
  labelTokens: readonly number[]
  /** Whether these are the judged rows themselves: then nothing is held against them. */
  same: boolean
}

/** Everything that is told of labels beside the figures. */
export function labelReport(
  truth: Int32Array,
  judged: Decided,
  classes: Classes,
  fitted: LabelReport['temperature'],
  calibrated: Decided | null,
  abstain: number,
): LabelReport {
  const { names, seen } = classes
  const { perClass, confusion } = classification(truth, judged.chosen, names.length)
  const areas = rocAuc(truth, judged.probability, seen).perClass
  return {
    classes: names.map((label, i) => ({
      label,
      seen: i < seen,
      ...perClass[i]!,
      rocAuc: areas[i] ?? null,
    })),
    confusion,
    reliability: {
      bins: reliability(judged.confidence, judged.correct).bins,
      calibrated: calibrated && reliability(calibrated.confidence, calibrated.correct).bins,
    },
    temperature: fitted,
    abstention: abstention(judged.confidence, judged.correct),
    abstain: abstention(judged.confidence, judged.correct, [abstain])[0]!,
  }
}

/** The temperature at which validation rows are likeliest. Null where none of them has a label that was learnt. */
export function fittedTemperature(
  { rows, labelTokens, same }: Validation,
  labels: readonly string[],
  choice: LabelChoice,
): NonNullable<LabelReport['temperature']> | null {
  const index = new Map(labels.map((label, i) => [label, i]))
  const known = rows.filter(({ reference }) => index.has(reference))
  if (known.length === 0) return null
  const truth = Int32Array.from(known, ({ reference }) => index.get(reference)!)
  const value = fitTemperature(scoreMatrix(known, labelTokens, choice), truth, labels.length)
  return { value, rows: known.length, same }
}

function pick<Values extends Int32Array | Float64Array | Uint8Array>(
  values: Values,
  rows: Uint32Array,
): Values {
  const picked = new (values.constructor as new (length: number) => Values)(rows.length)
  for (const [i, row] of rows.entries()) picked[i] = values[row]!
  return picked
}
