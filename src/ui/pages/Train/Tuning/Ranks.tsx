import { Show } from 'solid-js'
import type { Queue, RankMetric, Trial } from '../../../../protocol/studio.ts'
import type { Ranked } from '../../../../runs/ranking.ts'
import { Help } from '../../../components/Help.tsx'
import { Table, type TableColumn } from '../../../components/Table.tsx'
import { formatLoss, formatShare } from '../../../messages/format.ts'
import { t } from '../../../messages/t.ts'
import { fieldName, short } from '../../../state/run-labels.ts'

/** A score in its unit. */
export function formatScore(metric: RankMetric, value: number): string {
  return metric === 'eval_loss' ? formatLoss(value) : formatShare(value, 1)
}

/** A value that was tried, as people read it. */
export function shownValue({ field, value }: Trial['set'][number]): string {
  return field === 'data.train_share' ? t('tune.share', { share: formatShare(Number(value)) }) : short(value)
}

/** A run of a queue as the page names it. */
export function trialName({ set, seed }: Pick<Trial, 'set' | 'seed'>): string {
  const values = set.map((one) =>
    one.field === 'data.train_share' ? shownValue(one) : `${fieldName(one.field)} ${shownValue(one)}`,
  )
  const parts = [...values, ...(seed === null ? [] : [t('tune.seed', { seed: String(seed) })])]
  return parts.length > 0 ? parts.join(', ') : t('tune.asSetUp')
}

/** Settings with mean and spread over their seeds. */
export function Ranks(props: { queue: Queue; ranked: readonly Ranked[] }) {
  const fields = () => [...new Set(props.queue.trials.flatMap(({ set }) => set.map(({ field }) => field)))]
  const seeded = () => props.ranked.some(({ members }) => members.length > 1)
  const columns = (): TableColumn<Ranked>[] => [
    ...(props.queue.kind === 'sweep'
      ? [{ id: 'rank', head: t('tune.rank'), cell: ({ rank }: Ranked) => rank ?? '–', number: true }]
      : []),
    ...fields().map(
      (field): TableColumn<Ranked> => ({
        id: field,
        head: field === 'data.train_share' ? t('tune.byRows') : fieldName(field),
        cell: ({ set }) => {
          const one = set.find((each) => each.field === field)
          return one ? shownValue(one) : ''
        },
      }),
    ),
    ...(fields().length === 0 ? [{ id: 'set', head: t('tune.field'), cell: () => t('tune.asSetUp') }] : []),
    {
      id: 'mean',
      head: seeded() ? t('tune.mean') : t('tune.score'),
      cell: ({ mean }) => (mean === null ? '–' : formatScore(props.queue.metric, mean)),
      number: true,
    },
    ...(seeded()
      ? [
          {
            id: 'spread',
            head: t('tune.spread'),
            cell: ({ spread }: Ranked) =>
              spread === null ? '–' : `± ${formatScore(props.queue.metric, spread)}`,
            number: true,
          },
          {
            id: 'runs',
            head: t('tune.runs'),
            cell: ({ count, members }: Ranked) => `${count} / ${members.length}`,
            number: true,
          },
        ]
      : []),
    {
      id: 'note',
      head: <span class="visually-hidden">{t('tune.note')}</span>,
      cell: (one) => (
        <Show when={props.queue.kind === 'sweep'}>
          <Show when={one.near} fallback={<Show when={one.rank === 1}>{<b>{t('tune.best')}</b>}</Show>}>
            <span class="quiet">{t('tune.near')}</span>{' '}
            <Help label={t('tune.near')} text={t('tune.nearHelp')} />
          </Show>
        </Show>
      ),
    },
  ]
  return (
    <div class="stack-s">
      <p class="small quiet">{t(`tune.metric.${props.queue.metric}`)}</p>
      <Table
        label={props.queue.kind === 'sweep' ? t('tune.ranked') : t('tune.byRows')}
        columns={columns()}
        rows={props.ranked}
        dense
      />
    </div>
  )
}
