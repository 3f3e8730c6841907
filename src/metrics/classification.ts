import { requireClass, requireRows } from './require.ts'

export interface ClassFigures {
  precision: number
  recall: number
  f1: number
  /** Rows that are of it. */
  support: number
}

export interface Classification {
  accuracy: number
  balancedAccuracy: number
  macroF1: number
  /** [classes] */
  perClass: ClassFigures[]
  /** [classes, classes + 1] rows by their truth, columns by the answer; the last column: none of the labels. */
  confusion: Uint32Array
  count: number
}

/**
 * How answers stand to labels, as scikit-learn's `accuracy_score`, `balanced_accuracy_score` (classes that occur in `truth`),
 * `f1_score(average='macro', zero_division=0)` (labels that occur in either) and `precision_recall_fscore_support` have it.
 * @param truth [rows] class of each, 0..classes-1
 * @param predicted [rows] likewise; -1: an answer that is none of the labels. It is wrong, and no label of its own.
 * @throws LapidaryError `bad_data`
 */
export function classification(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): Classification {
  const count = truth.length
  requireRows('accuracy', count, predicted.length)
  const width = classes + 1
  const confusion = new Uint32Array(classes * width)
  const answered = new Uint32Array(classes)
  let right = 0
  for (let row = 0; row < count; row++) {
    const [is, said] = [truth[row]!, predicted[row]!]
    requireClass(is, 0, classes, row)
    requireClass(said, -1, classes, row)
    confusion[is * width + (said < 0 ? classes : said)]!++
    if (said >= 0) answered[said]!++
    if (is === said) right++
  }
  const perClass = Array.from(answered, (said, c): ClassFigures => {
    const hits = confusion[c * width + c]!
    const support = confusion.subarray(c * width, (c + 1) * width).reduce((sum, n) => sum + n, 0)
    return {
      precision: said > 0 ? hits / said : 0,
      recall: support > 0 ? hits / support : 0,
      f1: said + support > 0 ? (2 * hits) / (said + support) : 0,
      support,
    }
  })
  return {
    accuracy: right / count,
    balancedAccuracy: mean(perClass.filter(({ support }) => support > 0).map(({ recall }) => recall)),
    macroF1: mean(perClass.filter(({ support }, c) => support + answered[c]! > 0).map(({ f1 }) => f1)),
    perClass,
    confusion,
    count,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
