import { Show } from 'solid-js'
import { FailureNotice } from '../components/Notice.tsx'
import { useApp } from '../state/app.tsx'

/** Why a download of this run or model came to nothing. */
export function DownloadFailure(props: { of: string }) {
  const { downloads } = useApp()
  return (
    <Show when={downloads.failureOf(props.of)}>
      {(failure) => <FailureNotice failure={failure()} onDismiss={downloads.dismiss} />}
    </Show>
  )
}
