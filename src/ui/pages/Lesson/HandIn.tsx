import { createSignal, Show } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import { RUN_FILE_ENDING } from '../../../protocol/run-file.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { Checkbox, TextField } from '../../components/Field.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import '../../messages/lesson.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { fileName, save } from '../../state/save.ts'
import { zipped } from '../../state/zip.ts'
import { RunPicker, usePickedRun } from '../RunPicker.tsx'

const MOST_NAME = 80

/** A finished run as one file, with the name of whoever hands it in. */
export default function HandIn(props: { onClose: () => void }) {
  const { studio, runs } = useApp()
  const { usable, picked, pick } = usePickedRun()
  // Not remembered: the next one at this computer is another pupil.
  const [name, setName] = createSignal('')
  const [judged, setJudged] = createSignal(false)
  const [busy, setBusy] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [saved, setSaved] = createSignal<string | null>(null)
  const by = () => name().trim().slice(0, MOST_NAME)

  async function hand(): Promise<void> {
    const run = picked()
    if (!run) return
    setBusy(true)
    setFailure(null)
    setSaved(null)
    try {
      const files = await studio.runs.runFile(run.id, {
        checkpoints: 'best',
        rows: { evaluations: judged() },
        by: by(),
      })
      const file = `${fileName(by())}-${fileName(runs.label(run))}${RUN_FILE_ENDING}`
      save(await zipped(files, ''), file)
      setSaved(file)
    } catch (error) {
      setFailure(toFailure(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog title={t('hand.title')} open onOpenChange={(open) => !open && props.onClose()}>
      <div class="stack">
        <p>{t('hand.lede')}</p>
        <RunPicker usable={usable()} picked={picked()} pick={pick} />
        <Show when={picked()}>
          <TextField label={t('hand.name')} value={name()} onChange={setName} />
          <Checkbox label={t('hand.rows')} checked={judged()} onChange={setJudged} />
          <Show when={failure()}>
            {(failure) => <FailureNotice failure={failure()} onDismiss={() => setFailure(null)} />}
          </Show>
          <div class="row">
            <Button
              kind="primary"
              icon="export"
              disabled={by() === ''}
              aria-disabled={busy()}
              onClick={() => !busy() && void hand()}
            >
              {t('hand.save')}
            </Button>
            <span class="small quiet" role="status">
              {saved() === null ? '' : t('hand.saved', { file: saved()! })}
            </span>
          </div>
        </Show>
      </div>
    </Dialog>
  )
}
