import type { TextRow } from '../dataset/rows.ts'
import { type RowNumbers, rowNumber } from '../lib/row-numbers.ts'
import type { Example } from '../protocol/batch.ts'
import { fail } from '../protocol/errors.ts'
import type { Conversation } from '../protocol/tokens.ts'
import type { TextTokenizer } from './tokenizer.ts'

/**
 * `gm.data.Seq2SeqTask` of the `gemma` package (gemma/gm/data/_tasks.py and _functional.py), token for token: how kauldron
 * trains Gemma on pairs of prompt and response. Unlike the chat template of the model's files it trims nothing, tokenises
 * prompt and response each by itself, and ends with `<end_of_turn>` without a newline.
 */

export interface Seq2SeqOptions {
  /** Positions of input and target; the sequence itself may have one token more. */
  maxLength: number
  /** Cut longer sequences at their end; otherwise they are refused. */
  truncate: boolean
  /** What the file calls its rows. */
  numbers?: RowNumbers
}

export interface Seq2SeqFields {
  /** [maxLength] ids, padded with 0 at the end. */
  input: Int32Array
  /** [maxLength] ids: the input shifted by one, with the response's last token. */
  target: Int32Array
  /** [maxLength] 1 where the target is learnt: the response, its `<end_of_turn>` included. */
  targetMask: Uint8Array
}

export interface Seq2SeqExample extends Example {
  /** Tokens before cutting. */
  length: number
}

const PAD = 0

/** Model input, target and loss mask of one pair. @throws LapidaryError `bad_data` for one that is too long. */
export function seq2seqFields(
  pair: { prompt: string; response: string; row: number },
  tokenizer: TextTokenizer,
  options: Seq2SeqOptions,
): Seq2SeqFields {
  const { tokens, supervised } = sequence(pair, tokenizer, options)
  const shift = (from: number, to: number) => {
    const padded = new Int32Array(options.maxLength).fill(PAD)
    padded.set(tokens.subarray(from, to))
    return padded
  }
  const length = tokens.length - 1
  const targetMask = new Uint8Array(options.maxLength)
  targetMask.set(supervised.subarray(1))
  return { input: shift(0, length), target: shift(1, length + 1), targetMask }
}

/**
 * The same as an example of the token table: the sequence whose shifts input and target are, without padding. At most
 * `maxLength` + 1 tokens.
 * @throws LapidaryError `bad_data` for rows that are no pair, and for those too long.
 */
export function seq2seqExample(
  input: Conversation | TextRow,
  tokenizer: TextTokenizer,
  options: Seq2SeqOptions,
): Seq2SeqExample {
  const pair = seq2seqPair(input, options.numbers)
  return { ...sequence(pair, tokenizer, options), row: input.row }
}

function sequence(
  { prompt, response, row }: { prompt: string; response: string; row: number },
  tokenizer: TextTokenizer,
  { maxLength, truncate, numbers }: Seq2SeqOptions,
): Omit<Seq2SeqExample, 'row'> {
  const bos = tokenizer.bos ?? noBos()
  const asked = tokenizer.encodeText(`<start_of_turn>user\n${prompt}<end_of_turn>\n<start_of_turn>model\n`)
  const answer = tokenizer.encodeText(`${response}<end_of_turn>`)
  const length = 1 + asked.length + answer.length
  if (length - 1 > maxLength && !truncate)
    fail(
      'bad_data',
      `Row ${rowNumber(row, numbers)} has ${length - 1} positions, more than max_length (${maxLength}).`,
      'Raise max_length, shorten the row, or let long rows be cut.',
      { row, length: length - 1, max_length: maxLength },
    )
  const tokens = new Uint32Array(length)
  tokens[0] = bos.id
  tokens.set(asked, 1)
  tokens.set(answer, 1 + asked.length)
  const supervised = new Uint8Array(length).fill(1, 1 + asked.length)
  return {
    tokens: tokens.subarray(0, maxLength + 1),
    supervised: supervised.subarray(0, maxLength + 1),
    length,
  }
}

/**
 * A row as the one prompt and response that Seq2SeqTask knows. A system message goes before the prompt, as Gemma's own
 * template puts it; of several turns the last answer is the response, and all before it the prompt, with the turns' tokens
 * in its text, which SentencePiece reads as such.
 * @throws LapidaryError `bad_data` for rows without question and answer in turn.
 */
export function seq2seqPair(
  input: Conversation | TextRow,
  numbers?: RowNumbers,
): {
  prompt: string
  response: string
  row: number
} {
  const { row } = input
  const noPair = (found: string) => refuse(row, found, numbers)
  if (!('messages' in input)) return noPair('plain text')
  const system = input.messages[0]?.role === 'system' ? input.messages[0].content : null
  const turns = system === null ? input.messages : input.messages.slice(1)
  if (input.tools || turns.some(({ calls }) => calls)) return noPair('a conversation with functions')
  const inTurn = turns.every(({ role }, i) => role === (i % 2 === 0 ? 'user' : 'assistant'))
  if (turns.length < 2 || turns.length % 2 !== 0 || !inTurn)
    return noPair(`a conversation of ${turns.map(({ role }) => role).join(', ') || 'no turns'}`)
  if (turns.at(-1)!.learn === false) return noPair('a conversation whose last answer is not to be learnt')
  const before = turns.slice(0, -1).map(({ role, content }, i) => {
    const opening = i === 0 ? '' : `<start_of_turn>${role === 'user' ? 'user' : 'model'}\n`
    return opening + content
  })
  const prompt = (system === null ? '' : `${system}\n\n`) + before.join('<end_of_turn>\n')
  return { prompt, response: turns.at(-1)!.content, row }
}

function refuse(row: number, found: string, numbers?: RowNumbers): never {
  fail(
    'bad_data',
    `Row ${rowNumber(row, numbers)} is ${found}; kauldron's Seq2SeqTask takes a prompt and a response.`,
    "Map a prompt and a response column, or use the model's own chat template.",
    { row },
  )
}

function noBos(): never {
  fail(
    'bad_model',
    'The tokenizer has no beginning-of-text token.',
    'Use the tokenizer files that came with the model.',
    { token: 'bos_token' },
  )
}
