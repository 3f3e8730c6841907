import { Show } from 'solid-js'
import { FileDrop, PickFiles } from '../../components/FileDrop.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Another run's adapter, from files, for the next run to begin with. */
export function StartFrom() {
  const { startAdapter, draft, training } = useApp()
  const lost = () => {
    const start = draft.start()
    return start.from === 'adapter' && !startAdapter.has(start) ? start : null
  }
  const open = (files: File[], folder: string | null) => void startAdapter.open(files, folder)
  return (
    <Fold summary={t('startFrom.title')}>
      <div class="stack-s">
        <p class="hint">{t('startFrom.lede')}</p>
        <Show when={lost()}>
          {(start) => <Notice tone="warning" title={t('startFrom.lost', { name: start().name })} />}
        </Show>
        <FileDrop
          label={t('startFrom.files')}
          hint={t('startFrom.hint')}
          accept=".zip,.gguf,.json,.safetensors,.jinja"
          multiple
          disabled={training.busy() || startAdapter.opening()}
          onFiles={open}
        >
          <PickFiles
            label={t('startFrom.folder')}
            directory
            disabled={training.busy() || startAdapter.opening()}
            onFiles={open}
          />
        </FileDrop>
        <Show when={startAdapter.opening()}>
          <Progress label={t('startFrom.reading')} share={null} />
        </Show>
        <Show when={startAdapter.failure()}>
          {(failure) => <FailureNotice failure={failure()} onDismiss={startAdapter.dismiss} />}
        </Show>
      </div>
    </Fold>
  )
}
