import { SITE, shuffle } from '../lib/threefry.ts'

/**
 * Which of the training rows are learnt from where that is a share of them: the first of one order that hangs on seed and rows alone, so
 * that a smaller share is part of every larger one. Of groups (rows of one label) each has its share in every beginning of that order, as
 * near as whole rows allow.
 * @param groups of each row; null: rows are drawn whatever they are
 * @param share above 0, to 1
 * @returns indices, ascending: at least one where there is a row
 */
export function sharedRows(
  rows: number,
  share: number,
  seed: number,
  groups: readonly string[] | null = null,
): number[] {
  const count = Math.min(rows, Math.max(1, Math.round(rows * share)))
  const order = [...shuffle(rows, seed, 0, SITE.trainShare)]
  if (groups) {
    const sizes = new Map<string, number>()
    for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1)
    const seen = new Map<string, number>()
    // The nth of m rows of a group stands at (n - 1/2) / m of the way.
    const places = new Float64Array(rows)
    for (const row of order) {
      const group = groups[row]!
      const before = seen.get(group) ?? 0
      seen.set(group, before + 1)
      places[row] = (before + 0.5) / sizes.get(group)!
    }
    // The sort is stable: of equal places the one drawn first comes first.
    order.sort((a, b) => places[a]! - places[b]!)
  }
  return order.slice(0, count).sort((a, b) => a - b)
}
