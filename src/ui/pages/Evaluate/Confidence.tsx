import type { LabelReport, ReliabilityBin, Side } from '../../../protocol/studio.ts'
import { ReliabilityPlot } from '../../charts/ReliabilityPlot.tsx'
import { SaveChart } from '../../charts/SaveChart.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'

/** How far the model's confidence can be trusted. */
export function Confidence(props: { labels: LabelReport; sides: Side[] }) {
  let box!: HTMLDivElement
  const ece = () =>
    props.sides.find(({ name }) => name === 'judged')?.figures.find(({ name }) => name === 'ece')?.value ??
    Number.NaN
  const bins: TableColumn<ReliabilityBin>[] = [
    {
      id: 'sure',
      head: t('sure.confidence'),
      cell: ({ from, to }) => `${formatShare(from)}–${formatShare(to)}`,
    },
    { id: 'right', head: t('sure.accuracy'), cell: ({ accuracy }) => formatShare(accuracy, 1), number: true },
    { id: 'count', head: t('sure.count'), cell: ({ count }) => count, number: true },
  ]
  const temperature = () => {
    const fitted = props.labels.temperature
    return fitted
      ? t(fitted.same ? 'sure.temperatureSame' : 'sure.temperature', {
          count: fitted.rows,
          value: fitted.value.toFixed(2),
        })
      : t('sure.noTemperature')
  }
  return (
    <div class="stack">
      <p class="small quiet">{t('sure.lede')}</p>
      <div class="sure">
        <div ref={box} class="stack-s">
          <ReliabilityPlot
            bins={props.labels.reliability.bins}
            label={t('sure.label', { ece: formatShare(ece(), 1) })}
          />
          <div class="row">
            <SaveChart chart={() => box.querySelector('svg')} name="reliability" />
          </div>
        </div>
        <Table
          label={t('sure.table')}
          columns={bins}
          rows={props.labels.reliability.bins.filter(({ count }) => count > 0)}
          dense
          tall
        />
      </div>
      <p class="small">{temperature()}</p>
    </div>
  )
}
