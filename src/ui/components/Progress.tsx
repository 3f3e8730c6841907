import { Progress as Kobalte } from '@kobalte/core/progress'
import { Show } from 'solid-js'

/** A bar with what is going on at its start and how far it is at its end. */
export function Progress(props: {
  label: string /** 0..1; null where it cannot be known. */
  share: number | null
  value?: string
}) {
  return (
    <Kobalte
      class="progress"
      value={props.share ?? 0}
      minValue={0}
      maxValue={1}
      indeterminate={props.share === null}
      getValueLabel={({ value }) => props.value ?? `${Math.round(value * 100)}%`}
    >
      <div class="row-between">
        <Kobalte.Label class="progress-label">{props.label}</Kobalte.Label>
        <Show when={props.share !== null || props.value}>
          <Kobalte.ValueLabel class="quiet small" />
        </Show>
      </div>
      <Kobalte.Track class="progress-track">
        <Kobalte.Fill class="progress-fill" />
      </Kobalte.Track>
    </Kobalte>
  )
}
