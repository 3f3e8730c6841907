import { createEffect, createMemo, createSignal, For, on, Show } from 'solid-js'
import { toFailure } from '../../../protocol/errors.ts'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { fillTemplate, parseTemplate } from '../../../protocol/template.ts'
import { Button } from '../../components/Button.tsx'
import { TextField } from '../../components/Field.tsx'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { cellText } from '../../state/data-rows.ts'

/** Most different answers that count as labels. */
const MOST_LABELS = 30

/** What a pair of columns can do beyond question and answer: a further column, a template, words for labels. */
export function MappingMore(props: { info: DatasetInfo; columns: string[] }) {
  const { data, studio } = useApp()
  const [values, setValues] = createSignal<string[] | 'many' | null>(null)
  const response = createMemo(() => data.mapping().response)
  // Values of one column are not those of another.
  createEffect(on(response, () => setValues(null), { defer: true }))
  const template = () => data.mapping().template ?? ''
  const rows = () => data.stepsReport()?.preview ?? props.info.preview

  /** The template's first row, or what is wrong with it. */
  const filled = createMemo(() => {
    if (template().trim() === '') return null
    try {
      const row = rows()[0] ?? {}
      const result = fillTemplate(
        parseTemplate(template(), props.columns),
        (column) => cellText(row[column]) || null,
      )
      return 'text' in result
        ? { text: result.text }
        : { text: t('mapping.previewMissing', { column: result.missing }) }
    } catch (error) {
      const { message, hint } = toFailure(error)
      return { error: `${message} ${hint}` }
    }
  })
  const error = () => {
    const found = filled()
    return found && 'error' in found ? found.error : null
  }
  const preview = () => {
    const found = filled()
    return found && 'text' in found ? found.text : null
  }

  async function findValues(): Promise<void> {
    const column = data.mapping().response
    const stats = await studio.data.columnStats(props.info.id).catch(() => [])
    const found = stats.find((entry) => entry.name === column)
    if (!found || found.distinct === null || found.distinct > MOST_LABELS) setValues('many')
    else if (found.distinct <= found.top.length) setValues(found.top.map((entry) => entry.value))
    else {
      const counts = data.prepared()?.labels?.map((entry) => entry.label)
      setValues(counts && counts.length <= MOST_LABELS ? counts : found.top.map((entry) => entry.value))
    }
  }

  const labels = () => {
    const found = values()
    const named = Object.keys(data.mapping().labels ?? {})
    return [...new Set([...(Array.isArray(found) ? found : []), ...named])]
  }

  return (
    <>
      <Select
        label={t('mapping.input')}
        help={t('mapping.inputHelp')}
        value={data.mapping().input ? `column:${data.mapping().input}` : 'none'}
        onChange={(value) =>
          data.setMapping({ input: value === 'none' ? null : value.slice('column:'.length) })
        }
        options={[
          { value: 'none', label: t('mapping.none') },
          ...props.columns.map((name) => ({ value: `column:${name}`, label: name })),
        ]}
      />
      <TextField
        label={t('mapping.template')}
        help={t('mapping.templateHelp')}
        rows={3}
        value={template()}
        onChange={(text) => data.setMapping({ template: text === '' ? null : text })}
        error={error()}
      />
      <div class="row">
        {/* Not the answer, which would then stand in the question. */}
        <For each={props.columns.filter((name) => name !== data.mapping().response).slice(0, 12)}>
          {(column) => (
            <Button
              kind="quiet"
              class="small"
              aria-label={t('mapping.insert', { column })}
              onClick={() => data.setMapping({ template: `${template()}{${column}}` })}
            >
              {`{${column}}`}
            </Button>
          )}
        </For>
      </div>
      <Show when={preview()}>
        {(text) => (
          <div>
            <p class="small quiet">{t('mapping.previewTitle')}</p>
            <p class="cell exact">{text()}</p>
          </div>
        )}
      </Show>
      <div class="stack-s">
        <h3>{t('mapping.words')}</h3>
        <p class="small quiet">{t('mapping.wordsHelp')}</p>
        <Show when={values() === 'many'}>
          <p class="small" role="status">
            {t('mapping.wordsMany')}
          </p>
        </Show>
        <For each={labels()}>
          {(value) => (
            <TextField
              label={t('fix.words.one', { value })}
              value={data.mapping().labels?.[value] ?? ''}
              onChange={(word) => data.setMapping({ labels: { ...data.mapping().labels, [value]: word } })}
            />
          )}
        </For>
        <Show when={!Array.isArray(values()) && data.mapping().response !== null}>
          <Button class="start" onClick={() => void findValues()}>
            {t('mapping.wordsFind')}
          </Button>
        </Show>
      </div>
    </>
  )
}
