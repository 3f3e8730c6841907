import { createEffect, Show } from 'solid-js'
import type { Failure } from '../../../protocol/errors.ts'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button, LinkButton } from '../../components/Button.tsx'
import { Hint } from '../../components/Hint.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Next, PageHead, Section } from '../../components/Page.tsx'
import { formatNumber, formatTime } from '../../messages/format.ts'
import { saidWhole } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { hrefOf } from '../../state/route.ts'
import { CheckpointPicker, useCheckpoint } from '../CheckpointPicker.tsx'
import { CopyLink } from '../CopyLink.tsx'
import { DownloadState } from '../DownloadState.tsx'
import { Judged, judgedOf } from '../Judged.tsx'
import { NeedsModel } from '../NeedsModel.tsx'
import { RunFacts } from '../RunFacts.tsx'
import { BegunWith, Checkpoints } from './Checkpoints.tsx'
import { useGentler } from './Diverges.tsx'
import { DontKeep } from './DontKeep.tsx'
import { Hood } from './Hood.tsx'
import { Live } from './Live.tsx'
import { OpeningFailure } from './Opened.tsx'
import { Reproduced } from './Reproduced.tsx'
import { RunCurve } from './RunCurve.tsx'
import { SavedAlong } from './SavedAlong.tsx'
import { UnkeptNotice } from './UnkeptNotice.tsx'

/** A stored run: how it ended, what it was, and what to do with it. Nothing here is of any other run. */
export function RunInView(props: { run: RunInfo }) {
  const { training, runs, copies } = useApp()
  const view = () => runs.view(props.run.id)
  createEffect(() => void runs.load(props.run.id))
  const checkpoint = useCheckpoint(() => props.run)
  /** Whether there is something to be said of its copy in a folder. */
  const copied = () =>
    (['copied', 'writing', 'failure'] as const).some((what) => copies.state()?.[what](props.run.id))
  const heard = () => runs.heard(props.run.id)
  const failure = () => training.failureOf(props.run.id)
  const told = {
    stage: () => heard()?.stage ?? null,
    latest: () => heard()?.step ?? null,
    latestEval: () => heard()?.evaluation ?? null,
    secondsLeft: () => Number.NaN,
    stopping: () => null,
  }
  return (
    <>
      <PageHead
        title={runs.label(props.run)}
        lede={formatTime(props.run.created)}
        action={
          <Button disabled={training.justStopped()} onClick={() => runs.show(null)}>
            {t('train.another')}
          </Button>
        }
      />
      <div class="stack">
        <OpeningFailure />
        <Show when={failure()?.message === props.run.failure?.message ? null : failure()}>
          {(failure) => (
            <FailureNotice
              failure={failure()}
              onDismiss={training.dismissFailure}
              actions={<BeforeDamage run={props.run} failure={failure()} />}
            />
          )}
        </Show>
        <DownloadState of={props.run.id} />
        <UnkeptNotice run={props.run} />
        <Show when={copied()}>
          <SavedAlong run={props.run.id} />
        </Show>
        <Outcome run={props.run} of={checkpoint} />
      </div>
      <div class="workbench train live">
        <div class="train-setup">
          <Section title={t('train.runSettings')}>
            <RunFacts config={props.run.config} />
            <Checkpoints run={props.run} of={checkpoint} />
            <CopyLink config={props.run.config} />
          </Section>
        </div>
        <div class="stack-l train-live">
          <Show when={runs.elsewhere(props.run)}>
            <Live told={told} run={props.run} />
          </Show>
          <Show when={props.run.status === 'done'}>
            <Hint id="learnt" />
          </Show>
          <RunCurve view={view()} run={props.run}>
            <Hood run={props.run.id} ended />
          </RunCurve>
        </div>
      </div>
      <Next to="evaluate" ready={false} />
    </>
  )
}

/** Of a damaged checkpoint: the one before it, at one press. */
function BeforeDamage(props: { run: RunInfo; failure: Failure }) {
  const { training } = useApp()
  const before = () => props.failure.detail?.before
  return (
    <Show when={typeof before() === 'number' && props.failure.detail?.checkpoint}>
      <Button
        icon="play"
        onClick={() => void training.resume(props.run.id, { from: Number(before()) || 'start' })}
      >
        {before() === 0 ? t('runs.resumeStart') : t('runs.resumeFrom', { step: Number(before()) })}
      </Button>
    </Show>
  )
}

/** How it ended, and the way on. */
function Outcome(props: { run: RunInfo; of: ReturnType<typeof useCheckpoint> }) {
  const { training, runs, downloads, opening, shown } = useApp()
  const { known, last, which, chosen } = props.of
  /** Whether there is anything to take away. */
  const usable = () => props.run.unkept !== undefined || !known() || chosen() !== null
  /** What is logged after the last checkpoint is in no adapter. */
  const elsewhen = () => {
    const of = chosen()
    return of && of.step !== props.run.step ? of.step : null
  }
  /** Where it goes on from is what is stored, which an unkept run is not. */
  const resumeLabel = () => {
    if (!props.run.unkept) return t('runs.resume')
    const stored = last()
    return stored ? t('runs.resumeFrom', { step: stored.step }) : t('runs.resumeStart')
  }
  /** The same settings once more, beginning with what the chosen checkpoint has learnt. */
  const continueAnew = () =>
    void opening.openConfig(
      {
        ...props.run.config,
        start: { from: 'run', run: props.run.id, checkpoint: chosen()?.step ?? which(), hash: null },
      },
      runs.label(props.run),
    )
  const gentler = useGentler(() => props.run)
  /** Come to its end, and of no use all the same. */
  const apart = () => {
    const view = runs.view(props.run.id)
    if (props.run.status !== 'done' || view === null) return false
    return judgedOf(view).kind === 'diverged' || judgedOf(view).kind === 'lost'
  }
  const tone = () => {
    if (apart()) return 'warning'
    return props.run.status === 'done' ? 'success' : props.run.status === 'failed' ? 'error' : 'info'
  }
  const title = () => {
    if (apart()) return t('train.ended.apart', at())
    if (runs.elsewhere(props.run)) return t('runs.status.elsewhere')
    if (props.run.status === 'done')
      return props.run.step < props.run.maxSteps ? t('train.ended.early', at()) : t('train.ended.finished')
    if (props.run.status === 'failed') return t('train.ended.failed', at())
    // What was learnt since the last checkpoint is lost; what is said of the stop tells where that is.
    if (props.run.failure?.code === 'cancelled') return t('train.ended.atOnce', at())
    if (!runs.wasCutOff(props.run)) return t('train.ended.stopped', at())
    return t(props.run.begins ? 'train.ended.cutOffAtOnce' : 'train.ended.cutOff', at())
  }
  const at = () => ({ step: props.run.step, count: props.run.maxSteps })
  return (
    <Notice
      tone={tone()}
      title={title()}
      actions={
        <>
          <Show when={runs.resumable(props.run)}>
            <Button icon="play" onClick={() => void training.resume(props.run.id)}>
              {resumeLabel()}
            </Button>
            <Show when={which() === 'best' && chosen()}>
              {(best) => (
                <Button icon="play" onClick={() => void training.resume(props.run.id, { from: 'best' })}>
                  {t('runs.resumeFrom', { step: best().step })}
                </Button>
              )}
            </Show>
          </Show>
          <Show when={apart()}>
            <Button disabled={training.busy()} onClick={() => void gentler.again()}>
              {t('diverges.again', { rate: formatNumber(gentler.rate()) })}
            </Button>
          </Show>
          <Show when={which() === 'best' && props.run.status === 'done' && !shown.anyLocked}>
            <Button icon="play" onClick={continueAnew}>
              {t('open.continue')}
            </Button>
          </Show>
          <Show when={runs.lostDevice(props.run)}>
            <Button icon="play" onClick={() => void training.resume(props.run.id, { engine: 'portable' })}>
              {t('runs.resumePortable')}
            </Button>
          </Show>
          <Show when={props.run.step > 0 && usable() && !runs.elsewhere(props.run)}>
            <Button
              kind="primary"
              icon="export"
              disabled={downloads.making() !== null}
              onClick={() => void downloads.run(props.run)}
            >
              {elsewhen() === null
                ? t('train.ended.download')
                : t('train.ended.downloadAt', { step: elsewhen()! })}
            </Button>
            <LinkButton href={hrefOf('evaluate')}>{t('train.ended.try')}</LinkButton>
            <LinkButton href={hrefOf('export')}>{t('train.ended.formats')}</LinkButton>
          </Show>
          <Show when={!props.run.unkept && !runs.elsewhere(props.run)}>
            <DontKeep run={props.run} />
          </Show>
        </>
      }
    >
      <Show when={runs.elsewhere(props.run)}>
        <p>{t('train.elsewhere')}</p>
      </Show>
      <Show when={props.run.failure}>{(failure) => <p>{saidWhole(failure())}</p>}</Show>
      <Show when={props.run.lacks}>{(lacks) => <NeedsModel of={lacks()} />}</Show>
      <Show when={runs.view(props.run.id)}>{(view) => <Judged view={view()} run={props.run} />}</Show>
      <CheckpointPicker run={props.run} of={props.of} />
      <Reproduced run={props.run} />
      <BegunWith run={props.run} />
      <Show when={props.run.note}>{(note) => <p>{note()}</p>}</Show>
    </Notice>
  )
}
