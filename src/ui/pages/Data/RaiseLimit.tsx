import { Show } from 'solid-js'
import type { Failure } from '../../../protocol/errors.ts'
import { Button } from '../../components/Button.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { raisedLimit } from '../../state/data-opening.ts'

/** Where what was opened is more than may be taken: a press that raises the limit and reads again. */
export function RaiseLimit(props: { failure: Failure }) {
  const { data } = useApp()
  const offer = () => {
    const [gigabytes, again] = [raisedLimit(props.failure), data.tryAgain()]
    return gigabytes !== null && again !== null ? { gigabytes, again } : null
  }
  return (
    <Show when={offer()}>
      {(offer) => (
        <Button
          onClick={() => {
            const { gigabytes, again } = offer()
            data.setReading({ max_gigabytes: gigabytes })
            void again()
          }}
        >
          {t('read.raise', { count: offer().gigabytes })}
        </Button>
      )}
    </Show>
  )
}
