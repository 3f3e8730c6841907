import { createEffect, createMemo, createSignal, For, Index, on, Show } from 'solid-js'
import type { ColumnStats, DatasetInfo } from '../../../protocol/studio.ts'
import { Button, IconButton } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { Table } from '../../components/Table.tsx'
import { formatCount, formatNumber } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { COLUMN_PAGE, cellText, cellValue, createRowPages, PAGE, pageStart } from '../../state/data-rows.ts'
import { Pager } from './Pager.tsx'

type Pages = ReturnType<typeof createRowPages>

/** A row to be shown; another object for each time it is asked for. */
export interface SoughtRow {
  /** Row of the data set, 0-based. */
  row: number
}

/** Any page of the rows, as stored (to be edited) or after the steps. */
export function RowsTable(props: { info: DatasetInfo; sought: SoughtRow | null; onClose: () => void }) {
  const { studio, data, announce } = useApp()
  const pages = createRowPages(studio, data)
  const [editing, setEditing] = createSignal<{ row: number; column: string } | null>(null)
  let table: HTMLElement | undefined

  const { columns } = pages

  const places = createMemo(() => new Map(props.info.columns.map(({ name }, at) => [name, at])))
  const cellId = (row: number, column: string) => `cell-${row}-${places().get(column)}`
  const focusCell = (row: number, column: string) =>
    setTimeout(() => document.getElementById(cellId(row, column))?.focus())

  // To the page that holds the row, and once it is here, to the row.
  let awaited: number | null = null
  createEffect(
    on(
      () => props.sought,
      (sought) => {
        if (!sought) return
        awaited = sought.row
        pages.setAfter(false)
        pages.goTo(sought.row)
      },
    ),
  )
  createEffect(
    on([pages.rows, () => props.sought], ([rows]) => {
      const [column] = columns()
      if (awaited === null || column === undefined || !rows.some(({ row }) => row === awaited)) return
      focusCell(awaited, column)
      awaited = null
    }),
  )

  async function save(row: number, column: string, text: string, old: unknown): Promise<void> {
    setEditing(null)
    if (text !== cellText(old)) {
      const done = await data.edit([{ type: 'set', row, column, value: cellValue(text, old) }])
      if (done) announce(t('rows.said.set', { row: data.numberOf(row) }))
    }
    focusCell(row, column)
  }

  async function add(): Promise<void> {
    const at = props.info.rows
    if (!(await data.edit([{ type: 'add', at, values: {} }]))) return
    announce(t('rows.said.added'))
    const [first] = columns()
    pages.goTo(at)
    if (first !== undefined) setEditing({ row: at, column: first })
  }

  async function remove(row: number): Promise<void> {
    if (!(await data.edit([{ type: 'delete', rows: [row] }]))) return
    announce(t('rows.said.deleted', { row: data.numberOf(row) }))
    table?.focus()
  }

  async function undo(): Promise<void> {
    if (await data.undo()) announce(t('rows.said.undone'))
  }

  return (
    <div class="stack">
      <div class="row-between">
        <Segmented
          label={t('rows.which')}
          hideLabel
          value={pages.after() ? 'after' : 'stored'}
          onChange={(value) => pages.setAfter(value === 'after')}
          options={[
            { value: 'stored', label: t('rows.stored') },
            { value: 'after', label: t('rows.after') },
          ]}
        />
        <Button kind="quiet" onClick={() => props.onClose()}>
          {t('rows.first')}
        </Button>
      </div>
      <p class="small quiet">{t(pages.after() ? 'rows.afterHint' : 'rows.editHint')}</p>
      <Show when={pages.failure()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
      <section class="table-scroll tall grid" tabindex="0" aria-label={t('rows.table')} ref={table}>
        <table class="dense">
          <thead>
            <tr>
              <th scope="col" class="figure">
                {t('rows.number')}
              </th>
              <For each={columns()}>{(column) => <th scope="col">{column}</th>}</For>
              <Show when={!pages.after()}>
                <td />
              </Show>
            </tr>
          </thead>
          <tbody>
            {/* By place: a cell keeps its element, and the focus, when the page is read again. */}
            <Index each={pages.rows()}>
              {(shown) => (
                <tr classList={{ sought: !pages.after() && shown().row === props.sought?.row }}>
                  <th scope="row" class="figure quiet">
                    {formatCount(data.numberOf(shown().row))}
                  </th>
                  <For each={columns()}>
                    {(column) => (
                      <td>
                        <Show
                          when={!pages.after()}
                          fallback={<div class="cell">{cellText(shown().values[column])}</div>}
                        >
                          <Show
                            when={editing()?.row === shown().row && editing()?.column === column}
                            fallback={
                              <button
                                type="button"
                                class="cell-button"
                                id={cellId(shown().row, column)}
                                aria-label={`${t('rows.edit', { column, row: data.numberOf(shown().row) })}: ${cellText(shown().values[column]).slice(0, 200) || t('rows.empty')}`}
                                onClick={() => setEditing({ row: shown().row, column })}
                              >
                                <span class="cell">{cellText(shown().values[column])}</span>
                              </button>
                            }
                          >
                            <CellEditor
                              label={t('rows.editing', { column, row: data.numberOf(shown().row) })}
                              value={cellText(shown().values[column])}
                              onSave={(text) => void save(shown().row, column, text, shown().values[column])}
                              onCancel={() => {
                                setEditing(null)
                                focusCell(shown().row, column)
                              }}
                            />
                          </Show>
                        </Show>
                      </td>
                    )}
                  </For>
                  <Show when={!pages.after()}>
                    <td class="figure">
                      <IconButton
                        icon="trash"
                        label={t('rows.delete', { row: data.numberOf(shown().row) })}
                        onClick={() => void remove(shown().row)}
                      />
                    </td>
                  </Show>
                </tr>
              )}
            </Index>
          </tbody>
        </table>
      </section>
      <Show when={pages.columnCount() > COLUMN_PAGE}>
        <Pager
          of="columns"
          offset={pages.columnOffset()}
          size={COLUMN_PAGE}
          total={pages.columnCount()}
          onGo={pages.goToColumn}
        />
      </Show>
      <Pager
        of="rows"
        offset={pages.offset()}
        size={PAGE}
        total={pages.total()}
        onGo={pages.goTo}
        {...(pages.after() ? {} : { placeOf: data.rowOf })}
      />
      <Show when={!pages.after()}>
        <div class="row">
          <Button icon="add" onClick={() => void add()}>
            {t('rows.add')}
          </Button>
          <Button icon="undo" disabled={!props.info.edits} onClick={() => void undo()}>
            {t('action.undo')}
          </Button>
        </div>
      </Show>
      <Stats pages={pages} />
    </div>
  )
}

/** The text of one cell. Enter keeps it, Shift+Enter makes a new line, Escape leaves it as it was. */
function CellEditor(props: {
  label: string
  value: string
  onSave: (text: string) => void
  onCancel: () => void
}) {
  let over = false
  const end = (work: () => void) => {
    if (over) return
    over = true
    work()
  }
  return (
    <textarea
      class="cell-editor"
      aria-label={props.label}
      rows={Math.min(8, Math.max(2, props.value.split('\n').length + Math.floor(props.value.length / 40)))}
      value={props.value}
      ref={(element) =>
        queueMicrotask(() => {
          element.focus()
          element.select()
        })
      }
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation()
          end(props.onCancel)
        } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
          event.preventDefault()
          const text = event.currentTarget.value
          end(() => props.onSave(text))
        }
      }}
      onBlur={(event) => {
        const text = event.currentTarget.value
        end(() => props.onSave(text))
      }}
    />
  )
}

/** What each column holds, counted when someone asks. */
function Stats(props: { pages: Pages }) {
  const [first, setFirst] = createSignal(0)
  return (
    <details class="fold" onToggle={(event) => event.currentTarget.open && void props.pages.count()}>
      <summary>{t('stats.show')}</summary>
      <Show when={props.pages.stats()} fallback={<p class="quiet">{t('stats.counting')}</p>}>
        {(stats) => (
          <>
            <Table<ColumnStats>
              dense
              label={t('stats.show')}
              rows={stats()
                .slice(pageStart(first(), stats().length, COLUMN_PAGE))
                .slice(0, COLUMN_PAGE)}
              columns={[
                { id: 'name', head: t('stats.column'), cell: (column) => column.name },
                {
                  id: 'missing',
                  head: t('stats.missing'),
                  number: true,
                  cell: (column) => formatCount(column.missing),
                },
                {
                  id: 'distinct',
                  head: t('stats.distinct'),
                  number: true,
                  cell: (column) =>
                    column.distinct === null ? t('stats.many') : formatCount(column.distinct),
                },
                {
                  id: 'length',
                  head: t('stats.length'),
                  number: true,
                  cell: ({ length }) =>
                    length &&
                    [length.min, Math.round(length.mean), length.max]
                      .map((value) => formatNumber(value))
                      .join(' · '),
                },
                {
                  id: 'top',
                  head: t('stats.top'),
                  cell: (column) => (
                    <div class="cell">
                      {column.top
                        .slice(0, 4)
                        .map((entry) => `${entry.value.slice(0, 40)} (${formatCount(entry.count)})`)
                        .join('\n')}
                    </div>
                  ),
                },
              ]}
            />
            <Show when={stats().length > COLUMN_PAGE}>
              <Pager
                of="columns"
                offset={pageStart(first(), stats().length, COLUMN_PAGE)}
                size={COLUMN_PAGE}
                total={stats().length}
                onGo={setFirst}
              />
            </Show>
          </>
        )}
      </Show>
    </details>
  )
}
