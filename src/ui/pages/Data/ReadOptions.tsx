import { Show } from 'solid-js'
import { fieldNames } from '../../../protocol/config-fields.ts'
import { READING_FORMATS } from '../../../protocol/run-config.ts'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { loadedLater } from '../../components/loaded.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { Reading } from './Reading.tsx'
import type { Way } from './ReadWays.tsx'

const Ways = loadedLater(() => import('./ReadWays.tsx').then((part) => part.ReadWays))

/** Ways of reading, as the schema has them: all, or those that a format heeds. */
function waysOf(format?: string): Way[] {
  const ways = fieldNames('data.reading') as Way[]
  return format === undefined ? ways : ways.filter((way) => READING_FORMATS[way].includes(format))
}

/** What a file does not say itself. */
export function ReadOptionsFold() {
  return (
    <Fold summary={t('read.options')} small>
      <Ways ways={waysOf()} offers={{}} />
    </Fold>
  )
}

/** The same for what is open, where it came from a file that leaves a choice and can be read once more. */
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
