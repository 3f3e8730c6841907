import { createResource, createSignal, createUniqueId, For, onCleanup, Show } from 'solid-js'
import { toFailure } from '../../protocol/errors.ts'
import { KEPT_IN_FILE, type KeptInFile, type LeftOut, type RunFileOptions } from '../../protocol/run-file.ts'
import type { RunInfo } from '../../protocol/studio.ts'
import { Button } from '../components/Button.tsx'
import { Dialog } from '../components/Dialog.tsx'
import { Checkbox } from '../components/Field.tsx'
import { FailureNotice } from '../components/Notice.tsx'
import { Progress } from '../components/Progress.tsx'
import { Select } from '../components/Select.tsx'
import { formatBytes } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { countsOf } from '../state/run-file.ts'
import { DownloadState } from './DownloadState.tsx'
import { isEmpty, RunFileCounts } from './RunFileCounts.tsx'

const ROWS = ['samples', 'evaluations', 'data'] as const
/** What a choice of rows is about. */
const ABOUT = { samples: ['samples', 'questions'], evaluations: ['judged_rows'], data: ['data'] } as const

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
    return { files, asked, ...(await countsOf(files)) }
  })
  const current = () => (made.error || made.loading ? undefined : made())
  /** Rows that this browser has of the run: what a file with all of them would hold. */
  const [most] = createResource(async () => {
    const rows = { samples: true, evaluations: true, data: true }
    return countsOf(await studio.runs.runFile(props.run.id, { checkpoints: 'none', rows }))
  })
  const there = () => {
    const holds = most.error ? {} : (most()?.holds ?? {})
    return ROWS.filter((what) => ABOUT[what].some((part) => holds[part as keyof LeftOut]))
  }
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
            <b>{t('runFile.rows')}</b>{' '}
            <span class="quiet small">
              {t(most.loading || there().length > 0 ? 'runFile.rowsNone' : 'runFile.noRows')}
            </span>
          </p>
          <For each={there()}>
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
              <Contents holds={found().holds} leftOut={found().left_out} />
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

function Contents(props: { holds: LeftOut; leftOut: LeftOut }) {
  return (
    <dl class="facts">
      <dt>{t('runFile.holds')}</dt>
      <dd>
        {t('runFile.holds.always')}
        <RunFileCounts of={props.holds} />
      </dd>
      <dt>{t('runFile.leaves')}</dt>
      <dd>
        <Show when={!isEmpty(props.leftOut)} fallback={t('runFile.nothing')}>
          <RunFileCounts of={props.leftOut} />
        </Show>
      </dd>
    </dl>
  )
}
