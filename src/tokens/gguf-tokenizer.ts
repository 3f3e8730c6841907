import type { GgufFile } from '../files/gguf.ts'
import { type Metadata, metadataOf } from '../files/gguf-metadata.ts'
import { fail } from '../protocol/errors.ts'

/**
 * The tokenizer of a GGUF's metadata as tokenizer.json and tokenizer_config.json. SentencePiece keeps no merges: words have
 * scores, and merges follow from them as Transformers makes them (`convert_slow_tokenizer.py`, `generate_merges`).
 */
export interface GgufTokenizer {
  json: Record<string, unknown>
  config: Record<string, unknown>
  /** The model's own, or null. */
  chatTemplate: string | null
  /** Tokens that end a text. */
  endTokens: number[]
}

/** Kinds of words (`llama_token_type`). */
const [CONTROL, USER_DEFINED] = [3, 4]
const SPACE = '▁'
/** GGUF does not say which added tokens an answer is shown without; these are, in every Gemma, besides those that have a role. */
const SPECIAL = ['<start_of_turn>', '<end_of_turn>', '<start_of_image>', '<end_of_image>']
const END_OF_TURN = '<end_of_turn>'
const TEMPLATE = 'tokenizer.chat_template'
/** Letters of a word; Gemma 3's longest has 31. Each way of cutting one in two is tried. */
const MAX_WORD = 256

/** @throws LapidaryError `bad_model`, naming what the metadata lacks or contradicts */
export function ggufTokenizer(file: GgufFile): GgufTokenizer {
  const meta = metadataOf(file)
  const written = meta.texts('tokenizer.ggml.tokens')
  const types = meta.numbers('tokenizer.ggml.token_type')
  if (types.length !== written.length)
    meta.wrong('tokenizer.ggml.token_type', [...types].map(String), `there are ${written.length} words`)
  const long = written.find((word) => word.length > MAX_WORD)
  if (long !== undefined)
    meta.wrong(
      'tokenizer.ggml.tokens',
      long.slice(0, 40),
      `it has ${long.length} letters, ${MAX_WORD} are the most`,
    )
  const isAdded = (id: number) => types[id] === CONTROL || types[id] === USER_DEFINED
  // llama.cpp looks for added tokens before it puts marks for blanks, tokenizer.json after it.
  const words = written.map((word, id) => (types[id] === USER_DEFINED ? word.replaceAll(' ', SPACE) : word))
  const vocab = new Map(words.map((word, id) => [word, id]))
  if (vocab.size !== words.length) twice(words, vocab, meta)
  checkGemma(vocab, file, meta)
  const role = (name: string) => roleOf(`tokenizer.ggml.${name}_token_id`, words, meta)
  const [bos, eos, unk, pad] = [role('bos'), role('eos'), role('unknown'), role('padding')]
  const special = new Set([...[bos, eos, unk, pad].map((token) => token?.word), ...SPECIAL])
  const addsBos = meta.flag('tokenizer.ggml.add_bos_token', true)
  const chatTemplate = meta.has(TEMPLATE) ? meta.text(TEMPLATE) : null
  const endOfTurn = role('eot')?.id ?? (chatTemplate === null ? undefined : vocab.get(END_OF_TURN))
  return {
    json: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: words.flatMap((content, id) =>
        isAdded(id) ? [added(id, content, special.has(content))] : [],
      ),
      normalizer: { type: 'Replace', pattern: { String: ' ' }, content: SPACE },
      pre_tokenizer: {
        type: 'Split',
        pattern: { String: ' ' },
        behavior: 'MergedWithPrevious',
        invert: false,
      },
      post_processor: addsBos && bos ? around(bos) : null,
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
        ],
      },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: unk?.word ?? null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: true,
        byte_fallback: true,
        ignore_merges: false,
        vocab: Object.fromEntries(vocab),
        merges: mergesOf(words, vocab, isAdded, file, meta),
      },
    },
    config: {
      add_bos_token: addsBos,
      add_eos_token: false,
      bos_token: bos?.word ?? null,
      eos_token: eos?.word ?? null,
      pad_token: pad?.word ?? null,
      unk_token: unk?.word ?? null,
      clean_up_tokenization_spaces: false,
      spaces_between_special_tokens: false,
      tokenizer_class: 'GemmaTokenizer',
    },
    chatTemplate,
    endTokens: [...new Set([vocab.get('<eos>'), eos?.id, endOfTurn].filter((id) => id !== undefined))],
  }
}

interface Token {
  id: number
  word: string
}

function roleOf(key: string, words: readonly string[], meta: Metadata): Token | null {
  if (!meta.has(key)) return null
  const id = meta.id(key)
  const word = words[id] ?? meta.wrong(key, id, `there are ${words.length} words`)
  return { id, word }
}

function twice(words: readonly string[], vocab: ReadonlyMap<string, number>, meta: Metadata): never {
  const word = words.find((given, id) => vocab.get(given) !== id)!
  return meta.wrong('tokenizer.ggml.tokens', word, 'a word may be there only once')
}

function checkGemma(vocab: ReadonlyMap<string, number>, { name }: GgufFile, meta: Metadata): void {
  if (vocab.has('<0x00>') && vocab.has(SPACE) && !meta.flag('tokenizer.ggml.add_space_prefix', false)) return
  fail(
    'unsupported_model',
    `The tokenizer in ${name} (${meta.text('tokenizer.ggml.model', 'of no name')}) is not of Gemma's kind: its words have no bytes to fall back on, other marks for blanks, or a blank put before every text.`,
    'Use a GGUF of a Gemma.',
    { file: name, field: 'tokenizer.ggml.model' },
  )
}

const added = (id: number, content: string, special: boolean) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special,
})

/** `<bos>` before every text. */
function around({ id, word }: Token) {
  const bos = (type: number) => ({ SpecialToken: { id: word, type_id: type } })
  const text = (name: string, type: number) => ({ Sequence: { id: name, type_id: type } })
  return {
    type: 'TemplateProcessing',
    single: [bos(0), text('A', 0)],
    pair: [bos(0), text('A', 0), bos(1), text('B', 1)],
    special_tokens: { [word]: { id: word, ids: [id], tokens: [word] } },
  }
}

function mergesOf(
  words: readonly string[],
  vocab: ReadonlyMap<string, number>,
  isAdded: (id: number) => boolean,
  { name }: GgufFile,
  meta: Metadata,
): [string, string][] {
  const [merges, scores] = ['tokenizer.ggml.merges', 'tokenizer.ggml.scores']
  if (meta.has(merges)) return meta.texts(merges).map((merge) => splitMerge(merge, vocab, merges, meta))
  if (!meta.has(scores))
    fail(
      'bad_model',
      `The tokenizer in ${name} has neither scores nor merges, so that no text can be cut into its words.`,
      'Fetch another copy of the model.',
      { file: name, field: scores },
    )
  const values = meta.numbers(scores)
  if (values.length !== words.length)
    meta.wrong(scores, [...values].map(String), `there are ${words.length} words`)
  // Added tokens come first of all in SentencePiece; GGUF gives them a score of its own making.
  return mergesByScore(words, vocab, (id) => (isAdded(id) ? 0 : values[id]!))
}

/** Two words with a blank between; a word may have blanks itself, written as marks. */
function splitMerge(
  merge: string,
  vocab: ReadonlyMap<string, number>,
  key: string,
  meta: Metadata,
): [string, string] {
  const at = merge.indexOf(' ')
  const pair: [string, string] = [merge.slice(0, at), merge.slice(at + 1)]
  if (at < 1 || !pair.every((word) => vocab.has(word)))
    meta.wrong(key, merge, 'a merge must be two of the words, with a blank between')
  return pair
}

/** Every way in which a word is two others, the best word first; of one word, or of equal scores, the longest beginning. */
function mergesByScore(
  words: readonly string[],
  vocab: ReadonlyMap<string, number>,
  scoreOf: (id: number) => number,
): [string, string][] {
  const found: { pair: [string, string]; score: number; lengths: [number, number] }[] = []
  for (const [id, word] of words.entries()) {
    const letters = Array.from(word)
    const own: { pair: [string, string]; lengths: [number, number] }[] = []
    let at = 0
    for (let i = 1; i < letters.length; i++) {
      at += letters[i - 1]!.length
      const pair: [string, string] = [word.slice(0, at), word.slice(at)]
      if (vocab.has(pair[0]) && vocab.has(pair[1])) own.push({ pair, lengths: [i, letters.length - i] })
    }
    own.sort(
      (a, b) =>
        vocab.get(a.pair[0])! - vocab.get(b.pair[0])! || vocab.get(a.pair[1])! - vocab.get(b.pair[1])!,
    )
    const score = scoreOf(id)
    for (const merge of own) found.push({ ...merge, score })
  }
  found.sort((a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1])
  return found.map(({ pair }) => pair)
}
