import { type Component, createSignal, onCleanup, onMount, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { isSealed } from '../../../protocol/sealed.ts'
import { Button } from '../../components/Button.tsx'
import type { DialogState } from '../../components/Dialog.tsx'
import { loadedLater } from '../../components/loaded.tsx'
import { t } from '../../messages/t.ts'

const HubDialog = loadedLater(() => import('./forms.ts').then((part) => part.HubDialog))
const LinkDialog = loadedLater(() => import('./forms.ts').then((part) => part.LinkDialog))
const PasteDialog = loadedLater(() => import('./forms.ts').then((part) => part.PasteDialog))
const TypeDialog = loadedLater(() => import('./forms.ts').then((part) => part.TypeDialog))

/** Ways to rows other than a file: each a button, and a form behind it. */
export function OtherWays() {
  return (
    <div class="row">
      <PasteTable />
      <Way label={t('type.button')} form={TypeDialog} />
      <Show when={!isSealed()}>
        <Way label={t('link.button')} form={LinkDialog} />
        <Way label={t('hub.button')} form={HubDialog} />
      </Show>
    </div>
  )
}

/** The form is made when it is first opened, and stays from then on: nothing typed is lost. */
function createForm() {
  const [open, setOpen] = createSignal(false)
  const [made, setMade] = createSignal(false)
  const change = (now: boolean) => {
    if (now) setMade(true)
    setOpen(now)
  }
  return { open, made, change }
}

function Way(props: { label: string; form: Component<DialogState> }) {
  const form = createForm()
  return (
    <>
      <Button onClick={() => form.change(true)}>{props.label}</Button>
      <Show when={form.made()}>
        <Dynamic component={props.form} open={form.open()} onOpenChange={form.change} />
      </Show>
    </>
  )
}

function PasteTable() {
  const form = createForm()
  const [pasted, setPasted] = createSignal('', { equals: false })

  function paste(event: ClipboardEvent): void {
    const target = event.target
    if (target instanceof HTMLElement && target.closest('input, textarea, [contenteditable]')) return
    const found = event.clipboardData?.getData('text/plain') ?? ''
    if (!found.includes('\t')) return
    event.preventDefault()
    setPasted(found)
    form.change(true)
  }
  onMount(() => document.addEventListener('paste', paste))
  onCleanup(() => document.removeEventListener('paste', paste))

  return (
    <>
      <Button onClick={() => form.change(true)}>{t('paste.button')}</Button>
      <Show when={form.made()}>
        <PasteDialog open={form.open()} onOpenChange={form.change} pasted={pasted()} />
      </Show>
    </>
  )
}
