import { requireRows } from './require.ts'

export interface RocAuc {
  /** [classes] null where all rows are of the class, or none is. */
  perClass: (number | null)[]
  /** Mean over the classes that have one; null where none has. */
  macro: number | null
}

/**
 * Area under the ROC curve, each class against the rest: how often a row of the class is scored above one that is not,
 * scores that are equal counting half (Mann and Whitney's U). As scikit-learn's `roc_auc_score(truth == c, scores[:, c])`;
 * the mean is its `multi_class='ovr'`, classes that it cannot tell of left out.
 * @param truth [rows] class of each; one beyond `classes` belongs to the rest of all
 * @param scores [rows, classes]
 * @throws LapidaryError `bad_data`
 */
export function rocAuc(truth: ArrayLike<number>, scores: Float64Array, classes: number): RocAuc {
  const count = truth.length
  requireRows('ROC-AUC', count * classes, scores.length)
  const order = Uint32Array.from({ length: count }, (_, row) => row)
  const perClass = Array.from({ length: classes }, (_, c) => {
    const score = (row: number) => scores[row * classes + c]!
    order.sort((a, b) => (score(a) < score(b) ? -1 : score(a) > score(b) ? 1 : 0))
    let members = 0
    let ranks = 0
    for (let first = 0; first < count; ) {
      let end = first
      let tied = 0
      for (; end < count && score(order[end]!) === score(order[first]!); end++)
        if (truth[order[end]!] === c) tied++
      // NaN equals nothing, itself neither.
      if (end === first) requireRows('A score', 1, 0)
      members += tied
      // Ranks are 1-based; those of equal scores are shared.
      ranks += (tied * (first + 1 + end)) / 2
      first = end
    }
    const others = count - members
    return members > 0 && others > 0 ? (ranks - (members * (members + 1)) / 2) / (members * others) : null
  })
  const known = perClass.filter((area) => area !== null)
  const macro = known.length > 0 ? known.reduce((sum, area) => sum + area, 0) / known.length : null
  return { perClass, macro }
}
