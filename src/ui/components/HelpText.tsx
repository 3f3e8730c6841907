import { Popover } from '@kobalte/core/popover'
import { t } from '../messages/t.ts'
import { Icon } from './Icon.tsx'
import { type Press, presses } from './Opener.tsx'

export interface HelpProps {
  label: string
  text: string
}

/** What Help says, once it is pressed. */
export function HelpText(props: HelpProps & { press: Press }) {
  let trigger!: HTMLButtonElement
  presses(() => trigger, props.press)
  return (
    <Popover gutter={6} placement="top" preventScroll={false}>
      <Popover.Trigger ref={trigger} class="help" aria-label={t('help.about', { name: props.label })}>
        <Icon name="help" size={16} />
      </Popover.Trigger>
      <Popover.Portal>
        {/* As in SelectListed.tsx. */}
        <Popover.Content class="popover" aria-label={props.label} data-kb-top-layer="">
          <Popover.Description as="p">{props.text}</Popover.Description>
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  )
}
