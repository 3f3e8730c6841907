import { Show } from 'solid-js'
import type { Failure } from '../../protocol/errors.ts'
import { Button } from '../components/Button.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** Where nothing fits into the limit on tokens: a press that raises it to what the longest example needs. */
export function AllowMore(props: { failure: Failure }) {
  const { settings, announce } = useApp()
  const needed = () => {
    const { needed } = props.failure.detail ?? {}
    return typeof needed === 'number' && needed > settings.training.max_length ? needed : null
  }
  const label = (count: number) => t('data.allow', { count })
  return (
    <Show when={needed()}>
      {(count) => (
        <Button
          onClick={() => {
            announce(t('fix.done', { label: label(count()) }))
            settings.setTraining('max_length', count())
          }}
        >
          {label(count())}
        </Button>
      )}
    </Show>
  )
}
