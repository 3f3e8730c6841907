import { SITE, shuffle } from '../lib/threefry.ts'

/**
 * Draws the validation rows: the first of a permutation by seed, at least one where there are two rows, never all.
 * Both parts keep their order. The same items, share and seed give the same parts, in any engine.
 */
export function splitRows<T>(
  rows: readonly T[],
  share: number,
  seed: number,
): { train: T[]; validation: T[] } {
  const wanted = share > 0 ? Math.max(1, Math.round(rows.length * share)) : 0
  const count = Math.max(0, Math.min(wanted, rows.length - 1))
  const held = new Set(shuffle(rows.length, seed, 0, SITE.split).subarray(0, count))
  return {
    train: rows.filter((_, i) => !held.has(i)),
    validation: rows.filter((_, i) => held.has(i)),
  }
}
