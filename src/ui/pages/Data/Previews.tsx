import { createEffect, createSignal, on, Show } from 'solid-js'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { LengthHistogram } from '../../charts/Histogram.tsx'
import { Button } from '../../components/Button.tsx'
import { Table } from '../../components/Table.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { cellText, FIRST_COLUMNS, mappedFirst } from '../../state/data-rows.ts'
import { NotYet } from './NotYet.tsx'
import { RowsTable, type SoughtRow } from './RowsTable.tsx'
import { Summary } from './Summary.tsx'

/** The first five rows, with what kind of column each is; or the page that holds the row asked for. */
export function RowsView(props: { info: DatasetInfo; sought: SoughtRow | null; onFirst: () => void }) {
  const [all, setAll] = createSignal(false)
  createEffect(
    on(
      () => props.sought,
      (sought) => sought && setAll(true),
    ),
  )
  return (
    <Show when={all()} fallback={<FirstRows info={props.info} onAll={() => setAll(true)} />}>
      <RowsTable
        info={props.info}
        sought={props.sought}
        onClose={() => {
          setAll(false)
          props.onFirst()
        }}
      />
    </Show>
  )
}

function FirstRows(props: { info: DatasetInfo; onAll: () => void }) {
  const { data } = useApp()
  const columns = () => {
    const names = props.info.columns.map((column) => column.name)
    const known = new Map(props.info.columns.map((column) => [column.name, column]))
    return mappedFirst(names, data.mapping())
      .slice(0, FIRST_COLUMNS)
      .map((name) => known.get(name)!)
  }
  return (
    <div class="stack">
      <Table<Record<string, unknown>>
        label={t('data.firstRows')}
        rows={props.info.preview.slice(0, 5)}
        columns={columns().map((column) => ({
          id: column.name,
          head: (
            <>
              {column.name}
              <span class="type">
                {t(`column.${column.type}`)}
                {column.missing > 0 ? ` · ${t('column.missing', { count: column.missing })}` : ''}
              </span>
            </>
          ),
          cell: (row) => <div class="cell">{cellText(row[column.name])}</div>,
        }))}
      />
      <p class="small quiet">
        {t('data.shown', { shown: Math.min(5, props.info.preview.length), count: props.info.rows })}
        <Show when={props.info.columns.length > FIRST_COLUMNS}>
          {' '}
          {t('columns.first', { shown: FIRST_COLUMNS, count: props.info.columns.length })}
        </Show>
        <Show when={props.info.splitGuess?.column}>
          {(column) => <> {t('data.shownToLearn', { column: column() })}</>}
        </Show>
      </p>
      <Button class="start" onClick={() => props.onAll()}>
        {t('rows.browse')}
      </Button>
    </div>
  )
}

export function LengthView() {
  const { data } = useApp()
  return (
    <Show when={data.prepared()} fallback={<NotYet />}>
      {(info) => (
        <div class="stack">
          <LengthHistogram edges={info().histogram.edges} counts={info().histogram.counts} />
          <p class="small quiet">{t('lengths.note')}</p>
          <Summary info={info()} />
        </div>
      )}
    </Show>
  )
}
