import { createResource, createSignal, createUniqueId, For, onCleanup, Show } from 'solid-js'
import { toFailure } from '../../protocol/errors.ts'
import { KEPT_IN_FILE, type KeptInFile, type LeftOut, type RunFileOptions } from '../../protocol/run-file.ts'
import type { ExportedFile, RunInfo } from '../../protocol/studio.ts'
import { Button } from '../components/Button.tsx'
import { Dialog } from '../components/Dialog.tsx'
import { Checkbox } from '../components/Field.tsx'
import { FailureNotice } from '../components/Notice.tsx'
import { Progress } from '../components/Progress.tsx'
import { Select } from '../components/Select.tsx'
import { formatBytes } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { leftOutOf } from '../state/run-file.ts'
import { DownloadState } from './DownloadState.tsx'

const ROWS = ['samples', 'evaluations', 'data'] as const
const LEFT = ['samples', 'questions', 'judged_rows', 'data', 'checkpoints'] as const

/** What of a run goes into its file, said before it is saved: no row of anybody's data unless it is chosen. */
export function SaveRun(props: { run: RunInfo; onClose: () => void }) {
  const { studio, downloads, runs } = useApp()
  const [checkpoints, setCheckpoints] = createSignal<KeptInFile>('last')
  const [rows, setRows] = createSignal<NonNullable<RunFileOptions['rows']>>({})
  const options = (): RunFileOptions => ({ checkpoints: checkpoints(), rows: rows() })
  let reading: AbortController | null = null
  onCleanup(() => reading?.abort())
  const [made] = createResource(options, async (asked) => {
    reading?.abort()
    reading = new AbortController()
    const files = await studio.runs.runFile(props.run.id, asked, { signal: reading.signal })
    return { files, asked, leftOut: await leftOutOf(files) }
  })
  const current = () => (made.error || made.loading ? undefined : made())
  const named = createUniqueId()
  return (
    <Dialog title={t('runFile.save')} open onOpenChange={(open) => !open && props.onClose()}>
      <div class="stack">
        <p>
          <b>{runs.label(props.run)}</b>
        </p>
        <p class="small quiet">{t('runFile.lede')}</p>
        <Select
          label={t('runFile.states')}
          options={KEPT_IN_FILE.map((value) => ({ value, label: t(`runFile.states.${value}`) }))}
          value={checkpoints()}
          onChange={setCheckpoints}
        />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot stand in a stack */}
        <div class="stack-s" role="group" aria-labelledby={named}>
          <p id={named}>
            <b>{t('runFile.rows')}</b> <span class="quiet small">{t('runFile.rowsNone')}</span>
          </p>
          <For each={ROWS}>
            {(what) => (
              <Checkbox
                label={t(`runFile.${what}`)}
                checked={rows()[what] ?? false}
                onChange={(on) => setRows((before) => ({ ...before, [what]: on }))}
              />
            )}
          </For>
        </div>
        <Show when={made.error}>
          <FailureNotice failure={toFailure(made.error)} />
        </Show>
        <Show when={made.loading}>
          <Progress label={t('runFile.reading')} share={null} />
        </Show>
        <Show when={current()}>
          {(found) => (
            <>
              <Contents files={found().files} rows={found().asked.rows ?? {}} leftOut={found().leftOut} />
              <p class="hint">{t('runFile.recite')}</p>
              <Button
                kind="primary"
                icon="export"
                class="start"
                disabled={downloads.making() !== null}
                onClick={() => void downloads.runFile(props.run, found().asked, found().files)}
              >
                {t('runFile.go', {
                  size: formatBytes(found().files.reduce((sum, { size }) => sum + size, 0)),
                })}
              </Button>
            </>
          )}
        </Show>
        <DownloadState of={props.run.id} />
      </div>
    </Dialog>
  )
}

function Contents(props: {
  files: readonly ExportedFile[]
  rows: NonNullable<RunFileOptions['rows']>
  leftOut: LeftOut
}) {
  const states = () => props.files.filter(({ path }) => /^checkpoints\/.*\.safetensors$/.test(path)).length
  const left = () => LEFT.filter((what) => props.leftOut[what])
  return (
    <dl class="facts">
      <dt>{t('runFile.holds')}</dt>
      <dd>
        <ul class="plain">
          <li>{t('runFile.holds.always')}</li>
          <Show when={states() > 0}>
            <li>{t('runFile.holds.states', { count: states() })}</li>
          </Show>
          <For each={ROWS.filter((what) => props.rows[what])}>
            {(what) => <li>{t(`runFile.${what}`)}</li>}
          </For>
        </ul>
      </dd>
      <dt>{t('runFile.leaves')}</dt>
      <dd>
        <Show when={left().length > 0} fallback={t('runFile.nothing')}>
          <ul class="plain">
            <For each={left()}>
              {(what) => <li>{t(`runFile.left.${what}`, { count: props.leftOut[what]! })}</li>}
            </For>
          </ul>
        </Show>
      </dd>
    </dl>
  )
}
