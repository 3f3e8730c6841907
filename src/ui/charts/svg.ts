import { formatNumber } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import type { Curve, Span } from './align.ts'
import type { ChartRun } from './chart-run.ts'
import { curvesOf, type Drawing, valueRange, wholeSpan } from './curves.ts'
import { FIGURES } from './figures.ts'
import { type ChartColours, DASHES } from './palette.ts'

/** In the picture's own units. */
export const PICTURE = { width: 960, height: 480 }
const LEFT = 72
const TOP = 20
const RIGHT = 20
const AXIS = 48
const LINE = 22

const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\p{Cc}\p{Cs}]/gu, ' ')

/** Round values within a range, about so many; on a log scale 1, 2 and 5 of each decade. */
export function ticks(low: number, high: number, about: number, log = false): number[] {
  if (log) {
    const found: number[] = []
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const lead of [1, 2, 5]) found.push(Number(`${lead}e${power}`))
    return found.filter((value) => value >= low && value <= high)
  }
  const rough = (high - low) / about
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = size * ([1, 2, 5, 10].find((lead) => lead * size >= rough * (1 - 1e-9)) ?? 10)
  const found: number[] = []
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++)
    found.push(Number((i * step).toPrecision(12)))
  return found
}

/**
 * The chart as it is looked at, as an SVG of its own: curves, axes with their units, and a legend of the runs' names. No
 * scripts, fonts or addresses in it.
 */
export function chartSvg(
  runs: readonly ChartRun[],
  drawing: Drawing,
  log: boolean,
  colours: ChartColours,
): string {
  const { figure: id, across, span } = drawing
  const figure = FIGURES[id]
  const x = span ?? wholeSpan(runs, across)
  const drawn = runs.map((run, index) => ({ run, index, curves: curvesOf(run, drawing) }))
  const y = valueSpan(
    drawn.flatMap(({ curves }) => [curves.raw, curves.main, curves.validation]),
    x,
    log,
    figure.share === true,
  )
  const legend = drawn.length * LINE
  const plot = { width: PICTURE.width - LEFT - RIGHT, height: PICTURE.height - TOP - AXIS - legend }
  const across_ = (value: number) => LEFT + ((value - x.low) / (x.high - x.low)) * plot.width
  const scale = log ? Math.log : (value: number) => value
  const up = (value: number) =>
    TOP + plot.height * (1 - (scale(value) - scale(y.low)) / (scale(y.high) - scale(y.low)))
  const fixed = (value: number) => value.toFixed(1)
  const visible = (value: number) => Number.isFinite(value) && (!log || value > 0)

  const path = ({ x: xs, y: ys }: Curve) => {
    const parts: string[] = []
    for (let i = 0; i < xs.length; i++)
      if (visible(ys[i]!))
        parts.push(`${parts.length === 0 ? 'M' : 'L'}${fixed(across_(xs[i]!))} ${fixed(up(ys[i]!))}`)
    return parts.join('')
  }
  const line = (curve: Curve, colour: string, width: number, dash: readonly number[], more = '') =>
    `<path d="${path(curve)}" fill="none" stroke="${colour}" stroke-width="${width}"${dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : ''}${more}/>`
  const ring = (cx: number, cy: number, colour: string) =>
    `<circle cx="${fixed(cx)}" cy="${fixed(cy)}" r="4" fill="${colours.ground}" stroke="${colour}" stroke-width="1.75"/>`
  const words = (at: [number, number], anchor: string, said: string, more = '') =>
    `<text x="${fixed(at[0])}" y="${fixed(at[1])}" text-anchor="${anchor}"${more}>${escaped(said)}</text>`
  const bottom = TOP + plot.height

  const grid = ticks(y.low, y.high, 6, log).map(
    (value) =>
      `<path d="M${LEFT} ${fixed(up(value))}H${PICTURE.width - RIGHT}" stroke="${colours.grid}"/>${words([LEFT - 8, up(value) + 4], 'end', figure.tick(value))}`,
  )
  const along = ticks(x.low, x.high, 8).map((value) =>
    words([across_(value), bottom + 18], 'middle', formatNumber(value)),
  )
  const lines = [...drawn].reverse().map(({ index, curves: { raw, main, validation } }) => {
    const colour = colours.curves[index % colours.curves.length]!
    const dash = DASHES[index % DASHES.length]!
    const marks = validation
      ? [...validation.x].flatMap((at, i) =>
          visible(validation.y[i]!) && at >= x.low && at <= x.high
            ? [ring(across_(at), up(validation.y[i]!), colour)]
            : [],
        )
      : []
    return [
      raw ? line(raw, colour, 1, [], ' opacity="0.3"') : '',
      line(main, colour, 1.75, dash),
      validation ? line(validation, colour, 1.25, dash) : '',
      ...marks,
    ].join('')
  })
  const names = drawn.map(({ run, index }) => {
    const colour = colours.curves[index % colours.curves.length]!
    const dash = DASHES[index % DASHES.length]!.join(' ')
    const at = bottom + AXIS + (index + 0.5) * LINE
    const said = figure.validation
      ? t('chart.legendBoth', {
          name: run.name,
          training: t('chart.training'),
          validation: t('chart.validation'),
        })
      : run.name
    return `<path d="M${LEFT} ${fixed(at - 4)}h28" stroke="${colour}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}/>${figure.validation ? ring(LEFT + 14, at - 4, colour) : ''}${words([LEFT + 38, at], 'start', said)}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE.width}" height="${PICTURE.height}" viewBox="0 0 ${PICTURE.width} ${PICTURE.height}" font-family="system-ui, sans-serif" font-size="13" fill="${colours.ink}">`,
    `<title>${escaped(runs.map(({ name }) => name).join(', '))}</title>`,
    `<rect width="100%" height="100%" fill="${colours.ground}"/>`,
    `<clipPath id="plot"><rect x="${LEFT}" y="${TOP - 6}" width="${plot.width}" height="${plot.height + 12}"/></clipPath>`,
    ...grid,
    ...along,
    words(
      [LEFT + plot.width / 2, bottom + 38],
      'middle',
      t(across === 'steps' ? 'chart.steps' : 'chart.epochs'),
    ),
    words(
      [18, TOP + plot.height / 2],
      'middle',
      t(figure.label),
      ` transform="rotate(-90 18 ${fixed(TOP + plot.height / 2)})"`,
    ),
    `<g clip-path="url(#plot)">${lines.join('')}</g>`,
    ...names,
    '</svg>',
  ].join('\n')
}

function valueSpan(curves: (Curve | null)[], x: Span, log: boolean, share: boolean): Span {
  let low: number | null = null
  let high: number | null = null
  for (const curve of curves)
    if (curve)
      for (let i = 0; i < curve.y.length; i++) {
        const value = curve.y[i]!
        if (!Number.isFinite(value) || (log && value <= 0)) continue
        if (curve.x[i]! < x.low || curve.x[i]! > x.high) continue
        low = Math.min(low ?? value, value)
        high = Math.max(high ?? value, value)
      }
  const [from, to] = valueRange(low, high, { share, log })
  return { low: from, high: to }
}
