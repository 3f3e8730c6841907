/**
 * Which checkpoints of a run are kept, as Transformers' `save_total_limit` has it (`rotate_checkpoints`, 5.23): the newest and the best
 * always, and of the others the newest. Null is left to the program: the newest, the one before it for when that is damaged, and
 * the best.
 * @param steps of those that there are, ascending
 * @param best step of the best of them; null: none is
 */
export function keptSteps(steps: readonly number[], best: number | null, limit: number | null): number[] {
  const safe = new Set(limit === null ? steps.slice(-2) : steps.slice(-1))
  if (best !== null && steps.includes(best)) safe.add(best)
  let surplus = steps.length - Math.max(limit ?? 0, safe.size)
  return steps.filter((step) => safe.has(step) || surplus-- <= 0)
}
