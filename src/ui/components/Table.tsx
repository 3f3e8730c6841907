import { For, type JSX, Show } from 'solid-js'
import { Help } from './Help.tsx'

export interface TableColumn<Row> {
  id: string
  head: JSX.Element
  cell: (row: Row, index: number) => JSX.Element
  number?: boolean
  /** Where rows are in an order that a person has chosen: whether it is by this column. */
  sorted?: 'ascending' | 'descending' | undefined
}

/** Rows and columns; wide ones scroll in their own region, which the keyboard reaches. */
export function Table<Row>(props: {
  label: string
  columns: TableColumn<Row>[]
  rows: readonly Row[]
  dense?: boolean
  /** Scrolls within a height of its own, its head staying in sight. */
  tall?: boolean
  /** On a narrow screen the cells of a row lie below one another, each under its column's name. */
  stacks?: boolean
}) {
  return (
    <section
      class="table-scroll"
      classList={{ tall: props.tall ?? false }}
      tabindex="0"
      aria-label={props.label}
    >
      <table classList={{ dense: props.dense ?? false, stacks: props.stacks ?? false }}>
        <thead>
          <tr>
            <For each={props.columns}>
              {(column) => (
                <th scope="col" aria-sort={column.sorted} classList={{ figure: column.number ?? false }}>
                  {column.head}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row, index) => (
              <tr>
                <For each={props.columns}>
                  {(column) => (
                    <td
                      classList={{ figure: column.number ?? false }}
                      data-head={typeof column.head === 'string' ? column.head : undefined}
                    >
                      {column.cell(row, index())}
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </section>
  )
}

/** A figure with its name and unit, and what a term in either means. */
export function Stat(props: {
  label: string
  value: JSX.Element
  unit?: string
  note?: string
  help?: string
}) {
  return (
    <div class="stat">
      <dt>
        {props.label}
        <Show when={props.help}>{(text) => <Help label={props.label} text={text()} />}</Show>
      </dt>
      <dd>
        <span class="stat-value">{props.value}</span>
        <Show when={props.unit}> {props.unit}</Show>
        <Show when={props.note}>
          <span class="stat-note">{props.note}</span>
        </Show>
      </dd>
    </div>
  )
}
