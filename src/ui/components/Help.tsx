import { t } from '../messages/t.ts'
import type { HelpProps } from './HelpText.tsx'
import { Icon } from './Icon.tsx'
import { loadedLater } from './loaded.tsx'
import { Opener } from './Opener.tsx'

const HelpText = loadedLater(() => import('./HelpText.tsx').then((part) => part.HelpText))

/** A small question mark that explains a term: by mouse, touch and keyboard alike, which a hover tooltip is not. */
export function Help(props: HelpProps) {
  return (
    <Opener
      class="help"
      label={t('help.about', { name: props.label })}
      popup="dialog"
      load={HelpText.preload}
      live={(press) => <HelpText {...props} press={press} />}
    >
      <Icon name="help" size={16} />
    </Opener>
  )
}
