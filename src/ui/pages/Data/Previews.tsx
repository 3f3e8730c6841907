import { createSignal, For, Show } from 'solid-js'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { LengthHistogram } from '../../charts/Histogram.tsx'
import { Button } from '../../components/Button.tsx'
import { Table } from '../../components/Table.tsx'
import { TokenLegend, TokenText } from '../../components/TokenText.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { cellText } from '../../state/data-rows.ts'
import { RowsTable } from './RowsTable.tsx'
import { Summary } from './Summary.tsx'

/** The first five rows, with what kind of column each is. */
export function RowsView(props: { info: DatasetInfo }) {
  const [all, setAll] = createSignal(false)
  return (
    <Show when={all()} fallback={<FirstRows info={props.info} onAll={() => setAll(true)} />}>
      <RowsTable info={props.info} onClose={() => setAll(false)} />
    </Show>
  )
}

function FirstRows(props: { info: DatasetInfo; onAll: () => void }) {
  return (
    <div class="stack">
      <Table<Record<string, unknown>>
        label={t('data.firstRows')}
        rows={props.info.preview.slice(0, 5)}
        columns={props.info.columns.map((column) => ({
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
      </p>
      <Button class="start" onClick={() => props.onAll()}>
        {t('rows.browse')}
      </Button>
    </div>
  )
}

/** Examples as the model will see them, what is learnt told apart from what is only read. */
export function TokensView() {
  const { data } = useApp()
  const [shown, setShown] = createSignal(5)
  return (
    <Show when={data.prepared()} fallback={<NotYet />}>
      {(info) => (
        <div class="stack">
          <TokenLegend lost={info().samples.some((sample) => (sample.cut ?? 0) > 0)} />
          <For each={info().samples.slice(0, shown())}>
            {(sample) => (
              <div class="example stack-s">
                <div class="row">
                  <h3 class="label">{t('finding.row', { row: sample.row + 1 })}</h3>
                  <Show when={sample.split}>
                    {(split) => <span class="small quiet">{t(`sample.split.${split()}`)}</span>}
                  </Show>
                  <Show when={sample.origin && sample.origin !== 'data' ? sample.origin : null}>
                    {(origin) => <span class="badge-plain">{t(`origin.${origin()}`)}</span>}
                  </Show>
                </div>
                <TokenText pieces={sample.pieces} lost={sample.lost} />
                <Show when={(sample.cut ?? 0) > 0}>
                  <p class="small cut-note">{t('sample.cut', { count: sample.cut ?? 0 })}</p>
                </Show>
              </div>
            )}
          </For>
          <Show when={shown() < info().samples.length}>
            <Button class="start" onClick={() => setShown(shown() + 10)}>
              {t('sample.more')}
            </Button>
          </Show>
        </div>
      )}
    </Show>
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

function NotYet() {
  const { data } = useApp()
  return (
    <p class="quiet">
      {t(data.preparing() ? 'data.preparing' : data.mapped() ? 'data.notPrepared' : 'data.notMapped')}
    </p>
  )
}
