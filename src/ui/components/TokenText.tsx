import { createMemo, For, Show } from 'solid-js'
import type { TokenisedSample } from '../../protocol/studio.ts'
import { t } from '../messages/t.ts'
import { gradually } from './gradual.ts'

type Piece = TokenisedSample['pieces'][number]

interface Run {
  supervised: boolean
  pieces: Piece[]
  /** Place of the first among all that are shown. */
  start: number
  /** Tokens left out before it. */
  skipped: number
}

/** Tokens drawn at once. */
const STEP = 80
/** Tokens shown of a very long example, at its beginning and at its end. */
const EACH_END = 400

function runsOf(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = []
  const skipped = Math.max(0, pieces.length - 2 * EACH_END)
  const shown = skipped > 0 ? [...pieces.slice(0, EACH_END), ...pieces.slice(-EACH_END)] : pieces
  for (const [i, piece] of shown.entries()) {
    const last = runs.at(-1)
    const gap = skipped > 0 && i === EACH_END ? skipped : 0
    if (last && last.supervised === piece.supervised && gap === 0) last.pieces.push(piece)
    else runs.push({ supervised: piece.supervised, pieces: [piece], start: i, skipped: gap })
  }
  return runs
}

/**
 * An example as the model sees it: one box a token. Tokens that are learnt are underlined, bold in tint and grouped
 * under a spoken heading; those that are only read are plain. So colour is never the only difference.
 */
export function TokenText(props: { pieces: Piece[]; lost?: Piece[] | undefined }) {
  const runs = createMemo(() => runsOf(props.pieces))
  const drawn = gradually(() => Math.min(props.pieces.length, 2 * EACH_END), STEP)
  const begun = () => runs().filter((run) => run.start < drawn())
  return (
    <div class="tokens">
      <For each={begun()}>
        {(run) => (
          <>
            <Show when={run.skipped > 0}>
              <p class="skipped small quiet">{t('tokens.skipped', { count: run.skipped })}</p>
            </Show>
            <span classList={{ learnt: run.supervised, read: !run.supervised }}>
              <span class="visually-hidden">{t(run.supervised ? 'tokens.learnt' : 'tokens.read')}: </span>
              <For each={run.pieces.slice(0, drawn() - run.start)}>
                {(piece) => (
                  <span class="token" title={t('tokens.id', { id: String(piece.id) })}>
                    {visibleToken(piece.text)}
                  </span>
                )}
              </For>
            </span>
          </>
        )}
      </For>
      <Show when={props.lost?.length}>
        <span class="lost">
          <span class="visually-hidden">{t('tokens.lost')}: </span>
          <span class="cut-mark" aria-hidden="true">
            ✂
          </span>
          <For each={props.lost}>{(piece) => <span class="token">{visibleToken(piece.text)}</span>}</For>
        </span>
      </Show>
    </div>
  )
}

/** How the two kinds of token look, in words and in the same styles. */
export function TokenLegend(props: { lost?: boolean; bytes?: boolean }) {
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
      <Show when={props.bytes}>
        <span class="tokens read">
          <span class="token">{t('tokens.byte')}</span>
        </span>
        <span class="quiet">{t('tokens.byteNote')}</span>
      </Show>
    </p>
  )
}

/** A token that is one byte, where a character is none of the vocabulary. */
export const isByte = (text: string): boolean => /^<0x[0-9A-F]{2}>$/.test(text)

/** With signs for what cannot be seen. */
export function visibleToken(text: string): string {
  // The sign stands before the line end itself, at which the line is broken.
  return text.replace(/\n/g, '↵\n').replace(/\t/g, '⇥')
}
