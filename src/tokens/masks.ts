import type { TextRow } from '../dataset/rows.ts'
import { type RowNumbers, rowNumber } from '../lib/row-numbers.ts'
import type { Example } from '../protocol/batch.ts'
import { fail } from '../protocol/errors.ts'
import type { Conversation } from '../protocol/tokens.ts'
import type { ChatTokenizer } from './chat.ts'
import { seq2seqExample } from './kauldron.ts'
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
 * supervised from where it leaves the prompt (rendered with its generation prompt) to where it ends, its end-of-turn
 * token and the newline after it included. Plain text gets `<bos>` before it and the end-of-text token after it.
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
  const text = conversation ? chat.template.render(input.messages) : endedText(input.text, tokenizer)
  const all = tokenizer.encode(text, { addSpecial: !conversation })
  checkIds(all, input.row, tokenizer, options)
  const supervised = new Uint8Array(all.length)
  if (conversation && options.completionOnly)
    for (const [start, end] of assistantSpans(input, text, all, chat)) supervised.fill(1, start, end)
  else {
    supervised.fill(1)
    if (conversation)
      for (const [start, end] of assistantSpans(input, text, all, chat, false)) supervised.fill(0, start, end)
  }
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

/** Token spans [start, end) of the assistant's turns that are learnt, or are not, in a rendered conversation. */
function assistantSpans(
  { messages }: Conversation,
  text: string,
  tokens: Uint32Array,
  { template, tokenizer }: ChatTokenizer,
  learnt = true,
): [number, number][] {
  const cuts: string[] = []
  if (!learnt && !messages.some((message) => message.learn === false)) return []
  messages.forEach((message, i) => {
    if (message.role !== 'assistant' || (message.learn !== false) !== learnt) return
    cuts.push(template.render(messages.slice(0, i), true))
    cuts.push(i === messages.length - 1 ? text : template.render(messages.slice(0, i + 1)))
  })
  const ends = tokenEnds(tokens, text, tokenizer)
  const indices = cuts.map((cut) => {
    if (cut === text) return tokens.length
    return ends && text.startsWith(cut)
      ? tokensWithin(ends, utf8Length(cut))
      : commonPrefix(tokenizer.encode(cut), tokens)
  })
  return indices.flatMap((start, i): [number, number][] => (i % 2 === 0 ? [[start, indices[i + 1]!]] : []))
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

/** TRL's own rule: the completion starts where the prompt's tokens and the whole's first differ. */
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
