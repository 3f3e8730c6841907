import type { TextRow } from '../dataset/rows.ts'
import { type RowNumbers, rowNumber } from '../lib/row-numbers.ts'
import type { Example } from '../protocol/batch.ts'
import { fail } from '../protocol/errors.ts'
import type { Conversation } from '../protocol/tokens.ts'
import type { ChatTokenizer } from './chat.ts'
import { seq2seqExample } from './kauldron.ts'
import { renderTurns } from './spans.ts'
import { type TextTokenizer, utf8Length } from './tokenizer.ts'

export interface MaskOptions {
  /** Tokens an example may have; the rest is cut off at its end, as TRL does. */
  maxLength: number
  /** Learn the assistant's turns only; else every token but the first. Plain text is always learnt whole. */
  completionOnly: boolean
  /** `kauldron`: as `gm.data.Seq2SeqTask` does, with one position less than `maxLength` tokens. Default `template`. */
  format?: 'template' | 'kauldron'
  /** Words of the model; a token beyond them has no embedding. */
  vocabSize: number
  /** What the file calls its rows. */
  numbers?: RowNumbers
  /** Tokens that the model was made for: no advice goes beyond them. */
  maxPositions?: number
}

export interface MaskedExample extends Example {
  /** Tokens before cutting. */
  length: number
}

/**
 * Tokenises one row as TRL's SFTTrainer does. A conversation is rendered by the model's template; an assistant's turn is
 * supervised from behind its opening to where it ends, its end-of-turn token and the newline after it included; responses of
 * functions, which are no turns of the model's, never are. Plain text gets `<bos>` before it and the end-of-text token after it.
 * @throws LapidaryError `bad_data` where the template refuses the row or a token has no embedding.
 */
export function maskExample(
  input: Conversation | TextRow,
  chat: ChatTokenizer,
  options: MaskOptions,
): MaskedExample {
  const { tokenizer } = chat
  if (options.format === 'kauldron') {
    const example = seq2seqExample(input, tokenizer, {
      maxLength: options.maxLength - 1,
      truncate: true,
      ...(options.numbers ? { numbers: options.numbers } : {}),
    })
    checkIds(example.tokens, input.row, tokenizer, options)
    return example
  }
  const conversation = 'messages' in input
  const { completionOnly } = options
  // Turns that are learnt, or where all but some are, those that are not.
  const { text, turns } = conversation
    ? renderTurns(input, chat.template, ({ learn }) => (learn !== false) === completionOnly)
    : { text: endedText(input.text, tokenizer), turns: new Map() }
  const all = tokenizer.encode(text, { addSpecial: !conversation })
  checkIds(all, input.row, tokenizer, options)
  const singled = conversation && completionOnly
  const supervised = new Uint8Array(all.length).fill(singled ? 0 : 1)
  for (const [start, end] of tokenSpans([...turns.values()], text, all, tokenizer))
    supervised.fill(singled ? 1 : 0, start, end)
  // Nothing predicts the first token.
  supervised[0] = 0
  return {
    tokens: all.subarray(0, options.maxLength),
    supervised: supervised.subarray(0, options.maxLength),
    row: input.row,
    length: all.length,
  }
}

function endedText(text: string, tokenizer: TextTokenizer): string {
  const end = tokenizer.eos?.text ?? ''
  return text.endsWith(end) ? text : text + end
}

/** Token spans [start, end) of spans of characters in a text. */
function tokenSpans(
  spans: readonly [number, number][],
  text: string,
  tokens: Uint32Array,
  tokenizer: TextTokenizer,
): [number, number][] {
  if (spans.length === 0) return []
  const ends = tokenEnds(tokens, text, tokenizer)
  const tokenAt = (cut: number) => {
    if (cut === text.length) return tokens.length
    return ends
      ? tokensWithin(ends, utf8Length(text, 0, cut))
      : commonPrefix(tokenizer.encode(text.slice(0, cut)), tokens)
  }
  return spans.map(([start, end]) => [tokenAt(start), tokenAt(end)])
}

/**
 * Byte offset in the text at which each token ends, so that a text is tokenised once and not again for each cut. Null
 * where tokens do not add up to the text (it holds a literal `▁`, or a character without a token).
 */
function tokenEnds(tokens: Uint32Array, text: string, tokenizer: TextTokenizer): Uint32Array | null {
  const ends = new Uint32Array(tokens.length)
  let at = 0
  for (let i = 0; i < tokens.length; i++) ends[i] = at += tokenizer.byteLength(tokens[i]!)
  return at === utf8Length(text) ? ends : null
}

/** Leading tokens that lie wholly within so many bytes: one that reaches over the cut belongs to what follows. */
function tokensWithin(ends: Uint32Array, bytes: number): number {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ends[middle]! <= bytes) low = middle + 1
    else high = middle
  }
  return low
}

/** Leading tokens that a part of the text and the whole of it have in common. */
function commonPrefix(a: Uint32Array, b: Uint32Array): number {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  return i
}

function checkIds(
  tokens: Uint32Array,
  row: number,
  tokenizer: TextTokenizer,
  { vocabSize, numbers }: MaskOptions,
): void {
  for (const id of tokens)
    if (id >= vocabSize)
      fail(
        'bad_data',
        `Row ${rowNumber(row, numbers)} contains ${tokenizer.tokenText(id)}, which this model has no embedding for.`,
        'Take it out of the text.',
        { row, token: tokenizer.tokenText(id) },
      )
}
