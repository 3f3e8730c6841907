import { createSignal, createUniqueId, Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Field } from '../../components/Field.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** An answer put right in place: the question as the data has it, the answer as it should be. */
export function CorrectAnswer(props: {
  run: RunInfo
  /** Of the data set; null: a question that is in no row, or in whichever asks it. */
  row: number | null
  question: string
  system?: string | undefined
  /** What stands in the data, or what was answered. */
  was: string
  /** Answers to choose from; none: any text. */
  labels?: readonly string[]
  mayLeaveOut?: boolean
}) {
  const { corrections, announce } = useApp()
  const list = createUniqueId()
  const [text, setText] = createSignal(props.was)
  const of = (response: string | null) => ({
    row: props.row,
    prompt: props.question,
    system: props.system ?? null,
    response,
  })
  const kept = () => corrections.find(props.run.id, of(null))
  const keep = (response: string | null) => {
    corrections.put(props.run.id, of(response))
    announce(t('correct.kept'))
  }
  /** What stands in the data already is no correction of it. */
  const valid = () =>
    text().trim() !== '' && (props.row === null || kept() !== null || text().trim() !== props.was.trim())
  return (
    <form
      class="stack-s answer-right"
      onSubmit={(event) => {
        event.preventDefault()
        if (valid()) keep(text().trim())
      }}
    >
      <Field label={t('correct.answer')}>
        {(ids) => (
          <Show
            when={props.labels?.length}
            fallback={
              <textarea
                id={ids.id}
                rows={2}
                value={text()}
                onInput={(event) => setText(event.currentTarget.value)}
              />
            }
          >
            <input
              id={ids.id}
              class="text-input"
              list={list}
              value={text()}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <datalist id={list}>
              {props.labels!.map((label) => (
                <option value={label} />
              ))}
            </datalist>
          </Show>
        )}
      </Field>
      <div class="row">
        <Button type="submit" disabled={!valid() || kept()?.response === text().trim()}>
          {t('correct.keep')}
        </Button>
        <Show when={props.mayLeaveOut}>
          <Button kind="quiet" disabled={kept()?.response === null} onClick={() => keep(null)}>
            {t('correct.leave')}
          </Button>
        </Show>
        <Show when={kept()}>
          <Button kind="quiet" icon="undo" onClick={() => corrections.remove(props.run.id, of(null))}>
            {t('correct.undo')}
          </Button>
        </Show>
      </div>
      <Show when={kept()}>
        <p class="small" role="status">
          {t('correct.kept')}
        </p>
      </Show>
    </form>
  )
}
