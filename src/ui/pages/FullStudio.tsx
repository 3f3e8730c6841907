import { createResource, Show } from 'solid-js'
import { LinkButton } from '../components/Button.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** Out of a frame: the same run in a page of its own. */
export function FullStudio() {
  const { draft, link, training } = useApp()
  const [there] = createResource(
    () => training.config() ?? draft.usable(),
    (config) => link.write(config),
  )
  return (
    <Show when={there.latest}>
      {(there) => (
        <LinkButton href={there().href} target="_blank" rel="noopener">
          {t(there().without ? 'link.fullWithout' : 'link.full')}
        </LinkButton>
      )}
    </Show>
  )
}
