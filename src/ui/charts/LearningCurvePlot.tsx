import { createMemo, For, Show } from 'solid-js'
import type { CurvePoint } from '../../runs/learning-curve.ts'
import { formatCount } from '../messages/format.ts'
import { SaveChart } from './SaveChart.tsx'

const WIDTH = 420
const HEIGHT = 200
const LEFT = 56
const BELOW = 40
const TOP = 12
const RIGHT = 20

/** A score by the training rows that it was reached with, a doubling as wide as any other; bars are as long as runs differ over seeds. */
export function LearningCurvePlot(props: {
  points: readonly CurvePoint[]
  label: string
  across: string
  format: (value: number) => string
  /** What no score can be above. */
  most?: number
  /** Of the files that it is saved as. */
  name: string
}) {
  let svg: SVGSVGElement | undefined
  const range = createMemo(() => {
    const values = props.points.flatMap(({ mean, spread }) => [mean - (spread ?? 0), mean + (spread ?? 0)])
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const pad = (high - low) * 0.15 || Math.abs(high) * 0.1 || 0.1
    return {
      low: Math.max(0, low - pad),
      high: Math.max(high, Math.min(high + pad, props.most ?? Number.POSITIVE_INFINITY)),
    }
  })
  const x = (rows: number) => {
    const all = props.points.map((point) => Math.log2(point.rows))
    const [low, high] = [Math.min(...all), Math.max(...all)]
    return LEFT + (high > low ? (Math.log2(rows) - low) / (high - low) : 0.5) * WIDTH
  }
  const y = (value: number) => TOP + (1 - (value - range().low) / (range().high - range().low)) * HEIGHT
  const ticks = () => [0.1, 0.5, 0.9].map((share) => range().low + share * (range().high - range().low))
  const line = () => props.points.map(({ rows, mean }) => `${x(rows)},${y(mean)}`).join(' ')
  const [width, height] = [LEFT + WIDTH + RIGHT, TOP + HEIGHT + BELOW]
  return (
    <div class="stack-s">
      <svg
        ref={svg}
        class="learning-curve"
        role="img"
        aria-label={props.label}
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
      >
        <rect class="matrix-ground" x={LEFT - 8} y={TOP} width={WIDTH + 16} height={HEIGHT} />
        <For each={ticks()}>
          {(tick) => (
            <text class="matrix-name" x={LEFT - 12} y={y(tick) + 4} text-anchor="end">
              {props.format(tick)}
            </text>
          )}
        </For>
        <polyline class="learning-line" points={line()} />
        <For each={props.points}>
          {({ rows, mean, spread }) => (
            <>
              <Show when={spread}>
                {(around) => (
                  <line
                    class="learning-line"
                    x1={x(rows)}
                    x2={x(rows)}
                    y1={y(mean - around())}
                    y2={y(mean + around())}
                  />
                )}
              </Show>
              <circle class="learning-point" cx={x(rows)} cy={y(mean)} r={4.5}>
                <title>{`${formatCount(rows)}: ${props.format(mean)}`}</title>
              </circle>
              <text class="matrix-name" x={x(rows)} y={TOP + HEIGHT + 16} text-anchor="middle">
                {formatCount(rows)}
              </text>
            </>
          )}
        </For>
        <text class="matrix-name" x={LEFT + WIDTH / 2} y={TOP + HEIGHT + 34} text-anchor="middle">
          {props.across}
        </text>
      </svg>
      <div class="row">
        <SaveChart chart={() => svg ?? null} name={props.name} />
      </div>
    </div>
  )
}
