import { Show } from 'solid-js'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { Reading } from './Reading.tsx'
import { Ways, waysOf } from './ReadOptions.tsx'

/** The ways of reading once more, for what is open: where it came from a file that leaves a choice and can be read again. */
export function ReadAgainFold(props: { info: DatasetInfo }) {
  const { data } = useApp()
  const ways = () => waysOf(props.info.format ?? '')
  const again = () => (ways().length > 0 ? data.readAgain(props.info.id) : null)
  return (
    <Show when={again()}>
      {(read) => (
        <Fold summary={t('read.options')}>
          <Ways ways={ways()} offers={props.info.offers ?? {}} />
          <div class="stack">
            <Show
              when={data.opening()}
              fallback={
                <Button class="start" onClick={() => void read()()}>
                  {t('read.again')}
                </Button>
              }
            >
              {(opening) => <Reading opening={opening()} />}
            </Show>
            <p class="small quiet">{t('read.againNote')}</p>
          </div>
        </Fold>
      )}
    </Show>
  )
}
