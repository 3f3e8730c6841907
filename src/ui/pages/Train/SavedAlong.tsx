import { Show } from 'solid-js'
import { oneFile } from '../../../protocol/one-file.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import '../../messages/lesson.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { Copies } from '../../state/copies.ts'

/** A copy of the run on a stick as it goes: where the browser can write there, and else a reminder for whoever may find nothing kept. */
export function SavedAlong(props: { run: string | null }) {
  const { copies, shown } = useApp()
  copies.load()
  return (
    <Show when={!shown.embedded && copies.state()}>
      {(copies) => <Copy run={props.run} copies={copies()} />}
    </Show>
  )
}

function Copy(props: { run: string | null; copies: Copies }) {
  const { packs } = useApp()
  const { copies } = props
  const reminded = () => oneFile() !== null || packs.shown()
  const said = () => {
    const folder = copies.folder()!
    const done = props.run === null ? null : copies.copied(props.run)
    if (props.run !== null && copies.writing(props.run)) return t('copy.writing', { folder })
    return done ? t('copy.saved', { folder, file: done.file, step: done.step }) : t('copy.waits', { folder })
  }
  return (
    <Show
      when={copies.available()}
      fallback={
        <Show when={reminded()}>
          <p class="hint">{t('copy.remind')}</p>
        </Show>
      }
    >
      <div class="stack-s">
        <Show when={copies.failure(props.run) ?? copies.failure(null)}>
          {(failure) => <FailureNotice failure={failure()} onDismiss={copies.dismiss} />}
        </Show>
        <div class="row">
          <Show
            when={copies.folder()}
            fallback={
              <Button kind="quiet" icon="folder" onClick={() => void copies.choose()}>
                {t('copy.choose')}
              </Button>
            }
          >
            <span class="small" role="status">
              {said()}
            </span>
            <Button kind="quiet" onClick={copies.leave}>
              {t('copy.leave')}
            </Button>
          </Show>
        </div>
      </div>
    </Show>
  )
}
