import { createMemo, createResource, createSignal, For, Show } from 'solid-js'
import { toFailure } from '../../../protocol/errors.ts'
import { heeded } from '../../../protocol/identity.ts'
import { type RowQuestion, rowQuestions } from '../../../runs/questions.ts'
import { Checkbox, TextField } from '../../components/Field.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { formatNumber } from '../../messages/format.ts'
import { sentences } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { MOST_QUESTIONS } from '../../state/questions.ts'

/** Rows that are read to be searched, and those that are drawn of what was found. */
const SEARCHED = 5000
const SHOWN = 20
const LETTERS = 160

const brief = (text: string) => (text.length > LETTERS ? `${text.slice(0, LETTERS)} …` : text)

/** Rows of the data as questions: those that are held out or, where none are, those that are learnt. */
export function PickRows(props: { list: string[] }) {
  const { training, data, studio } = useApp()
  const [words, setWords] = createSignal('')
  const source = () => {
    const recipe = data.request()
    const prepared = data.prepared()
    return recipe && prepared ? { recipe, heldOut: prepared.examples.validation > 0 } : null
  }
  /** What the rows hang on: settings that they do not are changed without reading them anew. */
  const key = createMemo(() => {
    const now = source()
    return now && JSON.stringify([now.recipe.dataset, now.heldOut, ...heeded(now.recipe.config, 'examples')])
  })
  const [read] = createResource(key, async (of) => {
    const from = source()
    if (!from) return null
    try {
      const split = from.heldOut ? 'validation' : 'train'
      return {
        of,
        split,
        ...(await rowQuestions(studio.data, from.recipe, split, SEARCHED)),
        failure: null,
      }
    } catch (error) {
      return { of, split: null, total: 0, found: [], failure: toFailure(error) }
    }
  })
  const known = () => {
    const now = read.state === 'ready' ? read() : null
    return now && now.of === key() ? now : null
  }
  const matches = createMemo(() => {
    const wanted = words().trim().toLocaleLowerCase()
    return (known()?.found ?? []).filter(({ prompt, reference = '' }) =>
      `${prompt}\n${reference}`.toLocaleLowerCase().includes(wanted),
    )
  })
  const asked = () => props.list.filter((text) => text.trim() !== '')
  const full = () => asked().length >= MOST_QUESTIONS
  function toggle({ row: _, ...question }: RowQuestion, on: boolean): void {
    if (on) training.pickQuestion(question)
    training.setOwnQuestions(
      on ? [...asked(), question.prompt] : props.list.filter((text) => text !== question.prompt),
    )
  }
  return (
    <Show
      when={known()}
      fallback={
        <p class="hint" role="status">
          {t(source() ? 'pick.reading' : 'pick.notYet')}
        </p>
      }
    >
      {(now) => (
        <Show when={!now().failure} fallback={<FailureNotice failure={now().failure!} />}>
          <div class="stack-s">
            <p class="hint">
              {sentences(
                t(now().split === 'validation' ? 'pick.heldOut' : 'pick.learnt', { count: now().total }),
                now().total > SEARCHED && t('pick.first', { count: SEARCHED }),
              )}
            </p>
            <TextField label={t('pick.search')} value={words()} onChange={setWords} />
            <p class="small quiet" role="status">
              {sentences(
                t('pick.found', {
                  shown: formatNumber(Math.min(SHOWN, matches().length)),
                  found: formatNumber(matches().length),
                }),
                t('pick.chosen', { count: asked().length, most: MOST_QUESTIONS }),
                full() && t('pick.full'),
              )}
            </p>
            <ul class="pick-rows" aria-label={t('pick.rows')}>
              <For each={matches().slice(0, SHOWN)}>
                {(question) => (
                  <li>
                    <Checkbox
                      label={brief(question.prompt)}
                      checked={asked().includes(question.prompt)}
                      disabled={full() && !asked().includes(question.prompt)}
                      onChange={(on) => toggle(question, on)}
                    />
                    <span class="small quiet pick-answer">
                      {t('pick.row', { number: data.numberOf(question.row) })}
                      <Show when={question.reference}>{(answer) => <> · {brief(answer())}</>}</Show>
                    </span>
                  </li>
                )}
              </For>
            </ul>
          </div>
        </Show>
      )}
    </Show>
  )
}
