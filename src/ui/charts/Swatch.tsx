import { Show } from 'solid-js'
import { DASHES } from './palette.ts'

/** The curve's colour, dash and marker, as the legend shows them. */
export function Swatch(props: { index: number; marker?: boolean }) {
  const colour = () => `var(--curve-${(props.index % DASHES.length) + 1})`
  return (
    <svg width="28" height="10" viewBox="0 0 28 10" aria-hidden="true">
      <line
        x1="0"
        y1="5"
        x2="28"
        y2="5"
        stroke={colour()}
        stroke-width={props.marker ? 1.25 : 2}
        stroke-dasharray={DASHES[props.index % DASHES.length]!.join(' ')}
      />
      <Show when={props.marker}>
        <circle cx="14" cy="5" r="3.5" fill="var(--ground)" stroke={colour()} stroke-width="1.75" />
      </Show>
    </svg>
  )
}
