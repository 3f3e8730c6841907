import { createSignal, Index, Show } from 'solid-js'
import type { RunInfo } from '../../protocol/studio.ts'
import { Swatch } from '../charts/Swatch.tsx'
import { Button } from '../components/Button.tsx'
import { ConfirmDelete } from '../components/ConfirmDelete.tsx'
import { Dialog } from '../components/Dialog.tsx'
import { Checkbox } from '../components/Field.tsx'
import { loadedLater } from '../components/loaded.tsx'
import { Menu } from '../components/Menu.tsx'
import { FailureNotice } from '../components/Notice.tsx'
import { formatLoss, formatTime } from '../messages/format.ts'
import { validationInWords } from '../messages/measured.ts'
import { saidWhole } from '../messages/said.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { MOST_OVERLAYS } from '../state/runs.ts'
import { DownloadState } from './DownloadState.tsx'
import { NameRun } from './NameRun.tsx'

const RunsSpace = loadedLater(() => import('./RunsSpace.tsx').then((part) => part.RunsSpace))
/** Fetched when a run is saved, or the list is looked at. */
const SaveRun = loadedLater(() => import('./SaveRun.tsx').then((part) => part.SaveRun))
const OpenRun = loadedLater(() => import('./OpenRun.tsx').then((part) => part.OpenRun))

/** Every run, always at hand: look at it, lay it over the chart, go on with it, take its adapter, delete it. */
export function RunsDrawer() {
  const { runs, runsOpen, openRuns } = useApp()
  const [removing, setRemoving] = createSignal<RunInfo | null>(null)
  const [naming, setNaming] = createSignal<RunInfo | null>(null)
  const [saving, setSaving] = createSignal<RunInfo | null>(null)
  return (
    <>
      <Dialog kind="drawer" title={t('runs.title')} open={runsOpen()} onOpenChange={openRuns}>
        <div class="stack">
          <Show when={runs.failure()}>
            {(failure) => <FailureNotice failure={failure()} onDismiss={() => runs.report(null)} />}
          </Show>
          <Show when={runs.overlaysFull()}>
            <p class="hint">{t('runs.overlaysFull', { count: MOST_OVERLAYS })}</p>
          </Show>
          <Show when={runs.list().length > 0} fallback={<p class="quiet">{t('runs.none')}</p>}>
            <ul>
              {/* A row stays what it is while its run is told anew: an open menu would else close under the hand. */}
              <Index each={runs.list()}>
                {(run) => (
                  <RunRow
                    run={run()}
                    onRemove={() => setRemoving(run())}
                    onRename={() => setNaming(run())}
                    onSave={() => setSaving(run())}
                  />
                )}
              </Index>
            </ul>
            <RunsSpace />
          </Show>
          <OpenRun />
        </div>
      </Dialog>
      <Show when={saving()} keyed>
        {(run) => <SaveRun run={run} onClose={() => setSaving(null)} />}
      </Show>
      <NameRun run={naming()} onClose={() => setNaming(null)} />
      <ConfirmDelete
        title={t('runs.removeTitle')}
        what={removing()}
        text={(run) => t('runs.removeText', { name: runs.label(run) })}
        onDelete={({ id }) => void runs.remove(id)}
        onClose={() => setRemoving(null)}
      />
    </>
  )
}

function RunRow(props: { run: RunInfo; onRemove: () => void; onRename: () => void; onSave: () => void }) {
  const { runs, shown: page, training, tuning, route, openRuns, opening, downloads } = useApp()
  const live = () => runs.live() === props.run.id
  /** Why something cannot be done with it now; null: it can. */
  const nothing = () => (props.run.step === 0 ? t('runs.not.learnt') : null)
  const making = () => (downloads.making() === null ? null : t('runs.not.making'))
  const otherTab = () => (runs.elsewhere(props.run) ? t('runs.not.elsewhere') : null)
  /** Other settings are not opened where any are locked. */
  const taken = () => (page.anyLocked ? t('runs.not.locked') : training.busy() ? t('runs.not.busy') : null)
  const status = () => {
    if (runs.elsewhere(props.run)) return t('runs.status.elsewhere')
    if (runs.wasCutOff(props.run)) return t('runs.status.cutOff')
    if (props.run.status === 'done' && props.run.step < props.run.maxSteps) return t('runs.status.early')
    return t(`runs.status.${props.run.status}`)
  }
  const facts = () => {
    const step = live() ? (training.latest()?.step ?? props.run.step) : props.run.step
    const loss = live() ? (training.latest()?.loss ?? props.run.lastLoss) : props.run.lastLoss
    return [
      t('runs.steps', { step, count: props.run.maxSteps }),
      loss === null ? '' : t('runs.loss', { value: formatLoss(loss) }),
      validationInWords(props.run.evalLoss, props.run.evalStep, step),
    ]
      .filter(Boolean)
      .join(' · ')
  }
  function toTrain(): void {
    openRuns(false)
    tuning.show(false)
    route.go('train')
  }

  async function show(): Promise<void> {
    toTrain()
    if (training.busy()) return
    runs.show(props.run.id)
    await runs.load(props.run.id)
  }

  /** The page as it was set up for this run, beginning as it did or with what it has learnt. */
  function use(start?: RunInfo['config']['start']): void {
    toTrain()
    const { config } = props.run
    void opening.openConfig(start ? { ...config, start } : config, runs.label(props.run))
  }

  async function continueAnew(): Promise<void> {
    const { which, step } = await runs.chosen(props.run)
    use({ from: 'run', run: props.run.id, checkpoint: step ?? which, hash: null })
  }

  /** The same recipe with the same seed once more; where something of it is not here, the page says what. */
  async function reproduce(): Promise<void> {
    toTrain()
    await opening.openConfig(props.run.config, runs.label(props.run))
    if (opening.missing().length > 0) return
    opening.dismiss()
    await training.start()
  }

  function resume(): void {
    toTrain()
    void training.resume(props.run.id)
  }

  /** Place among the curves: the run in view is the first. */
  const curve = () =>
    runs
      .overlays()
      .filter((id) => id !== runs.shownId())
      .indexOf(props.run.id) + 1
  const shown = () => runs.shownId() === props.run.id
  const full = () => runs.overlaysFull()

  return (
    <li class="run" classList={{ shown: shown() }}>
      <div class="run-head">
        <div>
          <h3>
            {runs.label(props.run)}
            <Show when={shown()}>
              <span class="visually-hidden"> ({t('runs.shown')})</span>
            </Show>
          </h3>
          <p class="small">
            <b>{status()}</b> <span class="quiet">· {formatTime(props.run.created)}</span>
          </p>
          <p class="small quiet">{facts()}</p>
          <Show when={props.run.opened}>
            {(from) => (
              <p class="small quiet">
                {t('runFile.openedFrom', { file: from().file })}
                <Show when={from().by}>{(name) => <> {t('runFile.by', { name: name() })}</>}</Show>
              </p>
            )}
          </Show>
          <Show when={props.run.lacks}>
            {(lacks) => <p class="small">{t('runs.lacks', { name: lacks().name })}</p>}
          </Show>
          <Show when={props.run.note}>{(note) => <p class="small">{note()}</p>}</Show>
          <Show when={props.run.failure}>
            {(failure) => <p class="small field-error">{saidWhole(failure())}</p>}
          </Show>
        </div>
        <Menu
          label={t('runs.more', { name: runs.label(props.run) })}
          icon="more"
          inDialog
          items={[
            {
              label: t('runs.export'),
              icon: 'export',
              why: nothing() ?? (live() ? t('runs.not.live') : null) ?? making(),
              onSelect: () => void downloads.run(props.run),
            },
            {
              label: t('runFile.save'),
              icon: 'export',
              why: making(),
              onSelect: props.onSave,
            },
            { label: t('runs.rename'), why: otherTab(), onSelect: props.onRename },
            {
              label: t('runs.reproduce'),
              why: taken(),
              onSelect: () => void reproduce(),
            },
            { label: t('open.use'), why: taken(), onSelect: () => use() },
            {
              label: t('open.continue'),
              // What a run begins with is read from what is stored.
              why: nothing() ?? (props.run.unkept === undefined ? null : t('runs.not.kept')) ?? taken(),
              onSelect: () => void continueAnew(),
            },
            {
              label: t('action.delete'),
              icon: 'trash',
              danger: true,
              why: (live() ? t('runs.not.live') : null) ?? otherTab(),
              onSelect: props.onRemove,
            },
          ]}
        />
      </div>
      <DownloadState of={props.run.id} />
      <div class="row">
        <Button kind="quiet" onClick={() => void show()} disabled={training.busy() && !live()}>
          {t('runs.show')}
        </Button>
        {/* Its own page says from where it would go on. */}
        <Show when={runs.resumable(props.run) && !props.run.unkept}>
          <Button kind="quiet" icon="play" onClick={resume} disabled={training.busy()}>
            {t('runs.resume')}
          </Button>
        </Show>
        <Show when={!shown()}>
          <span class="push row">
            <Checkbox
              label={t('runs.overlay')}
              checked={runs.overlays().includes(props.run.id)}
              disabled={full() && !runs.overlays().includes(props.run.id)}
              onChange={() => void runs.toggleOverlay(props.run.id)}
            />
            <Show when={curve() > 0}>
              <Swatch index={curve()} />
            </Show>
          </span>
        </Show>
      </div>
    </li>
  )
}
