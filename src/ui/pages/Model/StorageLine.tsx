import { Show } from 'solid-js'
import { Button } from '../../components/Button.tsx'
import { formatBytes } from '../../messages/format.ts'
import { sentences } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** How much of this browser's storage is used, and whether it stays. */
export function StorageLine() {
  const { shelf } = useApp()
  return (
    <Show when={shelf.storage()}>
      {(storage) => (
        <div class="row-between">
          <p class="small quiet">
            {sentences(
              storage().quota === null
                ? t('store.unknown')
                : t('store.line', {
                    usage: formatBytes(storage().usage ?? 0),
                    quota: formatBytes(storage().quota!),
                  }),
              t(storage().persisted ? 'store.kept' : 'store.loose'),
            )}
          </p>
          <Show when={!storage().persisted}>
            <Button kind="quiet" onClick={() => void shelf.keep()}>
              {t('store.keep')}
            </Button>
          </Show>
        </div>
      )}
    </Show>
  )
}
