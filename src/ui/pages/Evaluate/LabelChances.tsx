import type { LabelsRequest, LabelView } from '../../../protocol/studio.ts'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { Looked } from './Looked.tsx'

type Row = LabelView['labels'][number]

/** How likely each label is as the answer to a question, before and after training, the likeliest first. */
export function LabelChances(props: { of: LabelsRequest }) {
  const { evaluations } = useApp()
  const columns = (step: number): TableColumn<Row>[] => [
    { id: 'label', head: t('classes.label'), cell: ({ label }) => <span class="wrap">{label}</span> },
    { id: 'base', head: t('chance.base'), cell: ({ base }) => formatShare(base, 1), number: true },
    {
      ...{ id: 'tuned', head: t('chance.after', { step }), number: true },
      cell: ({ tuned }) => formatShare(tuned, 1),
    },
  ]
  return (
    <Looked
      of={JSON.stringify(props.of)}
      look={(of: LabelsRequest, signal) => evaluations.labels(of, signal)}
      looking={t('chance.looking')}
    >
      {(view) => (
        <div class="stack-s">
          <p class="small quiet">{t('labels.lede')}</p>
          <Table
            label={t('labels.table')}
            columns={columns(view.step)}
            rows={[...view.labels].sort((a, b) => b.tuned - a.tuned)}
            dense
            tall
          />
        </div>
      )}
    </Looked>
  )
}
