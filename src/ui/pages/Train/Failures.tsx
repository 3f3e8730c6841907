import { Show } from 'solid-js'
import { Button } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { OpeningFailure } from './Opened.tsx'

/** What went wrong with a run; of null, before there was one. */
export function Failures(props: { of: string | null }) {
  const { models, training } = useApp()
  return (
    <>
      <OpeningFailure />
      <Show when={models.listFailure()}>
        {(failure) => (
          <FailureNotice
            failure={failure()}
            actions={<Button onClick={() => void models.refresh()}>{t('action.retry')}</Button>}
          />
        )}
      </Show>
      <Show when={training.failureOf(props.of)}>
        {(failure) => <FailureNotice failure={failure()} onDismiss={training.dismissFailure} />}
      </Show>
    </>
  )
}
