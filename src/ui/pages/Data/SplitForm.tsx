import { For, Show } from 'solid-js'
import { SplitSchema } from '../../../protocol/data-steps.ts'
import { TextField } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { checkNumber, hundredths } from '../../state/fields.ts'

const METHODS = SplitSchema.entries.method.wrapped.options
const STOPS = [0, 5, 10, 15, 20, 25, 30]
const TEST_SHARE = hundredths('data.split.test_share', { stops: STOPS, unit: 'unit.percent' })

/** How rows are held out, beyond how many. */
export function SplitForm(props: { columns: string[] }) {
  const { data } = useApp()
  const split = () => data.recipe().split
  const columns = () => [
    ...(split().column === null ? [{ value: '', label: t('mapping.none') }] : []),
    ...[...new Set([...props.columns, ...(split().column === null ? [] : [split().column as string])])].map(
      (name) => ({ value: name, label: name }),
    ),
  ]
  const values = (text: string) =>
    text
      .split(',')
      .map((value) => value.trim())
      .filter((value) => value !== '')
  return (
    <Fold summary={t('split.title')}>
      <div class="stack">
        <Select
          label={t('split.method')}
          value={split().method}
          onChange={(method) =>
            data.setSplit({
              method,
              ...(method === 'stratified' && split().column === null
                ? { column: data.mapping().response }
                : {}),
            })
          }
          options={METHODS.map((method) => ({
            value: method,
            label: t(`split.${method}`),
            description: t(`split.${method}Note`),
          }))}
        />
        <Show when={split().method !== 'random'}>
          <Select
            label={t('split.by')}
            value={split().column ?? ''}
            onChange={(column) => data.setSplit({ column: column === '' ? null : column })}
            options={columns()}
            {...(split().column === null ? { hint: t('split.needsColumn') } : {})}
          />
        </Show>
        <Show
          when={split().method === 'column'}
          fallback={
            <NumberField
              label={t('split.test')}
              help={t('split.testHelp')}
              slider
              limits={TEST_SHARE}
              value={Number((split().test_share * 100).toFixed(4))}
              onChange={(percent) => {
                if (!checkNumber(percent, TEST_SHARE))
                  data.setSplit({ test_share: Number((percent / 100).toFixed(6)) })
              }}
            />
          }
        >
          <For each={['validation', 'test'] as const}>
            {(which) => (
              <TextField
                label={t(`split.${which}Values`)}
                hint={t('split.valuesHint')}
                value={split()[`${which}_values`].join(', ')}
                onCommit={(text) => data.setSplit({ [`${which}_values`]: values(text) })}
              />
            )}
          </For>
        </Show>
      </div>
    </Fold>
  )
}
