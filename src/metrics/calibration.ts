import { fail } from '../protocol/errors.ts'
import { requireClass, requireRows } from './require.ts'

export interface ReliabilityBin {
  /** Confidences above `from`, up to and with `to`; the first bin has 0 too. */
  from: number
  to: number
  count: number
  /** Means over its rows; 0 where there are none. */
  confidence: number
  accuracy: number
}

/**
 * Whether answers are right as often as they are confident: bins of equal width, and the expected calibration error, the mean of
 * what confidence and accuracy of a row's bin are apart. Source: Guo et al., "On Calibration of Modern Neural Networks"
 * (ICML 2017), equations 2 and 3; bins as scikit-learn's `calibration_curve`.
 * @param confidence [rows] 0..1
 * @param correct [rows] 1 where the answer is right, else 0
 * @throws LapidaryError `bad_data`
 */
export function reliability(
  confidence: ArrayLike<number>,
  correct: ArrayLike<number>,
  bins = 15,
): { bins: ReliabilityBin[]; ece: number } {
  const count = confidence.length
  requireRows('calibration', count, correct.length)
  // As numpy.linspace rounds them: a confidence on an edge falls where it does there.
  const edge = (i: number) => (i === bins ? 1 : i * (1 / bins))
  const found = Array.from({ length: bins }, (_, i) => ({
    from: edge(i),
    to: edge(i + 1),
    count: 0,
    confidence: 0,
    accuracy: 0,
  }))
  for (let row = 0; row < count; row++) {
    const value = confidence[row]!
    if (!(value >= 0 && value <= 1)) notAShare(value, row)
    let at = Math.min(bins - 1, Math.floor(value * bins))
    while (at > 0 && value <= edge(at)) at--
    while (value > edge(at + 1)) at++
    const bin = found[at]!
    bin.count++
    bin.confidence += value
    bin.accuracy += correct[row]!
  }
  let ece = 0
  for (const bin of found) {
    if (bin.count === 0) continue
    ece += Math.abs(bin.confidence - bin.accuracy) / count
    bin.confidence /= bin.count
    bin.accuracy /= bin.count
  }
  return { bins: found, ece }
}

function notAShare(value: number, row: number): never {
  fail('bad_data', `Row ${row + 1} has a confidence of ${value}.`, 'Confidences are between 0 and 1.', {
    row,
  })
}

/**
 * Probabilities of each row: softmax of its scores over a temperature. A row whose scores are all -Infinity has every class alike.
 * @param logScores [rows, classes]
 * @returns [rows, classes]
 */
export function softmaxRows(logScores: Float64Array, classes: number, temperature = 1): Float64Array {
  const found = new Float64Array(logScores.length)
  for (let row = 0; row < logScores.length; row += classes) {
    const scores = logScores.subarray(row, row + classes)
    const top = scores.reduce((a, b) => Math.max(a, b), -Infinity)
    let sum = 0
    for (let c = 0; c < classes; c++)
      sum += found[row + c] = top === -Infinity ? 1 : Math.exp((scores[c]! - top) / temperature)
    for (let c = 0; c < classes; c++) found[row + c]! /= sum
  }
  return found
}

/** Where the likeliest temperature would be 0 or without end, which is so where every row, or too many a wrong one, is sure. */
export const TEMPERATURES = { low: 0.01, high: 100 } as const

/**
 * The temperature that makes the labels of these rows likeliest (least mean negative log-likelihood), found by halving in
 * 1 / temperature, where it is convex. Within `TEMPERATURES`. For rows held out for validation only: on rows that figures are told
 * of, it would flatter them. Rows whose label has no probability at all are left out. Source: Guo et al. 2017, section 4.2.
 * @param logScores [rows, classes]
 * @param truth [rows] 0..classes-1
 * @throws LapidaryError `bad_data`
 */
export function fitTemperature(logScores: Float64Array, truth: ArrayLike<number>, classes: number): number {
  requireRows('a temperature', truth.length * classes, logScores.length)
  for (let row = 0; row < truth.length; row++) requireClass(truth[row]!, 0, classes, row)
  /** Derivative of the negative log-likelihood by 1 / temperature, times rows: it only rises. */
  const slope = (temperature: number) => {
    const probability = softmaxRows(logScores, classes, temperature)
    let sum = 0
    for (let row = 0; row < truth.length; row++) {
      const own = logScores[row * classes + truth[row]!]!
      if (own === -Infinity) continue
      for (let i = row * classes; i < (row + 1) * classes; i++)
        if (probability[i]! > 0) sum += probability[i]! * (logScores[i]! - own)
    }
    return sum
  }
  let [low, high] = [1 / TEMPERATURES.high, 1 / TEMPERATURES.low]
  if (slope(1 / low) >= 0) return TEMPERATURES.high
  if (slope(1 / high) <= 0) return TEMPERATURES.low
  for (;;) {
    const middle = Math.sqrt(low * high)
    if (middle <= low || middle >= high || high / low < 1 + 1e-12) return 1 / middle
    if (slope(1 / middle) < 0) low = middle
    else high = middle
  }
}

const THRESHOLDS = Array.from({ length: 100 }, (_, i) => i / 100)

/**
 * What silence buys: were the model silent on rows below a confidence, which share it would answer, and which share of these right.
 * @returns accuracy is null where nothing would be answered
 * @throws LapidaryError `bad_data`
 */
export function abstention(
  confidence: ArrayLike<number>,
  correct: ArrayLike<number>,
  thresholds: readonly number[] = THRESHOLDS,
): { threshold: number; answered: number; accuracy: number | null }[] {
  const count = confidence.length
  requireRows('abstention', count, correct.length)
  return thresholds.map((threshold) => {
    let answered = 0
    let right = 0
    for (let row = 0; row < count; row++) {
      if (!(confidence[row]! >= threshold)) continue
      answered++
      right += correct[row]!
    }
    return { threshold, answered: answered / count, accuracy: answered > 0 ? right / answered : null }
  })
}
