import { createSignal, For, Match, onMount, Show, Switch } from 'solid-js'
import { toFailure } from '../../protocol/errors.ts'
import { Button } from '../components/Button.tsx'
import { FailureNotice, Notice } from '../components/Notice.tsx'
import { Progress } from '../components/Progress.tsx'
import { t } from '../messages/t.ts'
import { type Leftovers, removeAll } from '../state/removal.ts'

type State = { is: 'removing' } | { is: 'done'; left: Leftovers } | { is: 'failed'; error: unknown }

/**
 * In place of the studio once a computer was left: nothing of it works any more that could store something.
 * @param acting whether what is kept is removed by this tab
 */
export function Left(props: { acting: boolean }) {
  const [state, setState] = createSignal<State>({ is: 'removing' })
  const [waiting, setWaiting] = createSignal(false)
  let heading!: HTMLHeadingElement
  onMount(() => {
    document.title = t('left.title')
    heading.focus()
    if (!props.acting) return
    removeAll(setWaiting).then(
      (left) => setState({ is: 'done', left }),
      (error: unknown) => setState({ is: 'failed', error }),
    )
  })
  const rest = () => {
    const now = state()
    return now.is === 'done' ? Object.values(now.left as unknown as Record<string, string[]>).flat() : []
  }
  const failure = () => {
    const now = state()
    return now.is === 'failed' ? toFailure(now.error) : null
  }
  const anew = () => {
    history.replaceState(null, '', location.pathname)
    location.reload()
  }

  return (
    <main class="page stack">
      <h1 ref={heading} tabindex="-1">
        {t('left.title')}
      </h1>
      <Show when={props.acting} fallback={<p>{t('left.elsewhere')}</p>}>
        <Switch>
          <Match when={state().is === 'removing'}>
            <Progress label={t('left.removing')} share={null} />
            <Show when={waiting()}>
              <Notice tone="warning" title={t('left.waiting')} />
            </Show>
          </Match>
          <Match when={failure()}>{(problem) => <FailureNotice failure={problem()} />}</Match>
          <Match when={rest().length > 0}>
            <Notice tone="error" title={t('left.rest')}>
              <p>{t('left.restText')}</p>
              <ul>
                <For each={rest()}>{(name) => <li class="mono small">{name}</li>}</For>
              </ul>
            </Notice>
          </Match>
          <Match when={state().is === 'done'}>
            <Notice tone="success" title={t('left.nothing')}>
              <p>{t('left.looked')}</p>
            </Notice>
          </Match>
        </Switch>
      </Show>
      <p>{t('left.files')}</p>
      <Button class="start" disabled={props.acting && state().is === 'removing'} onClick={anew}>
        {t('left.anew')}
      </Button>
    </main>
  )
}
