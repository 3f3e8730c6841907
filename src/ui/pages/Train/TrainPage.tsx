import { createMemo, createSignal, For, Show } from 'solid-js'
import type { ChartRun } from '../../charts/chart-run.ts'
import { LossChart } from '../../charts/LossChart.tsx'
import { MOST_RUNS } from '../../charts/palette.ts'
import { Button, LinkButton } from '../../components/Button.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Next, PageHead, Section } from '../../components/Page.tsx'
import { SampleList } from '../../components/Samples.tsx'
import { formatBytes, formatLoss } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { hrefOf } from '../../state/route.ts'
import type { RunView } from '../../state/runs.ts'
import { RunFacts } from '../RunFacts.tsx'
import { Live } from './Live.tsx'
import { OpenedNote } from './Opened.tsx'
import { Setup } from './Setup.tsx'

export function TrainPage() {
  const { data, models, settings, training, runs } = useApp()
  // A finished or stored run in view folds the settings away on request only; a running one replaces them.
  const [tried, setTried] = createSignal(false)

  const missing = () => {
    const found: { text: string; href?: string; link?: string }[] = []
    if (!data.dataset())
      found.push({ text: t('train.noData'), href: hrefOf('data'), link: t('train.toData') })
    else if (!data.mapped())
      found.push({ text: t('train.noMapping'), href: hrefOf('data'), link: t('train.toData') })
    if (!models.chosen() && !models.listFailure())
      found.push({ text: t('train.noModel'), href: hrefOf('model'), link: t('train.toModel') })
    if (settings.problems().size > 0)
      found.push({ text: t('train.problems', { count: settings.problems().size }) })
    return found
  }
  /** A plan that says no to the settings is not tried; one that merely failed is no reason to stand in the way. */
  const refused = () => {
    const code = training.planFailure()?.code
    return code === 'bad_config' || code === 'unsupported_model'
  }
  const ready = () =>
    missing().length === 0 && models.chosen() !== null && !data.prepareFailure() && !refused()

  const view = (): RunView | null => (training.busy() ? training.liveView() : runs.view(runs.shownId()))

  const curves = createMemo(
    (): ChartRun[] => {
      const main = view()
      const shown = runs.shown()
      const list: ChartRun[] = main
        ? [
            {
              id: shown?.id ?? 'live',
              name: shown ? runs.label(shown) : t('train.thisRun'),
              series: main.series,
              ...(shown ? { maxSteps: shown.maxSteps } : {}),
            },
          ]
        : []
      for (const id of runs.overlays()) {
        const other = runs.view(id)
        const otherRun = runs.byId(id)
        if (!other || id === shown?.id || list.length >= MOST_RUNS) continue
        list.push({ id, name: otherRun ? runs.label(otherRun) : id, series: other.series })
      }
      return list
    },
    [],
    {
      equals: (a, b) =>
        a.length === b.length &&
        a.every(
          (run, i) =>
            run.series === b[i]!.series && run.name === b[i]!.name && run.maxSteps === b[i]!.maxSteps,
        ),
    },
  )

  function start(): void {
    if (!ready()) {
      setTried(true)
      return
    }
    setTried(false)
    void training.start()
  }

  return (
    <>
      <PageHead
        title={t('train.title')}
        lede={<Context />}
        action={
          <Show
            when={training.busy()}
            fallback={
              <Button
                kind={training.ended() ? 'plain' : 'primary'}
                icon="play"
                onClick={start}
                disabled={!ready()}
                aria-describedby="start-note"
              >
                {t(curves().length > 0 && view() ? 'train.again' : 'train.start')}
              </Button>
            }
          >
            <Button
              icon="stop"
              onClick={() => void training.stop()}
              disabled={training.phase() !== 'running'}
            >
              {t(training.phase() === 'stopping' ? 'train.stopping' : 'train.stop')}
            </Button>
          </Show>
        }
      />

      <div class="stack">
        <Show when={models.listFailure()}>
          {(failure) => (
            <FailureNotice
              failure={failure()}
              actions={<Button onClick={() => void models.refresh()}>{t('action.retry')}</Button>}
            />
          )}
        </Show>
        <Show when={training.failure()}>
          {(failure) => <FailureNotice failure={failure()} onDismiss={training.dismissFailure} />}
        </Show>
        <Show when={data.failure() && !data.dataset() ? data.failure() : null}>
          {(failure) => (
            <Show when={!training.failure()}>
              <FailureNotice failure={failure()} />
            </Show>
          )}
        </Show>
        <Show when={!training.busy() && data.prepareFailure()}>
          {(failure) => <FailureNotice failure={failure()} />}
        </Show>
        <Show when={!training.busy() && (missing().length > 0 || tried())}>
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
        <Show when={!training.busy()}>
          <OpenedNote />
        </Show>
        <Ended />
      </div>

      <div class="workbench train" classList={{ live: training.busy() || view() !== null }}>
        <div class="train-setup">
          <Show when={training.busy()} fallback={<Setup />}>
            <Section title={t('train.settings')}>
              <Show when={training.config() ?? runs.shown()?.config}>
                {(config) => <RunFacts config={config()} />}
              </Show>
            </Section>
          </Show>
        </div>
        <div class="stack-l train-live">
          <Show when={training.busy()}>
            <Live />
          </Show>
          <Show
            when={curves().length > 0}
            fallback={
              <div class="stack-s waiting">
                <h2>{t('train.before.title')}</h2>
                <p class="quiet">{t('train.before.text')}</p>
              </div>
            }
          >
            <div class="stack">
              <Show when={view() && !training.busy() ? runs.shown() : null}>
                {(run) => <h2>{run().name}</h2>}
              </Show>
              <LossChart runs={curves()} />
            </div>
          </Show>
          <For each={view()?.notices() ?? []}>{(message) => <Notice tone="warning" title={message} />}</For>
          <Show when={view()}>
            {(current) => (
              <Show when={current().samples().length > 0}>
                <Section title={t('samples.title')} lede={t('samples.lede')}>
                  <SampleList samples={current().samples()} />
                </Section>
              </Show>
            )}
          </Show>
        </div>
      </div>
      <Show when={!training.busy()}>
        <Next to="evaluate" ready={false} />
      </Show>
    </>
  )
}

/** What will be trained on what, and what it needs: the line under the heading. */
function Context() {
  const { data, models, training } = useApp()
  const need = () => {
    const plan = training.plan()
    return plan ? t('train.needs', { size: formatBytes(plan.bytes.total) }) : null
  }
  return (
    <>
      <Show when={models.chosen() && data.dataset()} fallback={t('train.lede')}>
        {t('train.context', { model: models.chosen()!.name, data: data.title(data.dataset()!) })}
        <Show when={need()}>{(text) => <> {text()}</>}</Show>
      </Show>
      <Show when={training.planFailure()}>
        {(failure) => (
          <span class="field-error">
            {' '}
            {failure().message} {failure().hint}
          </span>
        )}
      </Show>
    </>
  )
}

/** The way on from a run that has just ended. */
function Ended() {
  const { training, runs } = useApp()
  /** A run that has been deleted since has nothing more to offer. */
  const ended = () => {
    const end = training.busy() ? null : training.ended()
    return end && runs.byId(end.run) ? end : null
  }
  const change = (run: string) => {
    const evals = runs.view(run)?.series.validation.column('eval_loss')
    if (!evals || evals.length < 2) return null
    return t('train.ended.loss', {
      first: formatLoss(evals.at(0)),
      last: formatLoss(evals.at(evals.length - 1)),
    })
  }
  return (
    <Show when={ended()}>
      {(end) => (
        <Notice
          tone="success"
          title={t(
            end().reason === 'stopped'
              ? 'train.ended.stopped'
              : end().reason === 'early_stopping'
                ? 'train.ended.early'
                : 'train.ended.finished',
          )}
          actions={
            <>
              <LinkButton kind="primary" icon="export" href={hrefOf('export')}>
                {t('train.ended.download')}
              </LinkButton>
              <LinkButton href={hrefOf('evaluate')}>{t('train.ended.try')}</LinkButton>
              <Show when={end().reason === 'stopped'}>
                <Button onClick={() => void training.resume(end().run)}>{t('runs.resume')}</Button>
              </Show>
            </>
          }
        >
          <Show when={change(end().run)}>{(text) => <p>{text()}</p>}</Show>
        </Notice>
      )}
    </Show>
  )
}
