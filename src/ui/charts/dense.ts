import uPlot from 'uplot'

/** An upright bar of a dense curve, in pixels. */
export interface Bar {
  x: number
  width: number
  top: number
  bottom: number
}

/** Pixels of the canvas that a bar of a dense curve is wide: half as many bars are half the work, and what they cover looks the same. */
const WIDE = 2

/** A curve that goes up and down so many times its own width covers what is under it: its dashes are not seen. */
const DENSE = 6

/** How far up and down a curve goes in all, in pixels. */
export function travel(ys: readonly number[]): number {
  let sum = 0
  for (let i = 1; i < ys.length; i++) sum += Math.abs(ys[i]! - ys[i - 1]!)
  return sum
}

/**
 * What a line through points covers, column of pixels by column: from the least to the greatest, and from each column to the
 * next without a hole.
 * @param xs ascending
 * @param wide pixels of a column
 */
export function bars(xs: readonly number[], ys: readonly number[], wide = 1): Bar[] {
  const found: Bar[] = []
  let last: Bar | null = null
  for (let i = 0; i < xs.length; i++) {
    const [column, y] = [Math.floor(xs[i]! / wide) * wide, ys[i]!]
    if (!last) found.push((last = { x: column, width: wide, top: y, bottom: y }))
    else if (column >= last.x + last.width) {
      const from: number = last.x + last.width
      const before = ys[i - 1]!
      last = { x: from, width: column + wide - from, top: Math.min(before, y), bottom: Math.max(before, y) }
      found.push(last)
    } else {
      last.top = Math.min(last.top, y)
      last.bottom = Math.max(last.bottom, y)
    }
  }
  return found
}

/**
 * Draws a line as what it covers where it is dense: bars are filled in a fraction of the time in which a line of thousands of
 * corners is stroked, which counts where no graphics card does it.
 */
export function lineOrBars(colour: string, width: number): uPlot.Series.PathBuilder {
  const line = uPlot.paths.linear!()
  return (plot, series, from, to) => {
    const [all, values] = [plot.data[0], plot.data[series]!]
    const [xs, ys]: [number[], number[]] = [[], []]
    const scale = plot.series[series]!.scale!
    for (let i = from; i <= to; i++) {
      const value = values[i]
      if (value === null || value === undefined) continue
      xs.push(plot.valToPos(all[i]!, 'x', true))
      ys.push(plot.valToPos(value, scale, true))
    }
    if (travel(ys) < DENSE * plot.bbox.width) return line(plot, series, from, to)
    const half = (width / 2) * devicePixelRatio
    const { ctx, bbox } = plot
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    ctx.fillStyle = colour
    ctx.globalAlpha = plot.series[series]!.alpha ?? 1
    for (const bar of bars(xs, ys, WIDE))
      ctx.fillRect(bar.x, Math.round(bar.top - half), bar.width, Math.round(bar.bottom - bar.top + 2 * half))
    ctx.restore()
    return null
  }
}
