import { Show } from 'solid-js'
import type { LabelsRequest, LabelView } from '../../../protocol/studio.ts'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { Looked } from './Looked.tsx'

type Row = LabelView['labels'][number]

/** How likely each label is as the answer to a question, before and after training, the likeliest first. */
export function LabelChances(props: { of: LabelsRequest }) {
  const { evaluations, runs } = useApp()
  /** The likeliest label where it is less sure than the threshold of this run's evaluations; labels are held here by the sum. */
  const silent = ({ labels }: LabelView) => {
    const run = runs.byId(props.of.run)
    if (!run) return null
    const { abstain, choice } = evaluations.setupOf(run)
    const likeliest = labels.reduce((best, one) => (one.tuned > best.tuned ? one : best))
    return choice === 'sum' && likeliest.tuned < abstain ? { ...likeliest, abstain } : null
  }
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
          <Show when={silent(view)}>
            {(found) => (
              <p>
                {t('labels.silent', {
                  label: found().label,
                  share: formatShare(found().tuned, 1),
                  threshold: formatShare(found().abstain),
                })}
              </p>
            )}
          </Show>
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
