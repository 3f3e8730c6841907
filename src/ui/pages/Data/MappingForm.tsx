import { createMemo, on, Show } from 'solid-js'
import type { DatasetInfo, Mapping } from '../../../protocol/studio.ts'
import { Fold } from '../../components/Fold.tsx'
import { Section } from '../../components/Page.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { type Option, Select } from '../../components/Select.tsx'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { guessed, type Kind, kindOf, mappingOfKind, type Role } from '../../state/data-recipe.ts'
import { MappingMore } from './MappingMore.tsx'

/** Which column plays which part, with the guess in place and its reason beside it. */
export function MappingForm(props: { info: DatasetInfo }) {
  const { data } = useApp()
  const kind = () => kindOf(data.mapping())
  /** What was chosen for each kind, so that looking at another loses nothing. */
  const chosen = createMemo(
    on(
      () => props.info.id,
      () => new Map<Kind, Mapping>(),
    ),
  )

  /** Columns as they are after the steps, which may have made or renamed some. */
  const columns = () => {
    const after = data.stepsReport()?.columns
    const known = new Map(props.info.columns.map((column) => [column.name, column]))
    return after
      ? after.map((name) => known.get(name) ?? { name, type: 'text' as const, missing: 0 })
      : props.info.columns
  }

  function setKind(next: Kind): void {
    chosen().set(kind(), data.mapping())
    data.setRecipe(chosen().get(next) ?? mappingOfKind(next, props.info.guess, columns()))
  }

  // A prefix keeps "no column" apart from a column of any name.
  const named = createMemo(() =>
    columns().map((column) => ({
      value: `column:${column.name}`,
      label: column.name,
      description: t(`column.${column.type}`),
    })),
  )
  const options = (optional: boolean): Option<string>[] => [
    ...(optional || !data.mapped() ? [{ value: 'none', label: t('mapping.none') }] : []),
    ...named(),
  ]

  const role = (name: Role, label: string, help: string, optional = false) => (
    <Select
      label={label}
      help={help}
      options={options(optional)}
      value={data.mapping()[name] === null ? 'none' : `column:${data.mapping()[name]}`}
      onChange={(value) => data.setRole(name, value === 'none' ? null : value.slice('column:'.length))}
    />
  )

  const isGuess = () => {
    return JSON.stringify(guessed(props.info.guess)) === JSON.stringify(data.mapping())
  }

  return (
    <Section title={t('mapping.title')}>
      <Segmented
        label={t('mapping.shape')}
        hideLabel
        value={kind()}
        onChange={setKind}
        options={[
          { value: 'pair', label: t('mapping.pair') },
          { value: 'messages', label: t('mapping.messages') },
          { value: 'text', label: t('mapping.text') },
        ]}
      />
      <Show when={kind() === 'pair'}>
        <Show
          when={data.mapping().template}
          fallback={role('prompt', t('mapping.prompt'), t('mapping.promptHelp'))}
        >
          <p class="small quiet">{t('mapping.byTemplate')}</p>
        </Show>
        {role('response', t('mapping.response'), t('mapping.responseHelp'))}
        {role('system', t('mapping.system'), t('mapping.systemHelp'), true)}
      </Show>
      <Show when={kind() === 'messages'}>
        {role('messages', t('mapping.messagesColumn'), t('mapping.messagesHelp'))}
        {role('system', t('mapping.system'), t('mapping.systemHelp'), true)}
      </Show>
      <Show when={kind() === 'text'}>{role('text', t('mapping.textColumn'), t('mapping.textHelp'))}</Show>
      <Show when={kind() !== 'text'}>
        <Fold summary={t(kind() === 'pair' ? 'mapping.more' : 'mapping.moreChat')}>
          <div class="stack">
            <Show when={kind() === 'pair'}>
              <MappingMore info={props.info} columns={columns().map((column) => column.name)} />
            </Show>
            <FormatField />
          </div>
        </Fold>
      </Show>
      <Show when={isGuess() && props.info.guess.reason}>
        <p class="hint">{said(props.info.guess.reason)}</p>
      </Show>
    </Section>
  )
}

/** How question and answer become tokens. */
function FormatField() {
  const { data } = useApp()
  return (
    <Select
      label={t('format.label')}
      help={t('format.help')}
      value={data.recipe().format}
      onChange={data.setFormat}
      options={(['template', 'kauldron'] as const).map((value) => ({
        value,
        label: t(`format.${value}`),
        description: t(`format.${value}Note`),
      }))}
      {...(data.recipe().format === 'kauldron' ? { hint: t('format.kauldronHint') } : {})}
    />
  )
}
