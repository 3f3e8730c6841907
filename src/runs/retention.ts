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

/** What a run takes of the disk. */
export interface RunSpace {
  id: string
  /** Milliseconds since 1970. */
  created: number
  /** Whether it is being trained. */
  going: boolean
  /** Each once. `spare`: kept for when a newer one is damaged, and neither asked for, the newest nor the best. */
  checkpoints: { step: number; bytes: number; spare: boolean }[]
}

export const spaceTaken = (runs: readonly RunSpace[]): number =>
  runs.reduce((sum, { checkpoints }) => sum + checkpoints.reduce((own, { bytes }) => own + bytes, 0), 0)

/**
 * Which spare checkpoints go so that runs, and something more, keep within a limit: those of the oldest runs first, of none that is being
 * trained. What a run has learnt, its newest and its best, is never let go of.
 * @param limit bytes; null: none
 * @param need bytes that are to come
 */
export function sparesBeyond(
  runs: readonly RunSpace[],
  limit: number | null,
  need = 0,
): { run: string; steps: number[] }[] {
  if (limit === null) return []
  let over = spaceTaken(runs) + need - limit
  const found: { run: string; steps: number[] }[] = []
  for (const { id, going, checkpoints } of [...runs].sort((a, b) => a.created - b.created)) {
    if (over <= 0) break
    const spare = going ? [] : checkpoints.filter((one) => one.spare)
    if (spare.length === 0) continue
    found.push({ run: id, steps: spare.map(({ step }) => step) })
    over -= spare.reduce((sum, { bytes }) => sum + bytes, 0)
  }
  return found
}
