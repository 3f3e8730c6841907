import { createEffect, createSignal, onCleanup, Show } from 'solid-js'
import { Button } from '../components/Button.tsx'
import { FailureNotice } from '../components/Notice.tsx'
import { Progress } from '../components/Progress.tsx'
import { formatBytes } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { ProofState } from './ProofState.tsx'

/** A small download is done before a bar could be read. */
const SEEN_AFTER_MS = 400

/** How far a download of this run or model has come, with a way to stop it; and why the last one came to nothing. */
export function DownloadState(props: {
  of: string
  /** Said where the page is about another one. */
  name?: string | undefined
}) {
  const { downloads } = useApp()
  const [seen, setSeen] = createSignal(false)
  const making = () => downloads.making() === props.of
  createEffect(() => {
    setSeen(false)
    if (!making()) return
    const timer = setTimeout(() => setSeen(true), SEEN_AFTER_MS)
    onCleanup(() => clearTimeout(timer))
  })
  const value = () => {
    const bytes = downloads.progress()?.bytes
    return bytes?.total
      ? t('export.bytesOf', { done: formatBytes(bytes.done), total: formatBytes(bytes.total) })
      : undefined
  }
  return (
    <>
      <ProofState of={props.of} />
      <Show when={making() && seen()}>
        <div class="stack-s">
          <Progress
            label={props.name === undefined ? t('export.making') : t('export.makingOf', { name: props.name })}
            share={downloads.progress()?.share ?? null}
            {...(value() ? { value: value()! } : {})}
          />
          <div class="row">
            <Button icon="stop" onClick={downloads.cancel}>
              {t('export.cancel')}
            </Button>
            <p class="hint">{t('export.cancelNote')}</p>
          </div>
        </div>
      </Show>
      <Show when={downloads.failureOf(props.of)}>
        {(failure) => <FailureNotice failure={failure()} onDismiss={downloads.dismiss} />}
      </Show>
    </>
  )
}
