import { Show, Suspense } from 'solid-js'
import { Button } from '../../components/Button.tsx'
import { loadedWhenDrawn } from '../../components/loaded.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import '../../messages/lesson.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

const PackDialog = loadedWhenDrawn(() => import('./PackDialog.tsx').then((part) => part.default))
const HandIn = loadedWhenDrawn(() => import('./HandIn.tsx').then((part) => part.default))
const HandedIn = loadedWhenDrawn(() => import('./HandedIn.tsx').then((part) => part.default))

/** How far the opening of a class pack is, why it came to nothing, and the dialog that makes one. */
export function PackNotes() {
  const { packs } = useApp()
  const close = () => packs.setDialog(null)
  return (
    <>
      <Show when={packs.opening()}>
        {(opening) => (
          <div class="banner">
            <div class="notice info">
              <div class="notice-body">
                <Progress label={t('pack.opening', { name: opening().name })} share={opening().share} />
              </div>
              <Button onClick={() => opening().stop()}>{t('action.stop')}</Button>
            </div>
          </div>
        )}
      </Show>
      <Show when={packs.failure()}>
        {(failure) => (
          <div class="banner">
            <FailureNotice failure={failure()} onDismiss={packs.dismiss} />
          </div>
        )}
      </Show>
      <Suspense>
        <Show when={packs.dialog() === 'make'}>
          <PackDialog onClose={close} />
        </Show>
        <Show when={packs.dialog() === 'hand'}>
          <HandIn onClose={close} />
        </Show>
        <Show when={packs.dialog() === 'handed'}>
          <HandedIn onClose={close} />
        </Show>
      </Suspense>
    </>
  )
}
