import { Popover } from '@kobalte/core/popover'
import { t } from '../messages/t.ts'
import { Icon } from './Icon.tsx'

/** A small question mark that explains a term: by mouse, touch and keyboard alike, which a hover tooltip is not. */
export function Help(props: { label: string; text: string }) {
  return (
    <Popover gutter={6} placement="top" preventScroll={false}>
      <Popover.Trigger class="help" aria-label={t('help.about', { name: props.label })}>
        <Icon name="help" size={16} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content class="popover" aria-label={props.label}>
          <Popover.Description as="p">{props.text}</Popover.Description>
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  )
}
