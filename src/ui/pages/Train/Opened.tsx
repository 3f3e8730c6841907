import { For, onCleanup, onMount, Show } from 'solid-js'
import { Button, LinkButton } from '../../components/Button.tsx'
import { FileDrop } from '../../components/FileDrop.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { unshown } from '../../state/draft.ts'
import { hrefOf } from '../../state/route.ts'
import { FullStudio } from '../FullStudio.tsx'

/** A way to open the page from a file: chosen, dropped or pasted. */
export function OpenSettings() {
  const { opening } = useApp()
  return (
    <Fold summary={t('open.title')}>
      <FileDrop
        label={t('open.pick')}
        hint={t('open.hint')}
        accept=".json,application/json"
        onFiles={([file]) => void opening.openBytes(() => file!.arrayBuffer(), file!.name)}
      />
    </Fold>
  )
}

/** Settings pasted anywhere on the page, whatever it shows. Text pasted into a field is meant for the field. */
export function acceptPastedSettings(): void {
  const { opening, shown } = useApp()
  function pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text/plain').trim() ?? ''
    const typing =
      event.target instanceof Element && event.target.closest('input, textarea, [contenteditable]')
    if (shown.anyLocked || typing || !text.startsWith('{')) return
    event.preventDefault()
    void opening.openBytes(async () => new TextEncoder().encode(text), { said: 'open.pasted' })
  }
  onMount(() => document.addEventListener('paste', pasted))
  onCleanup(() => document.removeEventListener('paste', pasted))
}

/** Why what was to be opened was not. */
export function OpeningFailure() {
  const { opening } = useApp()
  return (
    <Show when={opening.failure()}>
      {(problem) => <FailureNotice failure={problem()} onDismiss={opening.dismissFailure} />}
    </Show>
  )
}

/** What was opened, and in words what of it is not here. */
export function OpenedNote() {
  const { opening, link, shown } = useApp()
  /** In a frame what was opened is what the page around is about: nothing need be said of it. */
  const quiet = () => shown.embedded && (opening.missing().length === 0 || link.waiting())
  return (
    <Show when={quiet() ? null : opening.opened()}>
      {(name) => (
        <Notice
          tone={opening.missing().length > 0 ? 'warning' : 'success'}
          title={t('open.done', { name: name() })}
          onDismiss={opening.dismiss}
        >
          <Show when={shown.embedded && opening.missing().some(({ place }) => place === 'model')}>
            <p>
              {t('link.apart')} <FullStudio />
            </p>
          </Show>
          <For each={opening.missing()}>
            {({ text, place }) => (
              <p>
                {text}{' '}
                <Show when={place}>
                  {(to) => <LinkButton href={hrefOf(to())}>{t(`open.to.${to()}`)}</LinkButton>}
                </Show>
              </p>
            )}
          </For>
        </Notice>
      )}
    </Show>
  )
}

const SHOWN = 80
const shortened = (text: string) => (text.length > SHOWN ? `${text.slice(0, SHOWN)} …` : text)

/** What the config says beyond the fields of this page: nothing that counts is hidden. */
export function Beyond() {
  const { draft, runs } = useApp()
  const start = () => {
    const now = draft.start()
    if (now.from === 'nothing') return null
    if (now.from === 'adapter') return t('start.adapter', { name: now.name })
    const run = runs.byId(now.run)
    const name = run ? runs.label(run) : now.run
    if (typeof now.checkpoint === 'number') return t('start.runAt', { name, step: now.checkpoint })
    return t(now.checkpoint === 'best' ? 'start.runBest' : 'start.run', { name })
  }
  return (
    <>
      <Show when={start()}>
        {(text) => (
          <Notice
            tone="info"
            title={text()}
            actions={
              <Button onClick={() => draft.setStart({ from: 'nothing' })}>{t('start.nothing')}</Button>
            }
          />
        )}
      </Show>
      <Show when={draft.data().corrections.length}>
        {(count) => (
          <Notice
            tone="info"
            title={t('beyond.corrections', { count: count() })}
            actions={
              <Button onClick={() => draft.change('data', { corrections: [] })}>
                {t('beyond.withoutCorrections')}
              </Button>
            }
          />
        )}
      </Show>
      <Show when={unshown(draft.config()).length > 0}>
        <Notice
          tone="info"
          title={t('beyond.title')}
          actions={<Button onClick={() => draft.resetUnshown()}>{t('beyond.reset')}</Button>}
        >
          <p class="small mono">
            {unshown(draft.config())
              .map(([path, value]) => `${path}: ${shortened(JSON.stringify(value))}`)
              .join(' · ')}
          </p>
        </Notice>
      </Show>
    </>
  )
}
