/** Pure preparation of curves for a chart: smoothing, thinning, and one shared x axis. */

/** Points by ascending x. */
export interface Curve {
  x: Float64Array
  y: Float64Array
}

/** A stretch of the x axis. */
export interface Span {
  low: number
  high: number
}

/**
 * Exponential moving average with bias correction, so that the first points are not drawn towards zero.
 * `weight` in [0, 1) is how much of the past is kept. Values that are not finite are passed over, not spread.
 */
export function smooth(y: Float64Array, weight: number): Float64Array {
  if (!(weight > 0)) return y
  const out = new Float64Array(y.length)
  let mean = 0
  let scale = 0
  for (let i = 0; i < y.length; i++) {
    const value = y[i] as number
    if (!Number.isFinite(value)) {
      out[i] = Number.NaN
      continue
    }
    mean = weight * mean + (1 - weight) * value
    scale = weight * scale + (1 - weight)
    out[i] = mean / scale
  }
  return out
}

/** Of ascending values the first index whose value is at least `value` (or, with `over`, above it). */
function bound(x: Float64Array, value: number, over = false): number {
  let low = 0
  let high = x.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (over ? x[middle]! <= value : x[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The points within a span and the nearest one on either side, so that lines run on to the edges. Views, not copies. */
export function within(curve: Curve, span: Span | null): Curve {
  if (!span) return curve
  const from = Math.max(0, bound(curve.x, span.low) - 1)
  const to = Math.min(curve.x.length, bound(curve.x, span.high, true) + 1)
  return { x: curve.x.subarray(from, to), y: curve.y.subarray(from, to) }
}

/** At most about `most` points: the least and the greatest of each stretch stay, so that spikes are never hidden. */
export function thin(curve: Curve, most: number): Curve {
  const length = curve.x.length
  if (length <= most) return curve
  const stretches = Math.max(1, Math.floor(most / 2))
  const keep: number[] = []
  for (let s = 0; s < stretches; s++) {
    const start = Math.floor((s * length) / stretches)
    const end = Math.floor(((s + 1) * length) / stretches)
    let low = -1
    let high = -1
    for (let i = start; i < end; i++) {
      const value = curve.y[i] as number
      if (!Number.isFinite(value)) continue
      if (low < 0 || value < (curve.y[low] as number)) low = i
      if (high < 0 || value > (curve.y[high] as number)) high = i
    }
    if (low < 0) continue
    keep.push(Math.min(low, high))
    if (low !== high) keep.push(Math.max(low, high))
  }
  if (keep.at(-1) !== length - 1) keep.push(length - 1)
  return { x: Float64Array.from(keep, (i) => curve.x[i]!), y: Float64Array.from(keep, (i) => curve.y[i]!) }
}

/**
 * Curves on one ascending x axis without repeats, as uPlot wants them: [x, y1, y2, ...]. Where a curve has no point, or
 * its value is not finite (or not above zero, on a log scale), the cell is null. Of points with one x the last counts.
 */
export function align(curves: Curve[], positiveOnly = false): [number[], ...(number | null)[][]] {
  const all = new Float64Array(curves.reduce((sum, { x }) => sum + x.length, 0))
  let count = 0
  for (const { x } of curves) for (const value of x) if (Number.isFinite(value)) all[count++] = value
  const xs: number[] = []
  for (const value of all.subarray(0, count).sort()) if (value !== xs.at(-1)) xs.push(value)
  const columns = curves.map(({ x, y }) => {
    const column: (number | null)[] = new Array(xs.length).fill(null)
    let at = 0
    for (let i = 0; i < x.length; i++) {
      const here = x[i] as number
      if (!Number.isFinite(here)) continue
      while (xs[at]! < here) at++
      const value = y[i] as number
      column[at] = Number.isFinite(value) && (!positiveOnly || value > 0) ? value : null
    }
    return column
  })
  return [xs, ...columns]
}
