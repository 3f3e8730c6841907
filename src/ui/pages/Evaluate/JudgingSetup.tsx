import { For, Show } from 'solid-js'
import type { EvaluationOutlook, RunInfo, TaskKind } from '../../../protocol/studio.ts'
import { BENCHMARKS, benchmark } from '../../../runs/benchmarks.ts'
import { Button } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { Select } from '../../components/Select.tsx'
import { gap, sentences } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { benchmarkOf, type RowsChoice } from '../../state/evaluations.ts'
import type { NumberLimits } from '../../state/fields.ts'

const KINDS: readonly TaskKind[] = ['labels', 'json', 'calls', 'text', 'plain']
const ROWS: NumberLimits = { min: 1, max: 1_000_000, whole: true }

/** Which rows, and how they are judged. */
export function JudgingSetup(props: { run: RunInfo; outlook: EvaluationOutlook | null; disabled: boolean }) {
  const { data, evaluations, models } = useApp()
  void data.loadLists()
  const setup = () => evaluations.setupOf(props.run)
  const others = () =>
    data.stored().filter(({ hash, synthetic }) => hash !== props.run.config.data.hash && !synthetic)
  const change = (part: Parameters<typeof evaluations.change>[1]) => evaluations.change(props.run.id, part)
  const options = () => [
    { value: 'test' as RowsChoice, label: t('good.rows.test') },
    { value: 'validation' as RowsChoice, label: t('good.rows.validation') },
    ...BENCHMARKS.map(({ id, rows }) => ({
      value: `benchmark:${id}` as RowsChoice,
      label: t('good.rows.data', { name: t(`bench.${id}`), count: rows }),
    })),
    ...others().map(({ id, name, rows }) => ({
      value: `data:${id}` as RowsChoice,
      label: t('good.rows.data', { name, count: rows }),
    })),
  ]
  const chosen = () => {
    const id = benchmarkOf(setup().rows)
    return id && benchmark(id)
  }
  const kindOf = () => chosen()?.kind ?? setup().kind ?? props.outlook?.task.kind ?? 'text'
  /** What it is judged as where nobody says otherwise here. */
  const own = () => props.run.config.data.task ?? props.outlook?.guess
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
      <fieldset class="row">
        <legend class="small quiet">{t('bench.label')}</legend>
        <For each={BENCHMARKS}>
          {({ id }) => (
            <Button
              kind="quiet"
              class="small"
              aria-pressed={chosen()?.id === id}
              disabled={props.disabled}
              onClick={() => change({ rows: `benchmark:${id}` })}
            >
              {t(`bench.${id}`)}
            </Button>
          )}
        </For>
      </fieldset>
      <Show when={chosen()}>
        {(set) => (
          <p class="hint">
            {sentences(t(`bench.${set().id}Note`), t('bench.never'))}
            {gap(t('bench.never'))}
            <Show when={set().from}>
              {(from) => (
                <a href={from().url} target="_blank" rel="noreferrer">
                  {t('bench.from', { title: from().title, by: from().by, licence: from().licence })}
                </a>
              )}
            </Show>
          </p>
        )}
      </Show>
      <Fold summary={t('good.options')} small>
        <div class="stack judging-options">
          <Show when={!chosen()}>
            <Select
              label={t('good.task')}
              value={kindOf()}
              disabled={props.disabled}
              options={KINDS.map((kind) => ({
                value: kind,
                label:
                  kind === own()
                    ? t(props.run.config.data.task ? 'good.task.run' : 'good.task.guess', {
                        name: t(`good.task.${kind}`),
                      })
                    : t(`good.task.${kind}`),
              }))}
              onChange={(kind) => change({ kind: kind === own() ? null : kind })}
            />
          </Show>
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
          <Show when={models.list().length > 1}>
            <Select
              label={t('good.other')}
              help={t('good.otherHelp')}
              value={evaluations.otherRequest(props.run)?.model ?? ''}
              disabled={props.disabled}
              options={[
                { value: '', label: t('good.other.none') },
                ...models
                  .list()
                  .filter(({ id }) => id !== props.run.model)
                  .map(({ id, name }) => ({ value: id, label: name })),
              ]}
              onChange={(other) => change({ other })}
            />
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
