import { Show } from 'solid-js'
import type { EvaluationOutlook, RunInfo, TaskKind } from '../../../protocol/studio.ts'
import { Fold } from '../../components/Fold.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { RowsChoice } from '../../state/evaluations.ts'
import type { NumberLimits } from '../../state/fields.ts'

const KINDS: readonly TaskKind[] = ['labels', 'json', 'calls', 'text', 'plain']
const ROWS: NumberLimits = { min: 1, max: 1_000_000, whole: true }

/** Which rows, and how they are judged. */
export function JudgingSetup(props: { run: RunInfo; outlook: EvaluationOutlook | null; disabled: boolean }) {
  const { data, evaluations } = useApp()
  void data.loadLists()
  const setup = () => evaluations.setupOf(props.run)
  const others = () =>
    data.stored().filter(({ hash, synthetic }) => hash !== props.run.config.data.hash && !synthetic)
  const change = (part: Parameters<typeof evaluations.change>[1]) => evaluations.change(props.run.id, part)
  const options = () => [
    { value: 'test' as RowsChoice, label: t('good.rows.test') },
    { value: 'validation' as RowsChoice, label: t('good.rows.validation') },
    ...others().map(({ id, name, rows }) => ({
      value: `data:${id}` as RowsChoice,
      label: t('good.rows.data', { name, count: rows }),
    })),
  ]
  const kindOf = () => setup().kind ?? props.outlook?.task.kind ?? 'text'
  return (
    <div class="stack">
      <div class="run-picker">
        <Select
          label={t('good.rows')}
          value={setup().rows}
          options={options()}
          disabled={props.disabled}
          onChange={(rows) => change({ rows })}
        />
      </div>
      <Fold summary={t('good.options')} small>
        <div class="stack judging-options">
          <Select
            label={t('good.task')}
            value={kindOf()}
            disabled={props.disabled}
            options={KINDS.map((kind) => ({
              value: kind,
              label:
                kind === props.outlook?.guess
                  ? t('good.task.guess', { name: t(`good.task.${kind}`) })
                  : t(`good.task.${kind}`),
            }))}
            onChange={(kind) => change({ kind: kind === props.outlook?.guess ? null : kind })}
          />
          <Show when={kindOf() === 'labels'}>
            <Segmented
              label={t('good.choice')}
              value={setup().choice}
              disabled={props.disabled}
              options={(['sum', 'mean'] as const).map((value) => ({
                value,
                label: t(`good.choice.${value}`),
              }))}
              onChange={(choice) => change({ choice })}
            />
            <p class="hint">{t('good.choiceHelp')}</p>
          </Show>
          <NumberField
            label={t('good.limit')}
            help={t('good.limitHelp')}
            limits={ROWS}
            value={setup().limit}
            disabled={props.disabled}
            onChange={(limit) => Number.isInteger(limit) && limit > 0 && change({ limit })}
          />
        </div>
      </Fold>
    </div>
  )
}
