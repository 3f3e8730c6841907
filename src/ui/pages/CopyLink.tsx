import { createEffect, createSignal, on, Show, Suspense } from 'solid-js'
import { oneFile } from '../../protocol/one-file.ts'
import type { RunConfig } from '../../protocol/run-config.ts'
import { baseName } from '../../runs/named-data.ts'
import { Button } from '../components/Button.tsx'
import { Field } from '../components/Field.tsx'
import { loadedWhenDrawn } from '../components/loaded.tsx'
import { sentences } from '../messages/sentences.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

const EmbedDialog = loadedWhenDrawn(() => import('./EmbedDialog.tsx').then((part) => part.default))

/** A run as a link: by itself the one that is being set up. */
export function CopyLink(props: { config?: RunConfig }) {
  const { draft, link, models, shown, training } = useApp()
  const [said, setSaid] = createSignal('')
  const [embedding, setEmbedding] = createSignal<RunConfig | null>(null)
  const [byHand, setByHand] = createSignal<string | null>(null)

  function config(): RunConfig {
    if (props.config) return props.config
    const now = training.config() ?? draft.usable()
    // By its hash it is known whether the weights are the same.
    return { ...now, model: { ...now.model, hash: models.chosen()?.hash || null } }
  }

  // What was copied is a link to another run by now.
  createEffect(
    on(
      () => JSON.stringify(config()),
      () => {
        setSaid('')
        setByHand(null)
      },
      { defer: true },
    ),
  )

  async function copy(): Promise<void> {
    const of = config()
    const { href, without } = await link.write(of)
    const name = baseName(of.data.name) || t('open.someData')
    try {
      await navigator.clipboard.writeText(href)
      setByHand(null)
    } catch {
      // Pages that were not opened over https have no clipboard.
      setByHand(href)
    }
    setSaid(
      sentences(
        byHand() === null && t('link.copied'),
        without && t('link.without', { name }),
        of.data.corrections?.length && t('link.corrections'),
      ),
    )
  }

  return (
    // A file on somebody's stick has no address that others could follow.
    <Show when={!shown.embedded && oneFile() === null}>
      <div class="stack-s copy-link">
        <div class="row">
          <Button kind="quiet" onClick={() => void copy()}>
            {t('link.copy')}
          </Button>
          <Button kind="quiet" onClick={() => setEmbedding(config())}>
            {t('embed.open')}
          </Button>
        </div>
        <Show when={embedding()}>
          {(config) => (
            <Suspense>
              <EmbedDialog config={config()} onClose={() => setEmbedding(null)} />
            </Suspense>
          )}
        </Show>
        <p class="hint" role="status">
          {said()}
        </p>
        <Show when={byHand()}>
          {(href) => (
            <Field label={t('link.byHand')}>
              {(ids) => (
                <input
                  id={ids.id}
                  type="text"
                  readonly
                  value={href()}
                  onFocus={(event) => event.currentTarget.select()}
                />
              )}
            </Field>
          )}
        </Show>
      </div>
    </Show>
  )
}
