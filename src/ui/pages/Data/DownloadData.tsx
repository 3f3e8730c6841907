import { batch, createEffect, createSignal, on, onCleanup, Show } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { DataFormat, DatasetInfo, ExportedFile } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { formatBytes } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { fileName, save, saveFile } from '../../state/save.ts'
import { zipped } from '../../state/zip.ts'
import { FileList, sizeOf } from '../Export/FileList.tsx'

const FORMATS = ['jsonl', 'csv', 'parquet', 'kauldron'] as const satisfies DataFormat[]

/** The prepared examples as files, for other tools. */
export function DownloadData(props: { info: DatasetInfo }) {
  const [open, setOpen] = createSignal(false)
  return (
    <>
      <Button icon="export" class="start" onClick={() => setOpen(true)}>
        {t('download.button')}
      </Button>
      <Dialog title={t('download.title')} open={open()} onOpenChange={setOpen}>
        <DownloadForm info={props.info} />
      </Dialog>
    </>
  )
}

function DownloadForm(props: { info: DatasetInfo }) {
  const { studio, data, models } = useApp()
  let form!: HTMLDivElement
  const [format, setFormat] = createSignal<DataFormat>(
    data.recipe().format === 'kauldron' ? 'kauldron' : 'jsonl',
  )
  const [files, setFiles] = createSignal<ExportedFile[] | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [making, setMaking] = createSignal<AbortController | null>(null)

  const forget = () => {
    making()?.abort()
    batch(() => {
      setMaking(null)
      setFiles(null)
      setFailure(null)
    })
  }
  createEffect(on(format, forget, { defer: true }))
  onCleanup(forget)

  async function make(): Promise<void> {
    const recipe = data.request()
    if (!recipe) return
    forget()
    const control = new AbortController()
    // The button pressed goes away; the focus stays in the dialog.
    form.focus()
    setMaking(control)
    try {
      const found = await studio.data.exportData(recipe, format(), { signal: control.signal })
      if (!control.signal.aborted) setFiles(found)
    } catch (error) {
      if (!control.signal.aborted) setFailure(toFailure(error))
    } finally {
      if (making() === control) setMaking(null)
    }
  }

  async function saveAll(list: ExportedFile[]): Promise<void> {
    try {
      const name = fileName(`${props.info.name.replace(/\.\w+$/, '')}-${format()}`)
      save(await zipped(list, name), `${name}.zip`)
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  return (
    <div class="stack download" tabindex="-1" ref={form}>
      <p class="quiet">{t('download.lede')}</p>
      <Segmented
        label={t('download.format')}
        value={format()}
        onChange={setFormat}
        options={FORMATS.map((value) => ({ value, label: t(`download.${value}`) }))}
      />
      <p class="hint" aria-live="polite">
        {t(`download.${format()}Note`)}
      </p>
      <Show when={format() === 'kauldron' && models.chosen()?.practice}>
        <p class="small quiet">{t('download.kauldronModel')}</p>
      </Show>
      <Show when={failure()}>{(problem) => <FailureNotice failure={problem()} />}</Show>
      <Show
        when={files()}
        fallback={
          <Show
            when={making()}
            fallback={
              <Button kind="primary" class="start" onClick={() => void make()}>
                {t('download.make')}
              </Button>
            }
          >
            <div class="row-between">
              <div style={{ flex: 1 }}>
                <Progress label={t('download.making')} share={null} />
              </div>
              <Button icon="stop" onClick={forget}>
                {t('action.stop')}
              </Button>
            </div>
          </Show>
        }
      >
        {(list) => (
          <>
            <FileList
              files={list()}
              onSave={(file) => void saveFile(file).catch((error) => setFailure(toFailure(error)))}
            />
            <Button kind="primary" icon="export" class="start" onClick={() => void saveAll(list())}>
              {t('export.all', { count: list().length, size: formatBytes(sizeOf(list())) })}
            </Button>
          </>
        )}
      </Show>
    </div>
  )
}
