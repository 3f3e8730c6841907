/** Pure preparation of curves for a chart: smoothing, thinning, and one shared x axis. */

export interface Curve {
  x: Float64Array
  y: Float64Array
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
  const all = new Set<number>()
  for (const curve of curves) for (const x of curve.x) if (Number.isFinite(x)) all.add(x)
  const xs = [...all].sort((a, b) => a - b)
  const index = new Map(xs.map((x, i) => [x, i]))
  const columns = curves.map((curve) => {
    const column: (number | null)[] = new Array(xs.length).fill(null)
    for (let i = 0; i < curve.x.length; i++) {
      const at = index.get(curve.x[i] as number)
      const value = curve.y[i] as number
      if (at === undefined) continue
      column[at] = Number.isFinite(value) && (!positiveOnly || value > 0) ? value : null
    }
    return column
  })
  return [xs, ...columns]
}
