import { breathe } from '../../lib/breath.ts'
import { SITE, shuffle } from '../../lib/threefry.ts'
import type { AugmentConfig } from '../../protocol/data-steps.ts'
import type { Finding } from '../../protocol/preparation.ts'
import type { Conversation, Origin } from '../../protocol/tokens.ts'
import type { TextRow } from '../rows.ts'
import { sameForm } from '../steps/deduplicate.ts'
import { addNoise } from './noise.ts'
import { Draws } from './random.ts'
import { reword } from './reword.ts'

/** A row with how it came to be. */
export type MadeRow = (Conversation | TextRow) & { origin: Origin }

export interface Augmented {
  /** Made rows only, to be put behind the training rows. Each bears the data-set row it was made from. */
  made: MadeRow[]
  findings: Finding[]
}

export interface AugmentOptions {
  synthetic?: readonly Conversation[]
  held?: readonly (Conversation | TextRow)[]
  signal?: AbortSignal
}

/** Tries for one made row to come out different from its source and from its siblings. */
const TRIES = 4

/**
 * Makes further training rows: reworded and noisy versions of the prompts, and examples that a model wrote. Answers are
 * never altered. Call it with training rows only: nothing made may get into validation or test.
 * @param options `synthetic`: examples written earlier, of which `synthetic_ratio` for each training row are taken; `held`:
 * validation and test rows, whose questions nothing made may ask, or the model would be trained on them
 */
export async function augment(
  train: readonly (Conversation | TextRow)[],
  config: AugmentConfig,
  seed: number,
  { synthetic = [], held = [], signal }: AugmentOptions = {},
): Promise<Augmented> {
  const made: MadeRow[] = []
  const findings: Finding[] = []
  let paused = performance.now()
  const asked = train.flatMap((row, i) => ('messages' in row && lastQuestion(row) >= 0 ? [i] : []))
  const kinds = [
    ['reworded', config.reworded, (text: string, draws: Draws) => reword(text, config.rewordings, draws)],
    ['noisy', config.noisy, (text: string, draws: Draws) => addNoise(text, config.noise, draws)],
  ] as const
  const known = new Set(asked.map((i) => questionOf(train[i] as Conversation)))
  const heldOut = new Set(held.flatMap((row) => formOf(row) ?? []))
  for (const [stream, [origin, ratio, change]] of kinds.entries()) {
    const wanted = Math.round(ratio * asked.length)
    if (wanted === 0) continue
    let count = 0
    // Passes over an order drawn by seed, so that a ratio of a half takes every other row at random, and 2 each twice.
    const order = shuffle(asked.length, seed, stream, SITE.augment)
    for (let pass = 0; count < wanted && pass < Math.ceil(ratio) + 2; pass++)
      for (const place of order) {
        if (count === wanted) break
        if (performance.now() - paused > 30) {
          // A worker must come up for air to hear of a stop.
          await breathe()
          signal?.throwIfAborted()
          paused = performance.now()
        }
        const i = asked[place]!
        const row = train[i] as Conversation
        const text = variant(
          row,
          change,
          (text) => known.has(text) || heldOut.has(formOf(withQuestion(row, text))!),
          (round) => new Draws(seed, i, 1 + stream + 2 * (pass * TRIES + round)),
        )
        if (text === null) continue
        known.add(text)
        made.push({ ...withQuestion(row, text), origin })
        count++
      }
    if (count < wanted) findings.push(shortfall(origin, wanted, count))
  }
  if (synthetic.length > 0 && config.synthetic_ratio > 0) {
    const wanted = Math.min(synthetic.length, Math.round(config.synthetic_ratio * train.length))
    const chosen = [...shuffle(synthetic.length, seed, kinds.length, SITE.augment)]
      .filter((i) => !heldOut.has(formOf(synthetic[i]!) ?? ''))
      .slice(0, wanted)
      .sort((a, b) => a - b)
    for (const i of chosen) made.push({ ...synthetic[i]!, origin: 'synthetic' })
  }
  if (train.length > 0 && asked.length === 0 && (config.reworded > 0 || config.noisy > 0))
    findings.push({
      kind: 'step',
      severity: 'warning',
      message: 'No row asks anything, so none was reworded or made noisy.',
      hint: 'Rewording and noise alter prompts. They need prompt-and-response data or conversations.',
    })
  return { made, findings }
}

function variant(
  row: Conversation,
  change: (text: string, draws: Draws) => string | null,
  refused: (text: string) => boolean,
  drawsFor: (round: number) => Draws,
): string | null {
  const question = questionOf(row)
  for (let round = 0; round < TRIES; round++) {
    const text = change(question, drawsFor(round))
    if (text !== null && text.trim() !== '' && !refused(text)) return text
  }
  return null
}

function shortfall(origin: Origin, wanted: number, count: number): Finding {
  const what = origin === 'reworded' ? 'rewordings' : 'noisy versions'
  return {
    kind: 'step',
    severity: 'note',
    message: `${count} ${what} were made of the ${wanted} asked for.`,
    hint:
      origin === 'reworded'
        ? 'The built-in ways of asking are English and few. Give ways of your own, with {prompt} where the prompt goes.'
        : 'Short prompts can only be mistyped in so many ways. Raise the shares of noise, or ask for fewer.',
    count,
  }
}

/** Index of the last turn by the user, which is what is varied. */
function lastQuestion({ messages }: Conversation): number {
  return messages.map(({ role }) => role).lastIndexOf('user')
}

/**
 * What a row asks, with all that was said before, in the form in which it is compared; null where it asks nothing. System
 * text does not count.
 */
function formOf(row: Conversation | TextRow): string | null {
  const at = 'messages' in row ? lastQuestion(row) : -1
  if (at < 0) return null
  const said = (row as Conversation).messages.slice(0, at + 1).filter(({ role }) => role !== 'system')
  return said.map(({ content }) => sameForm(content)).join('\n')
}

function questionOf(row: Conversation): string {
  return row.messages[lastQuestion(row)]!.content
}

function withQuestion(row: Conversation, text: string): Conversation {
  const at = lastQuestion(row)
  return {
    ...row,
    messages: row.messages.map((message, i) => (i === at ? { ...message, content: text } : message)),
  }
}
