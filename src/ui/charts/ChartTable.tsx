import { createMemo } from 'solid-js'
import { Table, type TableColumn } from '../components/Table.tsx'
import { formatLoss, formatNumber, formatShare } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import type { ChartRun } from './chart-run.ts'
import { FIGURES } from './figures.ts'
import { type TableRow, tableRows } from './rows.ts'

type NamedRow = TableRow & { run: string }

/** The chart's figures as text: every validation, and enough steps between to follow the curve. */
export function ChartTable(props: { runs: ChartRun[]; pulse: number }) {
  const rows = createMemo(() => {
    void props.pulse
    return props.runs.flatMap((run) =>
      tableRows(run.series, 120).map((row): NamedRow => ({ ...row, run: run.name })),
    )
  })
  const columns = (): TableColumn<NamedRow>[] => [
    ...(props.runs.length > 1
      ? [
          {
            id: 'run',
            head: t('chart.run'),
            cell: (row: NamedRow) => row.run,
          } satisfies TableColumn<NamedRow>,
        ]
      : []),
    { id: 'step', head: t('chart.step'), cell: (row) => formatNumber(row.step), number: true },
    {
      id: 'epoch',
      head: t('chart.epoch'),
      cell: (row) => formatNumber(Number(row.epoch.toFixed(2))),
      number: true,
    },
    { id: 'loss', head: t('chart.trainLoss'), cell: (row) => formatLoss(row.loss), number: true },
    {
      id: 'accuracy',
      head: t('chart.trainAccuracy'),
      cell: (row) => formatShare(row.accuracy, 1),
      number: true,
    },
    { id: 'eval', head: t('chart.evalLoss'), cell: (row) => formatLoss(row.evalLoss), number: true },
    {
      id: 'evalAccuracy',
      head: t('chart.evalAccuracy'),
      cell: (row) => formatShare(row.evalAccuracy, 1),
      number: true,
    },
    {
      id: 'rate',
      head: t('field.learning_rate'),
      cell: (row) => FIGURES.rate.format(row.rate),
      number: true,
    },
    { id: 'norm', head: t('chart.norm'), cell: (row) => FIGURES.norm.format(row.norm), number: true },
  ]
  return <Table label={t('chart.tableLabel')} columns={columns()} rows={rows()} dense tall />
}
