import { Show } from 'solid-js'
import { IconButton } from '../../components/Button.tsx'
import { t } from '../../messages/t.ts'

/** Back, on, and to any place: of `rows`, of `examples`, or of the `columns` of a wide table. */
export function Pager(props: {
  of: 'rows' | 'examples' | 'columns'
  offset: number
  size: number
  total: number
  onGo: (place: number) => void
  /** Place, from 0, of what a person calls it. */
  placeOf?: (number: number) => number
}) {
  const page = () => (props.of === 'columns' ? 'columns' : 'rows')
  const last = () => Math.min(props.total, props.offset + props.size)
  return (
    <div class="row pager">
      <IconButton
        icon="left"
        label={t(`${page()}.previous`)}
        disabled={props.offset === 0}
        onClick={() => props.onGo(props.offset - props.size)}
      />
      <span class="small" role="status">
        {t(`${props.of}.range`, {
          from: Math.min(props.total, props.offset + 1),
          to: last(),
          count: props.total,
        })}
      </span>
      <IconButton
        icon="right"
        label={t(`${page()}.next`)}
        disabled={last() >= props.total}
        onClick={() => props.onGo(props.offset + props.size)}
      />
      <Show when={props.total > props.size}>
        <label class="row small push">
          {t(`${props.of}.goto`)}
          <input
            type="text"
            inputmode="numeric"
            class="goto"
            autocomplete="off"
            onChange={(event) => {
              const place = Number(event.currentTarget.value)
              if (Number.isInteger(place) && place > 0) props.onGo(props.placeOf?.(place) ?? place - 1)
              event.currentTarget.value = ''
            }}
          />
        </label>
      </Show>
    </div>
  )
}
