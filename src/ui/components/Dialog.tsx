import { Dialog as Kobalte } from '@kobalte/core/dialog'
import { createComputed, on, type ParentProps } from 'solid-js'
import { t } from '../messages/t.ts'
import { Icon } from './Icon.tsx'

export interface DialogState {
  open: boolean
  onOpenChange: (open: boolean) => void
}

export interface DialogProps extends ParentProps<DialogState> {
  title: string
  /** `drawer` slides along the edge; `middle` asks something short. */
  kind?: 'drawer' | 'middle'
}

/** A modal dialog: focus is held inside and given back to where it came from, Escape closes. */
export function Dialog(props: DialogProps) {
  let opener: Element | null = null
  // Computed, not an effect: it must look before the dialog takes the focus.
  createComputed(
    on(
      () => props.open,
      (open) => {
        if (open) opener = lasting(document.activeElement)
      },
    ),
  )

  function giveBack(event: Event): void {
    event.preventDefault()
    const now = document.activeElement
    // Whoever closed the dialog may have sent the focus on already, to another page's heading.
    if (now && now !== document.body && !now.closest('.dialog')) return
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
  }

  return (
    <Kobalte open={props.open} onOpenChange={props.onOpenChange}>
      <Kobalte.Portal>
        <Kobalte.Overlay class={`scrim ${props.kind ?? 'middle'}`} />
        <Kobalte.Content class={`dialog ${props.kind ?? 'middle'}`} onCloseAutoFocus={giveBack}>
          <div class="dialog-head">
            <Kobalte.Title>{props.title}</Kobalte.Title>
            <Kobalte.CloseButton class="icon-button" aria-label={t('action.close')}>
              <Icon name="close" />
            </Kobalte.CloseButton>
          </div>
          <div class="dialog-body">{props.children}</div>
        </Kobalte.Content>
      </Kobalte.Portal>
    </Kobalte>
  )
}

/** Of an item of a menu, which is gone when the dialog closes, the button that opened the menu. */
function lasting(active: Element | null): Element | null {
  const menu = active?.closest('[role="menu"]')
  const trigger = menu && document.getElementById(menu.getAttribute('aria-labelledby') ?? '')
  return trigger ? lasting(trigger) : active
}
