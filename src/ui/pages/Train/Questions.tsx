import { Index, Show, Suspense } from 'solid-js'
import { Button, IconButton } from '../../components/Button.tsx'
import { Field } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { loadedWhenDrawn } from '../../components/loaded.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { MOST_QUESTIONS } from '../../state/questions.ts'

const PickRows = loadedWhenDrawn(() => import('./PickRows.tsx').then((part) => part.PickRows))

/** Questions put to both models at each evaluation: from the data, or a person's own. */
export function Questions() {
  const { training } = useApp()
  const list = () => training.ownQuestions() ?? training.questions().map((question) => question.prompt)
  const change = (index: number, text: string) =>
    training.setOwnQuestions(list().map((old, i) => (i === index ? text : old)))
  return (
    <>
      <Show when={training.questionsReplaced()}>
        <p class="hint">{t('questions.replaced')}</p>
      </Show>
      <details class="fold">
        <summary>{t('questions.title')}</summary>
        <div class="stack">
          <p class="hint">{t('questions.note')}</p>
          <Index each={list()}>
            {(text, index) => (
              <Field
                label={t('questions.one', { number: index + 1 })}
                aside={() => (
                  <IconButton
                    icon="close"
                    label={t('questions.remove', { number: index + 1 })}
                    onClick={() => training.setOwnQuestions(list().filter((_, i) => i !== index))}
                  />
                )}
              >
                {(ids) => (
                  <textarea
                    id={ids.id}
                    rows={2}
                    value={text()}
                    onInput={(event) => change(index, event.currentTarget.value)}
                  />
                )}
              </Field>
            )}
          </Index>
          <Fold summary={t('pick.open')} small>
            <Suspense>
              <PickRows list={list()} />
            </Suspense>
          </Fold>
          <div class="row">
            <Show when={list().length < MOST_QUESTIONS}>
              <Button icon="add" onClick={() => training.setOwnQuestions([...list(), ''])}>
                {t('questions.add')}
              </Button>
            </Show>
            <Show when={training.ownQuestions()}>
              <Button kind="quiet" onClick={() => training.setOwnQuestions(null)}>
                {t('questions.reset')}
              </Button>
            </Show>
          </div>
        </div>
      </details>
    </>
  )
}
