import { Show } from 'solid-js'
import { Notice } from '../components/Notice.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** That the model that was chosen was deleted in another tab, wherever the chosen one counts. */
export function ModelGone() {
  const { models } = useApp()
  return (
    <Show when={models.gone()}>
      {(name) => (
        <Notice
          tone="warning"
          title={t('model.goneElsewhere', { name: name() })}
          onDismiss={models.dismissGone}
        >
          <p>{t('model.goneElsewhereHint')}</p>
        </Notice>
      )}
    </Show>
  )
}
