import { createResource, For, Match, Show, Switch } from 'solid-js'
import { toFailure } from '../../../protocol/errors.ts'
import type { EvaluateRequest, EvaluationNote, EvaluationOutlook, RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Page.tsx'
import { Progress } from '../../components/Progress.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { useCheckpoint } from '../CheckpointPicker.tsx'
import { JudgedReport } from './JudgedReport.tsx'
import { JudgingSetup } from './JudgingSetup.tsx'

/** How many of the rows that a run never learnt from it answers right, and everything behind that. */
export function HowGood(props: { run: RunInfo; checkpoint: ReturnType<typeof useCheckpoint> }) {
  const { evaluations } = useApp()
  const setup = () => evaluations.setupOf(props.run)
  /** What is asked for, as a key: whatever was found out for another one is not shown. */
  const request = () =>
    evaluations.request(props.run, props.checkpoint.chosen()?.step ?? props.checkpoint.which())
  const asked = () =>
    props.checkpoint.known()
      ? JSON.stringify([request(), evaluations.version(), evaluations.otherRequest(props.run)])
      : null
  const [found] = createResource(asked, async (of) => {
    const [request, , other] = JSON.parse(of) as [EvaluateRequest, number, EvaluateRequest | null]
    try {
      const outlook = await evaluations.outlook(request)
      // What speaks against another model is told when it is judged: it costs the run's own figures nothing.
      const beside = other && (await evaluations.outlook(other).catch(() => null))
      const whole = [outlook.judged, outlook.baseJudged].every((judged) => judged === outlook.rows)
      const asWell = other === null || (beside !== null && beside.judged === beside.rows)
      return { of, outlook, whole: whole && asWell, failure: null }
    } catch (error) {
      return { of, outlook: null, whole: false, failure: toFailure(error) }
    }
  })
  const current = () => (found.state === 'ready' && found().of === asked() ? found() : null)
  const outlook = () => current()?.outlook ?? null
  const mine = () => {
    const now = evaluations.judging()
    return now?.run === props.run.id ? now : null
  }
  return (
    <Section title={t('good.title')} lede={t('good.lede')}>
      <JudgingSetup run={props.run} outlook={outlook()} disabled={mine() !== null} />
      <Switch>
        <Match when={mine()}>
          {(now) => (
            <div class="stack-s">
              <Progress
                label={t(`good.judging.${now().side}`)}
                share={now().total > 0 ? Math.min(1, now().judged / now().total) : null}
                value={t('good.progress', {
                  judged: Math.min(now().judged, now().total),
                  total: now().total,
                })}
              />
              <div class="row">
                <Button icon="stop" onClick={evaluations.stop}>
                  {t('action.stop')}
                </Button>
              </div>
            </div>
          )}
        </Match>
        <Match when={current()?.failure}>{(failure) => <FailureNotice failure={failure()} />}</Match>
        <Match when={outlook()}>
          {(known) => (
            <>
              <Show
                when={evaluations.gaveWay(request())}
                fallback={
                  <Show when={evaluations.failureOf(request())}>
                    {(failure) => <FailureNotice failure={failure()} />}
                  </Show>
                }
              >
                <Notice tone="info" title={t('good.gaveWay')} />
              </Show>
              <Start
                run={props.run}
                outlook={known()}
                whole={current()?.whole === true}
                told={evaluations.gaveWay(request())}
                onStart={() =>
                  void evaluations.start(
                    props.run,
                    props.checkpoint.chosen()?.step ?? props.checkpoint.which(),
                    known().rows,
                  )
                }
              />
              <Notes notes={known().notes} />
              <Show when={known().judged > 0}>
                <JudgedReport
                  run={props.run}
                  evaluation={known().evaluation}
                  judged={known().judged}
                  choice={setup().choice}
                  rows={request().rows}
                />
              </Show>
            </>
          )}
        </Match>
        <Match when={true}>
          <p class="quiet" role="status">
            {t('good.looking')}
          </p>
        </Match>
      </Switch>
    </Section>
  )
}

/** The one button, until everything is judged. */
function Start(props: {
  run: RunInfo
  outlook: EvaluationOutlook
  whole: boolean
  /** That a run is in its way is said already. */
  told: boolean
  onStart: () => void
}) {
  const { evaluations, training } = useApp()
  return (
    <>
      <Show when={training.busy() && !props.told}>
        <Notice tone="info" title={t('good.busy')} />
      </Show>
      <Show when={evaluations.judging()}>
        <Notice tone="info" title={t('good.elsewhere')} />
      </Show>
      <Show when={!props.whole}>
        <div class="row">
          <Button
            kind="primary"
            disabled={training.busy() || evaluations.judging() !== null}
            onClick={props.onStart}
          >
            {props.outlook.judged > 0
              ? props.outlook.judged === props.outlook.rows
                ? t('good.rest')
                : t('good.goOn', { judged: props.outlook.judged, total: props.outlook.rows })
              : t('good.start', { count: props.outlook.rows })}
          </Button>
        </div>
      </Show>
    </>
  )
}

/** Names shown of those that a note is about. */
const NAMED = 8

function Notes(props: { notes: EvaluationNote[] }) {
  const names = ({ names = [] }: EvaluationNote) =>
    `${names
      .slice(0, NAMED)
      .map((name) => `“${name}”`)
      .join(', ')}${names.length > NAMED ? ' …' : ''}`
  return (
    <Show when={props.notes.length > 0}>
      <ul class="small quiet judged-notes">
        <For each={props.notes}>
          {(note) => (
            <li>
              {t(`good.note.${note.kind}`, { count: note.count, names: names(note) })}
              <Show when={note.rows?.length}>
                {' '}
                {t('good.note.rows', {
                  rows: `${note.rows!.join(', ')}${note.count > note.rows!.length ? ' …' : ''}`,
                })}
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}
