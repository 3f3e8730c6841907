import { For, Show } from 'solid-js'
import type { Fit, FitChange } from '../../protocol/studio.ts'
import { formatBytes, formatCount } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { Button } from './Button.tsx'
import { Fold } from './Fold.tsx'
import { Notice } from './Notice.tsx'

/** What a run needs beside what it may take; where that is too much, what would make it fit, each a press away. */
export function FitView(props: { fit: Fit; tokens: number; onChange: (change: FitChange) => void }) {
  const figures = () => ({
    needs: formatBytes(props.fit.needs),
    grants: formatBytes(props.fit.grants),
    from: t(`fit.from.${props.fit.from}`),
  })
  const about = () =>
    props.fit.exact ? t('fit.exact') : t('fit.most', { tokens: formatCount(props.tokens) })
  return (
    <div class="stack-s">
      <Show
        when={props.fit.fits}
        fallback={
          <Notice
            tone="warning"
            title={t(props.fit.limit === 'binding' ? 'fit.binding' : 'fit.short', figures())}
            actions={
              <For each={props.fit.changes}>
                {(change) => (
                  <Button onClick={() => props.onChange(change)}>
                    {t('fit.changeTo', { change: changeName(change), needs: formatBytes(change.needs) })}
                  </Button>
                )}
              </For>
            }
          >
            <p class="small">{about()}</p>
            <p>{t(wayOut(props.fit.changes))}</p>
          </Notice>
        }
      >
        <p>{t('fit.fits', figures())}</p>
        <p class="hint">{about()}</p>
      </Show>
      <Show when={props.fit.bytes}>
        {(bytes) => (
          <Fold summary={t('fit.parts')} small>
            <dl class="facts">
              <For each={PARTS}>
                {(part) => (
                  <>
                    <dt>{t(`fit.part.${part}`)}</dt>
                    <dd>{formatBytes(bytes()[part])}</dd>
                  </>
                )}
              </For>
            </dl>
          </Fold>
        )}
      </Show>
    </div>
  )
}

/** What is said before the changes that can be pressed. */
function wayOut(changes: readonly FitChange[]) {
  if (changes.length === 0) return 'fit.nothing'
  if (!changes[0]!.fits) return 'fit.nearest'
  return changes.length === 1 ? 'fit.one' : 'fit.any'
}

const PARTS = ['weights', 'adapter', 'activations', 'decode', 'io'] as const

/** What a change does, in a few words. */
export function changeName({ what, to, set }: FitChange): string {
  const summed = set.training?.gradient_accumulation_steps ?? 1
  return t(`fit.change.${what}`, { to: typeof to === 'number' ? formatCount(to) : to, summed })
}
