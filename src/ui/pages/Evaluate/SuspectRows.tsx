import { createResource, createSignal, Match, onCleanup, Show, Switch } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { HeldAnswer, RunInfo, SuspectRow, Suspects } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatLoss, formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { CorrectAnswer } from './CorrectAnswer.tsx'

/** Rows drawn, and asked about, at once. */
const SHOWN = 20

/** Rows whose losses say that something is wrong with them, each a press from being edited. */
export function SuspectRows(props: { run: RunInfo; step: number | 'last' }) {
  const { evaluations } = useApp()
  const [read] = createResource(
    () => `${props.run.id} ${props.run.step}`,
    async (of) => {
      try {
        return { of, found: await evaluations.suspects(of.split(' ')[0]!), failure: null }
      } catch (error) {
        return { of, found: null, failure: toFailure(error) }
      }
    },
  )
  const current = () =>
    read.state === 'ready' && read().of === `${props.run.id} ${props.run.step}` ? read() : null
  return (
    <Switch
      fallback={
        <p class="quiet" role="status">
          {t('suspects.looking')}
        </p>
      }
    >
      <Match when={current()?.failure}>{(failure) => <FailureNotice failure={failure()} />}</Match>
      <Match when={current()?.found?.known === 0}>
        <p>{t('suspects.unknown')}</p>
      </Match>
      <Match when={current()?.found?.early}>
        <p>{t('suspects.early', { known: current()!.found!.known })}</p>
      </Match>
      <Match when={current()?.found?.rows.length === 0}>
        <p>{t('suspects.none', { count: current()!.found!.known })}</p>
      </Match>
      <Match when={current()?.found}>
        {(found) => <Rows run={props.run} step={props.step} found={found()} />}
      </Match>
    </Switch>
  )
}

function Rows(props: { run: RunInfo; step: number | 'last'; found: Suspects }) {
  const { evaluations, training } = useApp()
  const [edited, setEdited] = createSignal<SuspectRow | null>(null)
  const [asking, setAsking] = createSignal<AbortController | null>(null)
  onCleanup(() => asking()?.abort())
  const [held, setHeld] = createSignal<{ step: number | 'last'; answers: ReadonlyMap<number, HeldAnswer> } | null>(null) // biome-ignore format: a line
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const rows = () => props.found.rows.slice(0, SHOWN)
  const labels = () =>
    props.found.kind === 'labels' ? [...new Set(props.found.rows.map(({ reference }) => reference))] : []
  /** Of another checkpoint they say nothing. */
  const answers = () => (held()?.step === props.step ? held()!.answers : null)

  async function ask(): Promise<void> {
    const { step } = props
    const abort = new AbortController()
    setAsking(abort)
    setFailure(null)
    try {
      const found = await evaluations.heldAnswers(
        { run: props.run.id, checkpoint: step, rows: rows().map(({ row }) => row) },
        abort.signal,
      )
      setHeld({ step, answers: new Map(found.map((one) => [one.row, one])) })
    } catch (error) {
      const failed = toFailure(error)
      if (failed.code !== 'cancelled') setFailure(failed)
    } finally {
      setAsking(null)
    }
  }

  const columns = (): TableColumn<SuspectRow>[] => [
    { id: 'row', head: t('judged.row'), number: true, cell: ({ number }) => number },
    {
      id: 'question',
      head: t('judged.question'),
      cell: ({ question }) => <span class="wrap">{question}</span>,
    },
    {
      id: 'reference',
      head: t('judged.reference'),
      cell: ({ reference }) => <span class="wrap">{reference}</span>,
    },
    {
      id: 'likely',
      head: t('suspects.likely'),
      number: true,
      cell: ({ confidence }) => formatShare(confidence, confidence < 0.01 ? 2 : 0),
    },
    {
      id: 'losses',
      head: t('suspects.losses'),
      cell: ({ losses }) => losses.map(({ loss }) => formatLoss(loss)).join(' → '),
    },
    { id: 'region', head: t('suspects.region'), cell: ({ region }) => t(`suspects.${region}`) },
    ...(answers()
      ? [
          {
            id: 'answer',
            head: t('suspects.answer'),
            cell: ({ row }) => <AnswerNow held={answers()!.get(row)} />,
          } satisfies TableColumn<SuspectRow>,
        ]
      : []),
    {
      id: 'edit',
      head: t('chance.look'),
      cell: (row) => (
        <Button
          kind="quiet"
          class="small"
          aria-label={t('suspects.editRow', { row: row.number })}
          onClick={() => setEdited(edited() === row ? null : row)}
        >
          {t('suspects.edit')}
        </Button>
      ),
    },
  ]
  return (
    <div class="stack">
      <p>{t('suspects.lede', { known: props.found.known })}</p>
      <Table label={t('suspects.table')} columns={columns()} rows={rows()} dense stacks />
      <Show when={edited()} keyed>
        {(row) => (
          <section
            class="stack-s row-panel"
            tabindex="-1"
            ref={(panel) => queueMicrotask(() => panel.focus())}
            aria-label={t('correct.rowTitle', { row: row.number })}
          >
            <h4 class="label">{t('correct.rowTitle', { row: row.number })}</h4>
            <p class="said">{row.question}</p>
            <CorrectAnswer
              run={props.run}
              row={row.row}
              question={props.found.kind === 'plain' ? row.reference : row.question}
              was={row.reference}
              labels={labels()}
              mayLeaveOut
            />
          </section>
        )}
      </Show>
      <Show when={failure()}>{(failed) => <FailureNotice failure={failed()} />}</Show>
      <Show when={props.found.kind !== 'plain'}>
        <div class="row">
          <Show
            when={asking()}
            fallback={
              <Button disabled={training.busy()} onClick={() => void ask()}>
                {t('suspects.ask')}
              </Button>
            }
          >
            {(abort) => (
              <Button icon="stop" onClick={() => abort().abort()}>
                {t('action.stop')}
              </Button>
            )}
          </Show>
        </div>
      </Show>
      <p class="small quiet">
        {t(`suspects.by.${props.found.by}`, {
          count: props.found.firstLeftOut ? props.found.epochs - 1 : props.found.epochs,
        })}
        <Show when={props.found.firstLeftOut}> {t('suspects.firstLeftOut')}</Show>
      </p>
    </div>
  )
}

function AnswerNow(props: { held: HeldAnswer | undefined }) {
  return (
    <Show when={props.held}>
      {(held) => (
        <span class="wrap">
          {held().answer} {held().same ? '✓' : '✗'}
          <span class="visually-hidden">{t(held().same ? 'suspects.same' : 'suspects.differs')}</span>
        </span>
      )}
    </Show>
  )
}
