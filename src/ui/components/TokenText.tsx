import { createMemo, For, Show } from 'solid-js'
import type { TokenisedSample } from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'

type Piece = TokenisedSample['pieces'][number]

/**
 * An example as the model sees it: one box a token. Tokens that are learnt are underlined, bold in tint and grouped
 * under a spoken heading; those that are only read are plain. So colour is never the only difference.
 */
export function TokenText(props: { pieces: Piece[]; lost?: Piece[] | undefined }) {
  const runs = createMemo(() => {
    const grouped: { supervised: boolean; pieces: Piece[] }[] = []
    for (const piece of props.pieces) {
      const last = grouped.at(-1)
      if (last && last.supervised === piece.supervised) last.pieces.push(piece)
      else grouped.push({ supervised: piece.supervised, pieces: [piece] })
    }
    return grouped
  })
  return (
    <div class="tokens">
      <For each={runs()}>
        {(run) => (
          <span classList={{ learnt: run.supervised, read: !run.supervised }}>
            <span class="visually-hidden">{t(run.supervised ? 'tokens.learnt' : 'tokens.read')}: </span>
            <For each={run.pieces}>
              {(piece) => (
                <span class="token" title={t('tokens.id', { id: String(piece.id) })}>
                  {visible(piece.text)}
                </span>
              )}
            </For>
          </span>
        )}
      </For>
      <Show when={props.lost?.length}>
        <span class="lost">
          <span class="visually-hidden">{t('tokens.lost')}: </span>
          <span class="cut-mark" aria-hidden="true">
            ✂
          </span>
          <For each={props.lost}>{(piece) => <span class="token">{visible(piece.text)}</span>}</For>
        </span>
      </Show>
    </div>
  )
}

/** How the two kinds of token look, in words and in the same styles. */
export function TokenLegend(props: { lost?: boolean }) {
  return (
    <p class="token-legend small">
      <span class="tokens learnt">
        <span class="token">{t('tokens.learnt')}</span>
      </span>
      <span class="quiet">{t('tokens.learntNote')}</span>
      <span class="tokens read">
        <span class="token">{t('tokens.read')}</span>
      </span>
      <span class="quiet">{t('tokens.readNote')}</span>
      <Show when={props.lost}>
        <span class="tokens lost">
          <span class="token">{t('tokens.lost')}</span>
        </span>
        <span class="quiet">{t('tokens.lostNote')}</span>
      </Show>
    </p>
  )
}

function visible(text: string): string {
  // The sign stands before the line end itself, at which the line is broken.
  return text.replace(/\n/g, '↵\n').replace(/\t/g, '⇥')
}
