import { Show } from 'solid-js'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { Section } from '../../components/Page.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { type Option, Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { mappingOf, type Role } from '../../state/data-recipe.ts'
import { MappingMore } from './MappingMore.tsx'

type Shape = 'pair' | 'messages' | 'text'

/** Which column plays which part, with the guess in place and its reason beside it. */
export function MappingForm(props: { info: DatasetInfo }) {
  const { data } = useApp()
  const shape = (): Shape =>
    data.mapping().messages !== null ? 'messages' : data.mapping().text !== null ? 'text' : 'pair'

  /** Columns as they are after the steps, which may have made or renamed some. */
  const columns = () => {
    const after = data.stepsReport()?.columns
    const known = new Map(props.info.columns.map((column) => [column.name, column]))
    return after
      ? after.map((name) => known.get(name) ?? { name, type: 'text' as const, missing: 0 })
      : props.info.columns
  }

  const first = (...types: string[]) =>
    props.info.columns.find((column) => types.includes(column.type))?.name ??
    props.info.columns[0]?.name ??
    null

  function setShape(next: Shape): void {
    const { guess } = props.info
    if (next === 'messages') data.setRole('messages', guess.messages ?? first('list', 'object'))
    else if (next === 'text') data.setRole('text', guess.text ?? first('text'))
    else {
      data.setRole('prompt', guess.prompt ?? first('text'))
      if (guess.response) data.setRole('response', guess.response)
    }
  }

  // A prefix keeps "no column" apart from a column of any name.
  const options = (optional: boolean): Option<string>[] => [
    ...(optional || !data.mapped() ? [{ value: 'none', label: t('mapping.none') }] : []),
    ...columns().map((column) => ({
      value: `column:${column.name}`,
      label: column.name,
      description: t(`column.${column.type}`),
    })),
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
    return JSON.stringify(mappingOf(props.info.guess)) === JSON.stringify(data.mapping())
  }

  return (
    <Section title={t('mapping.title')}>
      <Segmented
        label={t('mapping.shape')}
        hideLabel
        value={shape()}
        onChange={setShape}
        options={[
          { value: 'pair', label: t('mapping.pair') },
          { value: 'messages', label: t('mapping.messages') },
          { value: 'text', label: t('mapping.text') },
        ]}
      />
      <Show when={shape() === 'pair'}>
        <Show
          when={data.mapping().template}
          fallback={role('prompt', t('mapping.prompt'), t('mapping.promptHelp'))}
        >
          <p class="small quiet">{t('mapping.byTemplate')}</p>
        </Show>
        {role('response', t('mapping.response'), t('mapping.responseHelp'))}
        {role('system', t('mapping.system'), t('mapping.systemHelp'), true)}
      </Show>
      <Show when={shape() === 'messages'}>
        {role('messages', t('mapping.messagesColumn'), t('mapping.messagesHelp'))}
      </Show>
      <Show when={shape() === 'text'}>{role('text', t('mapping.textColumn'), t('mapping.textHelp'))}</Show>
      <Show when={shape() === 'pair'}>
        <MappingMore info={props.info} columns={columns().map((column) => column.name)} />
      </Show>
      <Show when={isGuess() && props.info.guess.reason}>
        <p class="hint">{props.info.guess.reason}</p>
      </Show>
    </Section>
  )
}
