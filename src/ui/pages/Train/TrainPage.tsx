import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch } from 'solid-js'
import type { Failure } from '../../../protocol/errors.ts'
import type { Fit } from '../../../protocol/studio.ts'
import { Button, LinkButton } from '../../components/Button.tsx'
import { loadedLater } from '../../components/loaded.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { headingForLostFocus, Next, PageHead } from '../../components/Page.tsx'
import { saidWhole } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { hrefOf } from '../../state/route.ts'
import { AllowMore } from '../AllowMore.tsx'
import { CopyLink } from '../CopyLink.tsx'
import { LockedPart } from '../LockedPart.tsx'
import { ModelGone } from '../ModelGone.tsx'
import { RunGone } from '../RunPicker.tsx'
import { CutAnswers } from './CutAnswers.tsx'
import { Failures } from './Failures.tsx'
import { Forecast } from './Forecast.tsx'
import { acceptPastedSettings, OpenedNote } from './Opened.tsx'
import { RunGoingOn } from './RunGoingOn.tsx'
import { RunInView } from './RunInView.tsx'
import { Setup } from './Setup.tsx'

const TuningPage = loadedLater(() => import('./Tuning/TuningPage.tsx').then((part) => part.TuningPage))

/**
 * One of four things, never two at once: queues of runs, the run that goes on, a stored run in view, or a run that is being set up. Whatever
 * the page says of a run, it says of that one.
 */
export function TrainPage() {
  const { training, runs, tuning } = useApp()
  acceptPastedSettings()
  const seen = () => (tuning.open() ? 'queues' : training.busy() ? 'going' : runs.shown() ? 'stored' : 'new')
  createEffect(on(seen, headingForLostFocus, { defer: true }))
  return (
    <Switch fallback={<BeforeRun />}>
      <Match when={tuning.open()}>
        <TuningPage />
      </Match>
      <Match when={training.busy()}>
        <OfQueue one={tuning.state()?.going() != null} />
        <RunGoingOn />
      </Match>
      <Match when={runs.shown()}>
        {(run) => (
          <>
            <OfQueue one={run().trial !== undefined} />
            <RunInView run={run()} />
          </>
        )}
      </Match>
    </Switch>
  )
}

/** The way back from a run that is one of a queue. */
function OfQueue(props: { one: boolean }) {
  const { tuning } = useApp()
  return (
    <Show when={props.one}>
      <p>
        <Button kind="quiet" icon="left" onClick={() => tuning.show(true)}>
          {t('train.toQueue')}
        </Button>
      </p>
    </Show>
  )
}

/** What is being set up, and the one press that starts it. */
function BeforeRun() {
  const { data, models, settings, training, tuning, runs, fit } = useApp()
  const [tried, setTried] = createSignal(false)

  const missing = () => {
    const found: { text: string; href?: string; link?: string }[] = []
    if (!data.dataset())
      found.push({ text: t('train.noData'), href: hrefOf('data'), link: t('train.toData') })
    else if (!data.mapped())
      found.push({ text: t('train.noMapping'), href: hrefOf('data'), link: t('train.toData') })
    if (!models.chosen() && !models.listFailure())
      found.push({ text: t('train.noModel'), href: hrefOf('model'), link: t('train.toModel') })
    const elsewhere = models.memoryProblem() ? 1 : 0
    if (elsewhere > 0)
      found.push({ text: t('train.memoryProblem'), href: hrefOf('model'), link: t('train.toModel') })
    if (settings.problems().size > elsewhere)
      found.push({ text: t('train.problems', { count: settings.problems().size - elsewhere }) })
    return found
  }
  /** Preparation that was stopped is done by the start. */
  const unprepared = () => {
    const failure = data.prepareFailure()
    return failure?.code === 'cancelled' ? null : failure
  }
  const ready = () =>
    missing().length === 0 && models.chosen() !== null && !unprepared() && !training.refused()
  const last = createMemo(() => runs.list().find((run) => run.step > 0) ?? null)

  function start(): void {
    setTried(!ready())
    if (ready()) void training.start()
  }

  return (
    <>
      <PageHead
        title={t('train.title')}
        lede={<Context />}
        action={
          <>
            <Button kind="quiet" icon="runs" onClick={() => tuning.show(true)}>
              {t('train.several')}
            </Button>
            <Button
              kind="primary"
              icon="play"
              onClick={start}
              disabled={!ready()}
              aria-describedby="start-note"
            >
              {t('train.start')}
            </Button>
          </>
        }
      />
      <div class="stack">
        <RunGone now={null} />
        <ModelGone />
        <Failures of={null} />
        <Show when={data.failure() && !data.dataset() && !training.failureOf(null) ? data.failure() : null}>
          {(failure) => <FailureNotice failure={failure()} />}
        </Show>
        <Show when={unprepared()}>
          {(failure) => <FailureNotice failure={failure()} actions={<AllowMore failure={failure()} />} />}
        </Show>
        <CutAnswers />
        <Show when={missing().length > 0 || tried()}>
          <div id="start-note">
            <For each={missing()}>
              {(item) => (
                <Notice
                  tone="info"
                  title={item.text}
                  actions={
                    <Show when={item.href}>
                      {(href) => <LinkButton href={href()}>{item.link}</LinkButton>}
                    </Show>
                  }
                />
              )}
            </For>
          </div>
        </Show>
        <OpenedNote />
      </div>
      <div class="workbench train">
        <div class="train-setup">
          <LockedPart lock="train">
            <Setup />
          </LockedPart>
          <CopyLink />
        </div>
        <div class="stack-l train-live">
          <div class="stack-s waiting">
            <h2>{t(tooLarge(fit.fit()) ? 'train.before.tooLarge' : 'train.before.title')}</h2>
            <Forecast />
            <Show when={last()}>
              {(run) => (
                <p>
                  <Button
                    kind="quiet"
                    onClick={() => {
                      runs.show(run().id)
                      void runs.load(run().id)
                    }}
                  >
                    {t('train.before.last', { name: runs.label(run()) })}
                  </Button>
                </p>
              )}
            </Show>
          </div>
        </div>
      </div>
      <Next to="evaluate" ready={false} />
    </>
  )
}

const tooLarge = (fit: Fit | null) => fit !== null && !fit.fits

/** What will be trained on what, and what speaks against it: the line under the heading. */
function Context() {
  const { data, models, training, fit } = useApp()
  /** In the page's own words where it knows what would mend it. */
  const against = (failure: Failure) =>
    failure.code === 'out_of_memory' && tooLarge(fit.fit()) ? t('train.context.tooLarge') : saidWhole(failure)
  return (
    <>
      <Show when={models.chosen() && data.dataset()} fallback={t('train.lede')}>
        {t('train.context', { model: models.chosen()!.name, data: data.title(data.dataset()!) })}
      </Show>
      <Show when={training.forecastFailure()}>
        {(failure) => <span class="field-error"> {against(failure())}</span>}
      </Show>
    </>
  )
}
