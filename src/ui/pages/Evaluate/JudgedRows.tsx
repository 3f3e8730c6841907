import { createMemo, createSignal, Show } from 'solid-js'
import type { EvaluationReport, EvaluationRows, ReportRow, RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Field } from '../../components/Field.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { Pager } from '../Data/Pager.tsx'
import type { Cell } from './Confusion.tsx'
import { RowPanel } from './RowPanel.tsx'

const SHOWN = 20

/** Rows that were judged, worst first, found by their words; those of one cell of the matrix where one is open. */
export function JudgedRows(props: {
  run: RunInfo
  report: EvaluationReport
  from: EvaluationRows
  cell: Cell | null
  onAll: () => void
}) {
  const [words, setWords] = createSignal('')
  const [offset, setOffset] = createSignal(0)
  const [opened, setOpened] = createSignal<ReportRow | null>(null)
  const found = createMemo(() => {
    const wanted = words().trim().toLowerCase()
    const { cell } = props
    setOffset(0)
    setOpened(null)
    return props.report.rows.filter(
      ({ question, reference, answer }) =>
        (!cell || (reference === cell.truth && answer === cell.answer)) &&
        (wanted === '' || `${question}\n${reference}\n${answer ?? ''}`.toLowerCase().includes(wanted)),
    )
  })
  const page = () => found().slice(offset(), offset() + SHOWN)
  return (
    <div class="stack judged-rows">
      <Show when={props.cell}>
        {(cell) => (
          <div class="row">
            <h3 class="label">{t('judged.cell', { truth: cell().truth, answer: cell().answer })}</h3>
            <Button kind="quiet" onClick={props.onAll}>
              {t('judged.all')}
            </Button>
          </div>
        )}
      </Show>
      <Field label={t('judged.search')}>
        {(ids) => (
          <input
            id={ids.id}
            type="search"
            class="text-input"
            value={words()}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        )}
      </Field>
      <Table
        label={t('judged.table')}
        columns={columnsOf(props.report, (row) => setOpened(opened() === row ? null : row))}
        rows={page()}
        dense
        stacks
      />
      <Show when={opened()} keyed>
        {(row) => (
          <RowPanel
            run={props.run}
            report={props.report}
            from={props.from}
            row={row}
            onClose={() => setOpened(null)}
          />
        )}
      </Show>
      <Show
        when={found().length > SHOWN}
        fallback={<p class="small quiet">{t('judged.found', { count: found().length })}</p>}
      >
        <Pager
          of="rows"
          offset={offset()}
          size={SHOWN}
          total={found().length}
          onGo={(place) => setOffset(Math.max(0, Math.min(place, found().length - 1)))}
        />
      </Show>
    </div>
  )
}

function columnsOf(
  { labels, base, evaluation }: EvaluationReport,
  onOpen: (row: ReportRow) => void,
): TableColumn<ReportRow>[] {
  const asked = evaluation.task.kind !== 'plain'
  const marked = (text: string | null, right: boolean | null) =>
    `${text ?? ''} ${right === null ? '' : right ? '✓' : '✗'}`
  const answer = (text: string | null, right: boolean | null) => (
    <span class="wrap">
      {marked(text, right)}
      <Show when={right !== null}>
        <span class="visually-hidden">{right ? t('judged.rightMark') : t('judged.wrong')}</span>
      </Show>
    </span>
  )
  return [
    { id: 'row', head: t('judged.row'), cell: ({ number }) => number, number: true },
    ...(asked
      ? [
          {
            id: 'question',
            head: t('judged.question'),
            cell: ({ question }) => <span class="wrap">{question}</span>,
          } satisfies TableColumn<ReportRow>,
        ]
      : []),
    {
      id: 'reference',
      head: t('judged.reference'),
      cell: ({ reference }) => <span class="wrap">{reference}</span>,
    },
    ...(asked
      ? [
          {
            id: 'answer',
            head: t('judged.answer'),
            cell: ({ answer: text, right }) => answer(text, right),
          } satisfies TableColumn<ReportRow>,
        ]
      : []),
    ...(asked && base
      ? [
          {
            id: 'base',
            head: t('judged.base'),
            cell: ({ base: before }) => answer(before?.answer ?? null, before?.right ?? null),
          } satisfies TableColumn<ReportRow>,
        ]
      : []),
    ...(labels
      ? [
          {
            id: 'sure',
            head: t('judged.sure'),
            cell: ({ confidence }) => formatShare(confidence ?? Number.NaN),
            number: true,
          } satisfies TableColumn<ReportRow>,
        ]
      : []),
    {
      id: 'tokens',
      head: t('chance.look'),
      cell: (row) => (
        <Button
          kind="quiet"
          class="small"
          aria-label={t('chance.openRow', { row: row.number })}
          onClick={() => onOpen(row)}
        >
          {t('chance.open')}
        </Button>
      ),
    },
  ]
}
