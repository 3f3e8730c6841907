import { createMemo, createSignal, Show } from 'solid-js'
import type { LabelCount, PreparedInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Table } from '../../components/Table.tsx'
import { formatCount, formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'

const MOST = 20

/** How labels are balanced, and how the examples came to be. */
export function Summary(props: { info: PreparedInfo }) {
  const total = () => (props.info.labels ?? []).reduce((sum, label) => sum + label.count.train, 0)
  const [all, setAll] = createSignal(false)
  const labels = createMemo(() =>
    [...(props.info.labels ?? [])].sort((a, b) => b.count.train - a.count.train),
  )
  const most = () => Math.max(1, ...(props.info.labels ?? []).map((label) => label.count.train))
  const origins = () =>
    (
      Object.entries(props.info.origins ?? {}) as [keyof NonNullable<PreparedInfo['origins']>, number][]
    ).filter(([, count]) => count > 0)
  return (
    <>
      <Show when={(props.info.labels?.length ?? 0) > 0}>
        <h3>{t('labels.title')}</h3>
        <Table<LabelCount>
          dense
          label={t('labels.title')}
          rows={all() ? labels() : labels().slice(0, MOST)}
          columns={[
            { id: 'label', head: t('labels.answer'), cell: (label) => <div class="cell">{label.label}</div> },
            {
              id: 'train',
              head: t('data.train'),
              cell: (label) => (
                <div class="label-bar">
                  <span
                    class="bar-fill"
                    style={{ width: `${(label.count.train / most()) * 60}%` }}
                    aria-hidden="true"
                  />
                  {formatCount(label.count.train)}{' '}
                  <span class="quiet">({formatShare(label.count.train / Math.max(1, total()))})</span>
                </div>
              ),
            },
            {
              id: 'validation',
              head: t('data.validation'),
              number: true,
              cell: (label) => formatCount(label.count.validation),
            },
          ]}
        />
        <Show when={labels().length > MOST && !all()}>
          <div class="row">
            <p class="small quiet">{t('labels.shown', { shown: MOST, count: labels().length })}</p>
            <Button kind="quiet" onClick={() => setAll(true)}>
              {t('labels.all', { count: labels().length })}
            </Button>
          </div>
        </Show>
      </Show>
      <Show when={origins().length > 1}>
        <h3>{t('origins.title')}</h3>
        <Table
          dense
          label={t('origins.title')}
          rows={origins()}
          columns={[
            { id: 'origin', head: t('origins.title'), cell: ([origin]) => t(`origin.${origin}`) },
            {
              id: 'count',
              head: t('labels.examples'),
              number: true,
              cell: ([, count]) => formatCount(count),
            },
          ]}
        />
      </Show>
    </>
  )
}
