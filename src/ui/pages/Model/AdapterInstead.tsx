import { Show } from 'solid-js'
import { isHubName, parseModelAddress } from '../../../protocol/read-address.ts'
import { isSealed } from '../../../protocol/sealed.ts'
import type { ModelInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { Misplaced } from '../../state/start-adapter.ts'

/** An adapter that was opened as a model: said to be one, and a press away from beginning the next run. */
export function AdapterInstead() {
  const { startAdapter } = useApp()
  return (
    <Show when={startAdapter.misplaced()}>
      {(misplaced) => (
        <>
          <Instead of={misplaced()} />
          <Show when={startAdapter.failure()}>
            {(failure) => <FailureNotice failure={failure()} onDismiss={startAdapter.dismiss} />}
          </Show>
        </>
      )}
    </Show>
  )
}

function Instead(props: { of: Misplaced }) {
  const { startAdapter, models, shelf, route } = useApp()
  const base = () => props.of.base
  const here = () => models.list().filter((model) => isCalled(model, base()))
  // Where it does not say what it was made for, the person knows.
  const model = () =>
    here().find(({ id }) => id === models.chosenId()) ?? here()[0] ?? (base() ? null : models.chosen())
  const elsewhere = () => (!model() && !isSealed() && base() && isHubName(base()!) ? base() : null)
  async function begin(with_: ModelInfo): Promise<void> {
    if (await startAdapter.beginWithMisplaced(with_)) route.go('train')
  }
  return (
    <Notice
      tone="info"
      title={base() ? t('instead.title', { base: base()! }) : t('instead.titleAlone')}
      onDismiss={startAdapter.putAway}
      actions={
        <>
          <Show when={model()}>
            {(model) => (
              <Button
                kind={shelf.lookup.found() ? 'plain' : 'primary'}
                disabled={startAdapter.opening()}
                onClick={() => void begin(model())}
              >
                {t('instead.begin', { model: model().name })}
              </Button>
            )}
          </Show>
          <Show when={elsewhere()}>
            {(repo) => (
              <Button
                onClick={() => void shelf.lookup.look(parseModelAddress(repo(), shelf.lookup.endpoint()))}
              >
                {t('shelf.look', { repo: repo() })}
              </Button>
            )}
          </Show>
          <Show when={!model() && models.chosen()}>
            {(chosen) => (
              <Button kind="quiet" disabled={startAdapter.opening()} onClick={() => void begin(chosen())}>
                {t('instead.begin', { model: chosen().name })}
              </Button>
            )}
          </Show>
        </>
      }
    >
      <p>{model() ? t('instead.here') : t('instead.away', { base: base() ?? '' })}</p>
    </Notice>
  )
}

/** By its repository, or by the last part of its name: copies of a model are called like it. */
function isCalled({ name, origin }: ModelInfo, base: string | null): boolean {
  const last = (text: string) => text.split(/[\\/]/).filter(Boolean).at(-1)?.replace(/@.*$/, '').toLowerCase()
  if (base === null) return false
  return last(name) === last(base) || (origin.kind === 'hub' && last(origin.repo) === last(base))
}
