import { createMemo, createSignal, For, type JSX, onCleanup, Show } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { ScoredRows } from '../../../protocol/studio.ts'
import { BENCHMARKS } from '../../../runs/benchmarks.ts'
import { type HandedRun, handedCsv, handedTable } from '../../../runs/handed-in.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { FileDrop, PickFiles } from '../../components/FileDrop.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Select } from '../../components/Select.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatLoss, formatNumber } from '../../messages/format.ts'
import '../../messages/lesson.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { fieldName, short } from '../../state/run-labels.ts'
import { save } from '../../state/save.ts'
import { createScoring } from '../../state/scoring.ts'
import '../../styles/lesson.css'

/** Runs of a class, opened from their files, as one table, and scored on one set of rows. Nothing of them is stored. */
export default function HandedIn(props: { onClose: () => void }) {
  const { studio } = useApp()
  const scoring = createScoring(studio)
  onCleanup(scoring.stop)
  const table = createMemo(() => handedTable(scoring.entries()))
  const reading = () => (scoring.work()?.doing === 'reading' ? scoring.work() : null)
  return (
    <Dialog title={t('handed.title')} open onOpenChange={(open) => !open && props.onClose()} kind="drawer">
      <div class="stack">
        <FileDrop
          label={t('handed.pick')}
          hint={t('handed.hint')}
          accept=".zip"
          multiple
          disabled={scoring.work() !== null}
          onFiles={(chosen) => void scoring.open(chosen)}
        />
        <Show when={reading()}>
          {(now) => <Progress label={t('handed.reading')} share={now().done / now().of} />}
        </Show>
        <For each={scoring.failures()}>{(failure) => <FailureNotice failure={failure} />}</For>
        <Show when={scoring.entries().length > 0}>
          <ScoreThem scoring={scoring} />
          <RunsTable table={table()} />
          <p class="hint">{benchmarkOf(table())}</p>
          <div class="row">
            <Button
              icon="export"
              onClick={() =>
                save(new Blob([`\ufeff${handedCsv(table())}`], { type: 'text/csv' }), 'runs.csv')
              }
            >
              {t('handed.csv')}
            </Button>
          </div>
        </Show>
      </div>
    </Dialog>
  )
}

type HandedTable = ReturnType<typeof handedTable>

function benchmarkOf({ benchmark }: HandedTable): string {
  if (!benchmark) return t('handed.noBenchmark')
  const { here, set, ...told } = benchmark
  return t(here ? 'handed.scoredHere' : 'handed.benchmark', set ? { ...told, name: t(`bench.${set}`) } : told)
}

/** One set for all of them: data that are here, or a file of the teacher's own. */
function ScoreThem(props: { scoring: ReturnType<typeof createScoring> }) {
  const { studio, data } = useApp()
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [chosen, setChosen] = createSignal('')
  const [opening, setOpening] = createSignal(false)
  void data.loadLists()
  const sets = (): { value: string; label: string; rows: ScoredRows }[] => [
    ...BENCHMARKS.map(({ id, rows }) => ({
      value: `benchmark:${id}`,
      label: t('handed.set.data', { name: t(`bench.${id}`), count: rows }),
      rows: { benchmark: id },
    })),
    ...data
      .stored()
      .filter(({ synthetic }) => !synthetic)
      .map(({ id, name, rows }) => ({
        value: id,
        label: t('handed.set.data', { name, count: rows }),
        rows: { dataset: id },
      })),
  ]
  const picked = () => sets().find(({ value }) => value === chosen()) ?? sets()[0]!
  const scoringNow = () => (props.scoring.work()?.doing === 'scoring' ? props.scoring.work() : null)

  function choose(value: string): void {
    setChosen(value)
    props.scoring.forget()
  }
  async function openOwn(file: File | undefined): Promise<void> {
    if (!file) return
    setFailure(null)
    setOpening(true)
    try {
      const { id } = await studio.data.openFiles([file])
      await data.loadLists()
      choose(id)
    } catch (error) {
      setFailure(toFailure(error))
    } finally {
      setOpening(false)
    }
  }

  return (
    <fieldset class="stack-s">
      <legend class="field-legend">{t('handed.scoreThem')}</legend>
      <p class="hint">{t('handed.scoreHint')}</p>
      <div class="row">
        <Select
          label={t('handed.set')}
          value={picked().value}
          options={sets()}
          onChange={choose}
          disabled={props.scoring.work() !== null}
        />
        <PickFiles
          label={t('handed.set.own')}
          onFiles={([file]) => void openOwn(file)}
          disabled={opening() || props.scoring.work() !== null}
        />
      </div>
      <Show when={failure()}>
        {(failure) => <FailureNotice failure={failure()} onDismiss={() => setFailure(null)} />}
      </Show>
      <div class="row">
        <Button
          kind="primary"
          icon="play"
          aria-disabled={props.scoring.work() !== null}
          onClick={() => props.scoring.work() === null && void props.scoring.score(picked().rows)}
        >
          {t('handed.scoreGo')}
        </Button>
      </div>
      <Show when={scoringNow()}>
        {(now) => (
          <div class="row">
            <Progress
              label={t('handed.scoring', { name: now().name, at: now().done + 1, count: now().of })}
              share={(now().done + now().share) / now().of}
            />
            <Button icon="stop" onClick={props.scoring.stop}>
              {t('action.stop')}
            </Button>
          </div>
        )}
      </Show>
    </fieldset>
  )
}

/** What a column is sorted by; null comes last either way. */
type Key = (run: HandedRun) => number | string | null

type Column = Omit<TableColumn<HandedRun>, 'head'> & { name: string; key: Key }

function columnsOf({ fields }: HandedTable): Column[] {
  return [
    { id: 'by', name: t('handed.by'), key: ({ by }) => by, cell: ({ by }) => by ?? t('handed.noName') },
    { id: 'run', name: t('handed.run'), key: ({ run }) => run, cell: ({ run }) => run },
    {
      id: 'score',
      name: t('handed.score'),
      number: true,
      key: ({ score, figure }) => (score ? score.right / score.rows : (figure?.value ?? null)),
      cell: scoreOf,
    },
    {
      id: 'steps',
      name: t('unit.steps'),
      number: true,
      key: ({ step }) => step,
      cell: ({ step, maxSteps }) => t('runs.steps', { step, count: maxSteps }),
    },
    {
      id: 'heldOut',
      name: t('handed.heldOut'),
      number: true,
      key: ({ heldOut }) => heldOut,
      cell: ({ heldOut }) => (heldOut === null ? '–' : formatLoss(heldOut)),
    },
    {
      id: 'best',
      name: t('handed.best'),
      number: true,
      key: ({ best }) => best?.loss ?? null,
      cell: ({ best }) => (best ? t('handed.bestAt', { loss: formatLoss(best.loss), step: best.step }) : '–'),
    },
    ...fields.map(
      (field, i): Column => ({
        id: field,
        name: fieldName(field),
        key: valueKey(i),
        cell: ({ values }) => short(values[i]),
      }),
    ),
  ]
}

function RunsTable(props: { table: HandedTable }) {
  const [by, setBy] = createSignal<{ id: string; down: boolean } | null>(null)
  const columns = (): TableColumn<HandedRun>[] =>
    columnsOf(props.table).map((column) => ({
      ...column,
      head: headOf(column.id, column.name),
      sorted: sortedBy(column.id),
    }))
  const sortedBy = (id: string) => {
    const now = by()
    return now?.id === id ? (now.down ? ('descending' as const) : ('ascending' as const)) : undefined
  }
  const headOf = (id: string, name: string): JSX.Element => (
    <button
      type="button"
      class="sort"
      onClick={() => setBy((now) => ({ id, down: now?.id === id ? !now.down : true }))}
    >
      {name}
    </button>
  )
  const rows = createMemo(() => {
    const now = by()
    const key = now && columnsOf(props.table).find(({ id }) => id === now.id)?.key
    return key ? sortedRuns(props.table.runs, key, now.down) : props.table.runs
  })
  return <Table label={t('handed.title')} columns={columns()} rows={rows()} dense />
}

const valueKey =
  (i: number): Key =>
  ({ values }) => {
    const value = values[i]
    return typeof value === 'number' || typeof value === 'string'
      ? value
      : value == null
        ? null
        : short(value)
  }

function sortedRuns(runs: readonly HandedRun[], key: Key, down: boolean): HandedRun[] {
  const order = new Intl.Collator(document.documentElement.lang || undefined, { numeric: true })
  return [...runs].sort((one, other) => {
    const [a, b] = [key(one), key(other)]
    if (a === null || b === null) return Number(a === null) - Number(b === null) || one.at - other.at
    const before =
      typeof a === 'number' && typeof b === 'number' ? a - b : order.compare(String(a), String(b))
    return (down ? -before : before) || one.at - other.at
  })
}

/** With what must be known of it. */
function scoreOf({ score, figure, note }: HandedRun): JSX.Element {
  const said = score
    ? t('handed.scored', { right: formatNumber(score.right), rows: formatNumber(score.rows) })
    : figure
      ? t('handed.perplexity', { value: formatLoss(figure.value) })
      : '–'
  if (!note) return said
  return (
    <>
      {note.kind === 'failed' ? '' : said}
      <span class="cell-note">
        {note.kind === 'failed'
          ? `${note.failure.message} ${note.failure.hint}`
          : note.kind === 'changed'
            ? t('handed.note.changed')
            : t(`handed.note.${note.kind}`, { count: note.rows })}
      </span>
    </>
  )
}
