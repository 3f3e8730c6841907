import { createMemo, For, Show } from 'solid-js'
import { t } from '../messages/t.ts'

/** Labels that are written beside their rows; of more, the pointer tells them. */
const MOST_NAMED = 30
/** Letters of a label that have room. */
const LETTERS = 22
const LETTER = 6.5
/** Sides of a cell: of so few labels that the rows are written in it, of those that are named, and of more. */
const CELLS = [
  [12, 30],
  [MOST_NAMED, 18],
  [Number.POSITIVE_INFINITY, 9],
] as const

/**
 * Rows by what the data says (down) and what was answered (across), the darker the more of a label's rows. Only cells that hold rows are
 * drawn; a press on one opens them. The same figures are in a table beside it, for the keyboard and for reading.
 */
export function ConfusionMatrix(props: {
  names: readonly string[]
  /** [names, names + 1], the last column for none of them. */
  confusion: Uint32Array
  onOpen: (cell: { truth: string; answer: string }) => void
}) {
  const count = () => props.names.length
  const cells = createMemo(() => {
    const width = count() + 1
    return Array.from({ length: count() }, (_, row) => {
      const line = props.confusion.subarray(row * width, (row + 1) * width)
      const total = line.reduce((sum, one) => sum + one, 0)
      return [...line].flatMap((rows, column) =>
        rows === 0 ? [] : [{ row, column, rows, share: rows / total }],
      )
    }).flat()
  })
  const none = () => cells().some(({ column }) => column === count())
  const columns = () => count() + (none() ? 1 : 0)
  const named = () => count() <= MOST_NAMED
  const counted = () => count() <= CELLS[0][0]
  const size = () => CELLS.find(([most]) => count() <= most)![1]
  const longest = () => Math.max(...props.names.map((name) => Math.min(LETTERS, name.length)))
  const margin = () => (named() ? longest() * LETTER + 12 : 4)
  const side = () => ({ width: margin() + columns() * size() + 4, height: margin() + count() * size() + 4 })
  const nameOf = (i: number) => props.names[i] ?? t('matrix.none')
  const short = (name: string) => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name)
  const right = () => cells().reduce((sum, { row, column, rows }) => sum + (row === column ? rows : 0), 0)
  const total = () => cells().reduce((sum, { rows }) => sum + rows, 0)
  const at = (i: number) => margin() + i * size()
  const open = (event: MouseEvent) => {
    const cell = (event.target as Element).closest<SVGElement>('[data-row]')
    if (cell)
      props.onOpen({ truth: nameOf(Number(cell.dataset.row)), answer: nameOf(Number(cell.dataset.column)) })
  }
  return (
    <section class="matrix-scroll" tabindex="0" aria-label={t('matrix.title')}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the table beside it has a button for each cell */}
      <svg
        class="matrix"
        role="img"
        aria-label={t('matrix.label', { count: count(), right: right(), total: total() })}
        viewBox={`0 0 ${side().width} ${side().height}`}
        width={side().width}
        height={side().height}
        onClick={open}
      >
        <rect
          class="matrix-ground"
          x={margin()}
          y={margin()}
          width={columns() * size()}
          height={count() * size()}
        />
        <For each={cells()}>
          {({ row, column, rows, share }) => (
            <rect
              class="matrix-cell"
              classList={{ right: row === column }}
              data-row={row}
              data-column={column}
              x={at(column) + 0.5}
              y={at(row) + 0.5}
              width={size() - 1}
              height={size() - 1}
              fill-opacity={0.25 + 0.75 * share}
            >
              <title>{t('matrix.cell', { truth: nameOf(row), answer: nameOf(column), count: rows })}</title>
            </rect>
          )}
        </For>
        <Show when={counted()}>
          <For each={cells()}>
            {({ row, column, rows, share }) => (
              <text
                class="matrix-count"
                classList={{ strong: share > 0.4 }}
                x={at(column) + size() / 2}
                y={at(row) + size() / 2 + 4}
                text-anchor="middle"
              >
                {rows}
              </text>
            )}
          </For>
        </Show>
        <Show when={named()}>
          <For each={props.names}>
            {(name, i) => (
              <>
                <text class="matrix-name" x={margin() - 6} y={at(i()) + size() / 2 + 4} text-anchor="end">
                  {short(name)}
                </text>
                <text
                  class="matrix-name"
                  transform={`translate(${at(i()) + size() / 2 + 4} ${margin() - 6}) rotate(-90)`}
                >
                  {short(name)}
                </text>
              </>
            )}
          </For>
        </Show>
      </svg>
    </section>
  )
}
