import { bootstrap } from '../metrics/index.ts'
import type { EvaluationReport, Figure, FigureName } from '../protocol/rooms/evaluations.ts'

/** How the intervals of every figure are drawn. */
export const BOOTSTRAP: EvaluationReport['bootstrap'] = { resamples: 1000, seed: 42, level: 0.95 }
/** Draws of figures that take a sort for each class. */
export const FEW_RESAMPLES = 200

/**
 * A figure with its interval; nothing where it has no value.
 * @param of the figure of these rows, by index
 */
export function figure(
  name: FigureName,
  count: number,
  of: (rows: Uint32Array) => number | null,
  resamples = BOOTSTRAP.resamples,
): Figure[] {
  const all = Uint32Array.from({ length: count }, (_, i) => i)
  const value = count === 0 ? null : of(all)
  if (value === null || !Number.isFinite(value)) return []
  const { seed, level } = BOOTSTRAP
  const { low, high } = bootstrap(count, (rows) => of(rows) ?? value, { seed, resamples, level })
  return [{ name, value, low, high }]
}

/** Mean of values, as a figure. */
export function meanFigure(name: FigureName, values: ArrayLike<number>): Figure[] {
  return figure(name, values.length, (rows) => {
    let sum = 0
    for (const row of rows) sum += values[row]!
    return sum / rows.length
  })
}
