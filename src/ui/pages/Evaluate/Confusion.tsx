import { createMemo, createSignal, Show } from 'solid-js'
import type { LabelReport } from '../../../protocol/studio.ts'
import { ConfusionMatrix } from '../../charts/ConfusionMatrix.tsx'
import { SaveChart } from '../../charts/SaveChart.tsx'
import { Button } from '../../components/Button.tsx'
import { Checkbox } from '../../components/Field.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { t } from '../../messages/t.ts'

/** Rows of one label that were answered with one. */
export interface Cell {
  truth: string
  answer: string
}

/** What is taken for what, as a picture and as a table; each cell opens its rows. */
export function Confusion(props: { labels: LabelReport; onOpen: (cell: Cell) => void }) {
  const [asTable, setAsTable] = createSignal(false)
  let box!: HTMLDivElement
  const names = () => props.labels.classes.map(({ label }) => label)
  const occurring = createMemo(() => occurringOf(names(), props.labels.confusion))
  const pairs = () => pairsOf(names(), props.labels.confusion)
  const columns: TableColumn<Cell & { count: number }>[] = [
    { id: 'truth', head: t('matrix.truth'), cell: ({ truth }) => truth },
    { id: 'answer', head: t('matrix.answer'), cell: ({ answer }) => answer },
    {
      id: 'count',
      head: t('matrix.count'),
      number: true,
      cell: (cell) => (
        <Button
          kind="quiet"
          class="small"
          aria-label={t('matrix.open', { truth: cell.truth, answer: cell.answer })}
          onClick={() => props.onOpen(cell)}
        >
          {cell.count}
        </Button>
      ),
    },
  ]
  return (
    <div class="stack-s confusion">
      <h3>{t('matrix.title')}</h3>
      <p class="small quiet">{t('matrix.lede')}</p>
      <Show
        when={!asTable()}
        fallback={<Table label={t('matrix.table')} columns={columns} rows={pairs()} dense tall />}
      >
        <div ref={box}>
          <ConfusionMatrix {...occurring()} onOpen={props.onOpen} />
        </div>
      </Show>
      <div class="row">
        <Checkbox label={t('matrix.asTable')} checked={asTable()} onChange={setAsTable} />
        <Show when={!asTable()}>
          <SaveChart chart={() => box.querySelector('svg')} name="confusion" />
        </Show>
      </div>
    </div>
  )
}

/** Labels that some row asks for or was answered with, in their order: others would be empty lines. */
function occurringOf(names: readonly string[], confusion: Uint32Array) {
  const width = names.length + 1
  const at = (row: number, column: number) => confusion[row * width + column]!
  const kept = [...names.keys()].filter((i) =>
    [...Array(width).keys()].some((j) => at(i, j) > 0 || (j < names.length && at(j, i) > 0)),
  )
  const columns = [...kept, names.length]
  return {
    names: kept.map((i) => names[i]!),
    confusion: Uint32Array.from(kept.flatMap((row) => columns.map((column) => at(row, column)))),
  }
}

/** Cells that hold rows: wrong ones first, the most frequent of them first. */
function pairsOf(names: readonly string[], confusion: Uint32Array): (Cell & { count: number })[] {
  const width = names.length + 1
  const pairs: (Cell & { count: number })[] = []
  for (const [i, count] of confusion.entries()) {
    const [row, column] = [Math.floor(i / width), i % width]
    if (count > 0) pairs.push({ truth: names[row]!, answer: names[column] ?? t('matrix.none'), count })
  }
  return pairs.sort(
    (a, b) => Number(a.truth === a.answer) - Number(b.truth === b.answer) || b.count - a.count,
  )
}
