import { For, Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Checkbox } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { sentences } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Characters of a question in the list. */
const LONG = 80

/** Which of a run's questions its card shows, with their answers: none unless a person chooses some. */
export function ShownRows(props: { run: RunInfo }) {
  const { runs } = useApp()
  const prompts = () =>
    runs
      .view(props.run.id)
      ?.samples()
      .map(({ prompt }) => prompt) ?? []
  const shown = () => (props.run.shown ?? []).filter((prompt) => prompts().includes(prompt))
  const choose = (prompt: string, on: boolean) =>
    void runs.update(props.run.id, {
      shown: on ? [...shown(), prompt] : shown().filter((other) => other !== prompt),
    })
  const besides = () => [t('shown.names'), t('shown.recite')]
  return (
    <div class="stack-s">
      <Show
        when={shown().length > 0}
        fallback={<p class="hint">{sentences(t('shown.none'), ...besides())}</p>}
      >
        <p class="hint">{t('shown.some', { count: shown().length })}</p>
        <ul class="small">
          <For each={shown()}>{(prompt) => <li>{prompt}</li>}</For>
        </ul>
        <p class="hint">{sentences(...besides())}</p>
      </Show>
      <Show when={prompts().length > 0}>
        <Fold summary={t('shown.choose')}>
          <div class="stack-s">
            <p class="hint">{t('shown.chooseHint')}</p>
            <For each={prompts()}>
              {(prompt) => (
                <Checkbox
                  label={prompt.length > LONG ? `${prompt.slice(0, LONG)}…` : prompt}
                  checked={shown().includes(prompt)}
                  onChange={(on) => choose(prompt, on)}
                />
              )}
            </For>
          </div>
        </Fold>
      </Show>
    </div>
  )
}
