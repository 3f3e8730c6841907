import { createResource, For, Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { type Question, questionsOf } from '../../state/questions.ts'

const OFFERED = 5
const SHOWN = 80

/** Questions of the run's own data, those first that it did not learn from; nothing where the data is not here any more. */
export function DataQuestions(props: { run: RunInfo; onChoose: (question: Question) => void }) {
  const { data, studio } = useApp()
  const source = () => {
    const { config } = props.run
    const info = data.stored().find(({ hash }) => hash === config.data.hash)
    return info ? { dataset: info.id, config, model: props.run.model } : null
  }
  const [questions] = createResource(source, (recipe) =>
    questionsOf(studio.data, recipe, ['test', 'validation', 'train'], OFFERED).catch(() => []),
  )
  // A resource keeps what it had of another run while it asks anew, and where there is nothing to ask.
  const own = () => (source() && !questions.loading ? (questions.latest ?? []) : [])
  return (
    <Show when={own().length > 0}>
      <fieldset class="stack-s">
        <legend class="small quiet">{t('ask.fromData')}</legend>
        <div class="row">
          <For each={own()}>
            {(question) => (
              <Button kind="quiet" class="small" onClick={() => props.onChoose(question)}>
                {question.prompt.length > SHOWN ? `${question.prompt.slice(0, SHOWN)} …` : question.prompt}
              </Button>
            )}
          </For>
        </div>
      </fieldset>
    </Show>
  )
}
