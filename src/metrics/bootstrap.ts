import { SITE, threefry2x32Into } from '../lib/threefry.ts'
import { fail } from '../protocol/errors.ts'

export interface BootstrapOptions {
  seed: number
  resamples?: number
  /** Share of resamples within the interval. */
  level?: number
}

/**
 * A confidence interval of a figure of rows, from rows drawn again and again with replacement; the same for the same seed. As
 * `scipy.stats.bootstrap(method='percentile')`. Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
 * Draws whose figure is not finite are left out.
 * @param count rows
 * @param statistic the figure of these rows, `count` of them; the array is filled anew for each draw
 * @throws LapidaryError `bad_data` where there is no row, or no draw has a figure
 */
export function bootstrap(
  count: number,
  statistic: (rows: Uint32Array) => number,
  { seed, resamples = 1000, level = 0.95 }: BootstrapOptions,
): { low: number; high: number } {
  const rows = new Uint32Array(count)
  const pair = new Uint32Array(2)
  const found: number[] = []
  for (let draw = 0; draw < resamples && count > 0; draw++) {
    for (let i = 0; i < count; i += 2) {
      threefry2x32Into(pair, 0, seed, draw, SITE.bootstrap, i)
      rows[i] = rowOf(pair[0]!, count)
      if (i + 1 < count) rows[i + 1] = rowOf(pair[1]!, count)
    }
    const value = statistic(rows)
    if (Number.isFinite(value)) found.push(value)
  }
  if (found.length === 0)
    fail('bad_data', 'There is nothing to draw a confidence interval from.', 'Give at least one row.', {
      found: count,
    })
  const sorted = Float64Array.from(found).sort()
  return { low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2) }
}

/** Of 32 random bits. Rows are so few that none is noticeably likelier. */
function rowOf(bits: number, count: number): number {
  return Math.floor((bits / 2 ** 32) * count)
}

/** As numpy.quantile by itself: linear between neighbours. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!)
}
