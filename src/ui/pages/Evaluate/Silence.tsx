import type { Abstention, LabelReport, RunInfo } from '../../../protocol/studio.ts'
import { Fold } from '../../components/Fold.tsx'
import { StopsSlider } from '../../components/Slider.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Every so many of the thresholds stands in the table. */
const TABLED = 5

/** What it buys if the model is silent where it is less sure than a person wants, who draws the line. */
export function Silence(props: { run: RunInfo; labels: LabelReport; rows: number }) {
  const { evaluations } = useApp()
  const threshold = () => evaluations.setupOf(props.run).abstain
  const stops = () => props.labels.abstention.map((one) => one.threshold)
  const at = () =>
    props.labels.abstention.reduce((best, one) =>
      Math.abs(one.threshold - threshold()) < Math.abs(best.threshold - threshold()) ? one : best,
    )
  const counts = ({ answered, accuracy }: Abstention) => {
    const count = Math.round(answered * props.rows)
    return {
      answered: count,
      right: Math.round(count * (accuracy ?? 0)),
      share: formatShare(accuracy ?? 0, 1),
    }
  }
  const said = () => {
    const now = counts(at())
    const all = counts(props.labels.abstention[0]!)
    if (now.answered === 0) return t('silent.none', { count: props.rows })
    return now.answered === all.answered
      ? t('silent.all', { ...now, count: props.rows })
      : t('silent.buys', { ...now, count: props.rows, allRight: all.right, allShare: all.share })
  }
  const columns: TableColumn<Abstention>[] = [
    { id: 'above', head: t('silent.threshold'), cell: ({ threshold }) => formatShare(threshold) },
    {
      id: 'answered',
      head: t('silent.answered'),
      cell: ({ answered }) => formatShare(answered),
      number: true,
    },
    {
      id: 'right',
      head: t('silent.accuracy'),
      cell: ({ accuracy }) => (accuracy === null ? '—' : formatShare(accuracy, 1)),
      number: true,
    },
  ]
  return (
    <div class="stack">
      <p class="small quiet">{t('silent.lede')}</p>
      <div class="field silence">
        <div class="field-head">
          <span>{t('silent.threshold')}</span>
          <b class="push">{formatShare(threshold())}</b>
        </div>
        <StopsSlider
          label={t('silent.threshold')}
          stops={stops()}
          value={threshold()}
          describe={(value) => formatShare(value)}
          onChange={(abstain) => evaluations.change(props.run.id, { abstain })}
        />
      </div>
      <p role="status" data-testid="silence">
        {said()}
      </p>
      <p class="small quiet">{t('silent.honest')}</p>
      <Fold summary={t('silent.table')} small>
        <Table
          label={t('silent.table')}
          columns={columns}
          rows={props.labels.abstention.filter((_, i) => i % TABLED === 0)}
          dense
          tall
        />
      </Fold>
    </div>
  )
}
