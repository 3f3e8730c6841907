import { onCleanup, onMount, Show } from 'solid-js'
import { Button } from '../components/Button.tsx'
import { Dialog } from '../components/Dialog.tsx'
import { Notice } from '../components/Notice.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { createEmbedded } from '../state/embedded.ts'
import { FullStudio } from './FullStudio.tsx'

/** The studio in another page: what the two say to each other, and what this frame is without. */
export default function Embedded() {
  const { shown } = useApp()
  const around = shown.around
  // Where the browser says who is around, it is held against what the page says of itself.
  const [really] = [...(location.ancestorOrigins ?? [])]
  const honest = really === undefined || really === around
  return (
    <>
      <Show when={around !== null && honest && window.parent !== window ? around : null}>
        {(around) => <Speaking around={around()} />}
      </Show>
      <Show when={around !== null && !honest}>
        <div class="banner">
          <Notice tone="warning" title={t('embed.liar', { origin: around! })} />
        </div>
      </Show>
      <Without />
    </>
  )
}

function Speaking(props: { around: string }) {
  const app = useApp()
  const { question, answer, tellHeight } = createEmbedded(app, props.around, app.link.begin())
  onMount(() => {
    const content = document.querySelector('.app')!
    const observer = new ResizeObserver(() => tellHeight(content.getBoundingClientRect().height))
    observer.observe(content)
    onCleanup(() => observer.disconnect())
  })
  return (
    <Dialog
      title={t('embed.ask')}
      open={question() !== null}
      onOpenChange={(open) => {
        if (!open) void answer(false)
      }}
    >
      <Show when={question()}>
        {(run) => (
          <div class="stack">
            <p>{t('embed.askText', { origin: props.around, name: app.runs.label(run()) })}</p>
            <div class="row">
              <Button kind="primary" onClick={() => void answer(true)}>
                {t('embed.give')}
              </Button>
              <Button onClick={() => void answer(false)}>{t('embed.keep')}</Button>
            </div>
          </div>
        )}
      </Show>
    </Dialog>
  )
}

/** What the browser withholds from this frame. */
function Without() {
  const { models } = useApp()
  return (
    <Show when={models.device()?.engine === 'portable' && models.device()?.reason}>
      <p class="banner small quiet">
        {t(isSecureContext ? 'embed.noGpu' : 'embed.insecure')} <FullStudio />
      </p>
    </Show>
  )
}
