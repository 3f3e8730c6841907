import type {
  BesideSide,
  ClassFigures,
  EvaluationReport,
  Figure,
  FigureName,
  Side,
} from '../../../protocol/studio.ts'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatFigure, formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { RunsState } from '../../state/runs.ts'

/** Figures that are no shares of one. */
const PLAIN: ReadonlySet<FigureName> = new Set(['perplexity', 'chrf'])

function shown(name: FigureName, value: number): string {
  return PLAIN.has(name) ? formatFigure(value) : formatShare(value, 1)
}

/** Another run by its name, another model by its own. */
export function besideName(
  { run, step, model }: BesideSide,
  runs: Pick<RunsState, 'byId' | 'label'>,
): string {
  const known = runs.byId(run)
  return step === null || !known
    ? t('good.besideModel', { model })
    : t('good.besideRun', { run: runs.label(known), step })
}

/** Every figure with its interval, a column for each who answers. */
export function FigureTable(props: { report: EvaluationReport }) {
  const { runs } = useApp()
  const names = () => [
    ...new Set(props.report.sides.flatMap(({ figures }) => figures.map(({ name }) => name))),
  ]
  const cell = (figure: Figure | undefined) =>
    figure
      ? `${shown(figure.name, figure.value)} [${shown(figure.name, figure.low)}, ${shown(figure.name, figure.high)}]`
      : '—'
  const columns = (): TableColumn<FigureName>[] => [
    { id: 'name', head: t('good.figure'), cell: (name) => t(`good.figure.${name}`) },
    ...props.report.sides.map(
      (side: Side): TableColumn<FigureName> => ({
        id: side.name,
        head: t(`good.side.${side.name}`),
        cell: (name) => cell(side.figures.find((figure) => figure.name === name)),
        number: true,
      }),
    ),
    ...props.report.beside.map(
      (side, i): TableColumn<FigureName> => ({
        id: `beside-${i}`,
        head: besideName(side, runs),
        cell: (name) => cell(side.figures.find((figure) => figure.name === name)),
        number: true,
      }),
    ),
  ]
  const { resamples, seed } = props.report.bootstrap
  return (
    <div class="stack-s">
      <Table label={t('good.figures')} columns={columns()} rows={names()} dense stacks />
      <p class="small quiet">
        {t('good.interval', { count: resamples, seed: String(seed) })}
        {props.report.sides.some(({ name }) => name === 'nearest') && ` ${t('good.sides')}`}
      </p>
    </div>
  )
}

/** Precision, recall and F1 of each label, those first that are known least. */
export function ClassTable(props: { classes: ClassFigures[] }) {
  const rows = () =>
    [...props.classes].sort((a, b) => Number(b.support > 0) - Number(a.support > 0) || a.f1 - b.f1)
  const share = (value: number | null) => (value === null ? '—' : formatShare(value, 1))
  const columns: TableColumn<ClassFigures>[] = [
    {
      id: 'label',
      head: t('classes.label'),
      cell: ({ label, seen }) => `${label}${seen ? '' : ` ${t('classes.unseen')}`}`,
    },
    { id: 'support', head: t('classes.support'), cell: ({ support }) => support, number: true },
    {
      id: 'precision',
      head: t('classes.precision'),
      cell: ({ precision }) => share(precision),
      number: true,
    },
    { id: 'recall', head: t('classes.recall'), cell: ({ recall }) => share(recall), number: true },
    { id: 'f1', head: t('classes.f1'), cell: ({ f1 }) => share(f1), number: true },
    { id: 'auc', head: t('classes.auc'), cell: ({ rocAuc }) => share(rocAuc), number: true },
  ]
  return <Table label={t('classes.table')} columns={columns} rows={rows()} dense tall />
}
