import { Show } from 'solid-js'
import { HUB_ENDPOINT, type ModelAddress } from '../../protocol/model-address.ts'
import type { LackedModel } from '../../protocol/studio.ts'
import { Button, LinkButton } from '../components/Button.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { hrefOf } from '../state/route.ts'

/** The very model again, as it came. */
function addressOf({ origin }: LackedModel): ModelAddress | null {
  if (origin?.kind === 'url') return { kind: 'url', address: origin.address }
  if (origin?.kind !== 'hub') return null
  const { repo, commit, endpoint, file } = origin
  return {
    ...{ kind: 'hub', repo, revision: commit },
    ...(endpoint !== HUB_ENDPOINT && { endpoint }),
    ...(file !== undefined && { file }),
  }
}

/** Which model a run needs that is not here, and how it is had. */
export function NeedsModel(props: { of: LackedModel }) {
  const { shelf, route } = useApp()
  const address = () => addressOf(props.of)
  return (
    <div class="stack-s">
      <p>
        {props.of.other === undefined
          ? t('needs.none', { name: props.of.name })
          : t('needs.other', { name: props.of.name, other: props.of.other })}
      </p>
      <p>{t(address() ? 'needs.download' : 'needs.files')}</p>
      <Show when={props.of.hash}>
        {(hash) => <p class="small quiet mono wrap">{t('needs.hash', { hash: hash() })}</p>}
      </Show>
      <div class="row">
        <Show when={address()}>
          {(at) => (
            <Button
              icon="export"
              disabled={shelf.downloads.now() !== null}
              onClick={() => {
                route.go('model')
                void shelf.downloads.start(at(), props.of.name)
              }}
            >
              {t('needs.get', { name: props.of.name })}
            </Button>
          )}
        </Show>
        <LinkButton href={hrefOf('model')}>{t('open.to.model')}</LinkButton>
      </div>
    </div>
  )
}
