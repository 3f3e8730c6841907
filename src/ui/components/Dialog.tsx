import { Dialog as Kobalte } from '@kobalte/core/dialog'
import type { ParentProps } from 'solid-js'
import { t } from '../messages/t.ts'
import { Icon } from './Icon.tsx'

export interface DialogProps extends ParentProps {
  title: string
  open: boolean
  onOpenChange: (open: boolean) => void
  /** `drawer` slides along the edge; `middle` asks something short. */
  kind?: 'drawer' | 'middle'
}

/** A modal dialog: focus is held inside and given back, Escape closes. */
export function Dialog(props: DialogProps) {
  return (
    <Kobalte open={props.open} onOpenChange={props.onOpenChange}>
      <Kobalte.Portal>
        <Kobalte.Overlay class="scrim" />
        <Kobalte.Content class={`dialog ${props.kind ?? 'middle'}`}>
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
