import { For } from 'solid-js'
import type { ReliabilityBin } from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'

const SIDE = 240
const LEFT = 44
const BELOW = 36
const TOP = 8
const TICKS = [0, 0.25, 0.5, 0.75, 1]

/** Share of right answers by how sure the model was: on the line it is as often right as it thinks. */
export function ReliabilityPlot(props: { bins: readonly ReliabilityBin[]; label: string }) {
  const x = (share: number) => LEFT + share * SIDE
  const y = (share: number) => TOP + (1 - share) * SIDE
  const [width, height] = [LEFT + SIDE + 12, TOP + SIDE + BELOW]
  return (
    <svg
      class="reliability"
      role="img"
      aria-label={props.label}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
    >
      <rect class="matrix-ground" x={x(0)} y={y(1)} width={SIDE} height={SIDE} />
      <For each={props.bins.filter(({ count }) => count > 0)}>
        {({ from, to, accuracy, count, confidence }) => (
          <rect
            class="matrix-cell right"
            x={x(from) + 1}
            y={y(accuracy)}
            width={Math.max(1, (to - from) * SIDE - 2)}
            height={Math.max(1, accuracy * SIDE)}
          >
            <title>
              {`${t('sure.confidence')} ${confidence.toFixed(2)} · ${t('sure.accuracy')} ${accuracy.toFixed(2)} · ${t('sure.count')} ${count}`}
            </title>
          </rect>
        )}
      </For>
      <line class="reliability-line" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
      <For each={TICKS}>
        {(tick) => (
          <>
            <text class="matrix-name" x={x(tick)} y={y(0) + 14} text-anchor="middle">
              {`${tick * 100}%`}
            </text>
            <text class="matrix-name" x={x(0) - 4} y={y(tick) + 4} text-anchor="end">
              {`${tick * 100}%`}
            </text>
          </>
        )}
      </For>
      <text class="matrix-name" x={x(0.5)} y={y(0) + 30} text-anchor="middle">
        {t('sure.confidence')}
      </text>
      <text class="matrix-name" transform={`translate(10 ${y(0.5)}) rotate(-90)`} text-anchor="middle">
        {t('sure.accuracy')}
      </text>
    </svg>
  )
}
