import { createMemo, Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { type Difference, tellingDifferences } from '../../../runs/compare.ts'
import { bestOf } from '../../charts/curves.ts'
import { createPulse } from '../../charts/pulse.ts'
import { Section } from '../../components/Page.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatDuration, formatLoss, formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { fieldName, short, shownSetting } from '../../state/run-labels.ts'

interface Row {
  what: string
  values: string[]
}

/** Runs side by side: first what differs in their recipes, then what came of it. */
export function Compare(props: { runs: RunInfo[] }) {
  const { runs, models } = useApp()
  const seriesOf = (run: RunInfo) => runs.view(run.id)?.series ?? null
  const pulse = createPulse(() =>
    props.runs.flatMap((run) => {
      const series = seriesOf(run)
      return series ? [{ series }] : []
    }),
  )
  const differing = createMemo(() => tellingDifferences(props.runs.map(({ config }) => config)))

  const modelName = (id: unknown) => models.list().find((known) => known.id === id)?.name ?? short(id)
  const inRecipe = ({ field, values }: Difference): Row => {
    if (field === 'model.id') return { what: t('compare.model'), values: values.map(modelName) }
    if (field === 'data.name') return { what: t('compare.data'), values: values.map(short) }
    if (field === 'data.hash')
      return { what: t('compare.content'), values: values.map((value) => short(value).slice(0, 8)) }
    return { what: fieldName(field), values: values.map((value) => shownSetting(field, value)) }
  }
  const outcome = (what: string, of: (run: RunInfo) => string): Row => ({ what, values: props.runs.map(of) })
  const last = (run: RunInfo, track: 'training' | 'validation', name: string) =>
    seriesOf(run)?.[track].column(name).view().at(-1) ?? Number.NaN
  const best = (run: RunInfo) => {
    const series = seriesOf(run)
    const point = series && bestOf({ id: run.id, name: '', series }, 'steps')
    return point ? t('compare.bestAt', { loss: formatLoss(point.loss), step: point.x }) : '—'
  }
  const rows = (): Row[] => {
    pulse()
    return [
      ...differing().map(inRecipe),
      outcome(t('compare.evalLoss'), (run) => formatLoss(last(run, 'validation', 'eval_loss'))),
      outcome(t('compare.bestLoss'), best),
      outcome(t('compare.accuracy'), (run) => formatShare(last(run, 'validation', 'mean_token_accuracy'), 1)),
      outcome(t('compare.trainLoss'), (run) => formatLoss(last(run, 'training', 'loss'))),
      outcome(t('compare.steps'), (run) =>
        t('export.stepsOf', {
          step: seriesOf(run)?.training.steps.view().at(-1) ?? run.step,
          count: run.maxSteps,
        }),
      ),
      outcome(t('compare.time'), (run) => (run.seconds > 0 ? formatDuration(run.seconds) : '—')),
    ]
  }
  const columns = (): TableColumn<Row>[] => [
    { id: 'what', head: t('compare.what'), cell: (row) => row.what },
    ...props.runs.map(
      (run, index): TableColumn<Row> => ({
        id: run.id,
        head: runs.label(run),
        cell: (row) => row.values[index],
        number: true,
      }),
    ),
  ]
  return (
    <Section title={t('compare.title')} lede={t('compare.lede')}>
      <Show when={differing().length === 0}>
        <p class="hint">{t('compare.same')}</p>
      </Show>
      <div class="compare">
        <Table label={t('compare.table')} columns={columns()} rows={rows()} dense stacks />
      </div>
    </Section>
  )
}
