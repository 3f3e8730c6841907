import { type ParentProps, Show } from 'solid-js'
import { isSealed } from '../../protocol/sealed.ts'
import { t } from '../messages/t.ts'
import { Notice } from './Notice.tsx'

/** What asks other addresses, or sends something there; sealed, why it is off. */
export function Away(props: ParentProps) {
  return (
    <Show
      when={!isSealed()}
      fallback={
        <Notice tone="info" title={t('sealed.away')}>
          <p>{t('sealed.awayText')}</p>
        </Notice>
      }
    >
      {props.children}
    </Show>
  )
}
