import type { GgufMeta } from '../files/gguf-writer.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { JsonObject } from './model-files.ts'

/**
 * A tokenizer.json as llama.cpp's converter writes Gemma's (`convert_hf_to_gguf.py`, `_create_vocab_sentencepiece`): words with scores and
 * kinds. SentencePiece's scores fall with a word's rank, which the order of the merges gives.
 */

/** Kinds of words (`llama_token_type`). */
const [NORMAL, CONTROL, USER_DEFINED, UNUSED, BYTE] = [1, 3, 4, 5, 6]
/** Scores of added tokens, and of words that no merge makes, in the converter. */
const [ADDED_SCORE, NO_SCORE] = [-1000, -10000]
const SPACE = '▁'

interface AddedToken {
  id: number
  content: string
  special: boolean
}

/** @throws LapidaryError `unsupported_format` for a tokenizer that is not Gemma's kind of BPE */
export function ggufTokenizerMeta(
  json: JsonObject,
  { vocabSize, bosTokenId, eosTokenIds, padTokenId }: ModelConfig,
  stops: readonly number[],
  template: string,
): Record<string, GgufMeta> {
  const { vocab, merges, unk } = modelOf(json)
  // Gemma 3 without eyes has a word for images behind its last row; the converter leaves such out.
  const added = ((json.added_tokens ?? []) as AddedToken[]).filter(({ id }) => id < vocabSize)
  const words: string[] = []
  const kinds: number[] = []
  const scores: number[] = []
  const ranks = ranksOf(merges)
  for (const [word, id] of vocab) {
    words[id] = word
    kinds[id] = /^<0x[0-9A-F]{2}>$/.test(word) ? BYTE! : NORMAL!
    const rank = ranks.get(word)
    scores[id] = rank === undefined ? NO_SCORE! : -rank
  }
  for (const { id, content, special } of added) {
    const control = special || looksSpecial(content)
    // llama.cpp looks for added tokens before it puts marks for blanks.
    words[id] = control ? content : content.replaceAll(SPACE, ' ')
    kinds[id] = control ? CONTROL! : USER_DEFINED!
    scores[id] = ADDED_SCORE!
  }
  for (let id = 0; id < vocabSize; id++)
    if (words[id] === undefined) {
      words[id] = `[PAD${id}]`
      kinds[id] = UNUSED!
      scores[id] = NO_SCORE!
    }
  if (words.length > vocabSize)
    fail(
      'unsupported_format',
      `The tokenizer has ${words.length} words, the model ${vocabSize}.`,
      'Export the merged folder.',
      { expected: vocabSize, found: words.length },
    )
  const unknown = unk === null ? undefined : vocab.get(unk)
  const turn = stops.find((id) => !eosTokenIds.includes(id) || words[id] === '<end_of_turn>')
  return {
    'tokenizer.ggml.model': ['text', 'llama'],
    'tokenizer.ggml.pre': ['text', 'default'],
    'tokenizer.ggml.tokens': ['text[]', words],
    'tokenizer.ggml.scores': ['f32[]', scores],
    'tokenizer.ggml.token_type': ['i32[]', kinds],
    // The words' scores say how they are put together; where they do not say all of it, the merges do.
    ...(follow(merges, vocab, new Set(added.map(({ id }) => id)), ranks)
      ? {}
      : { 'tokenizer.ggml.merges': ['text[]', merges.map((pair) => pair.join(' '))] as const }),
    'tokenizer.ggml.bos_token_id': ['u32', bosTokenId],
    'tokenizer.ggml.eos_token_id': ['u32', eosTokenIds[0]!],
    ...(turn === undefined ? {} : { 'tokenizer.ggml.eot_token_id': ['u32', turn] as const }),
    ...(unknown === undefined ? {} : { 'tokenizer.ggml.unknown_token_id': ['u32', unknown] as const }),
    'tokenizer.ggml.padding_token_id': ['u32', padTokenId],
    'tokenizer.ggml.add_bos_token': ['bool', true],
    'tokenizer.ggml.add_eos_token': ['bool', false],
    'tokenizer.ggml.add_space_prefix': ['bool', false],
    'tokenizer.chat_template': ['text', template],
  }
}

type Pair = [string, string]

function modelOf(json: JsonObject) {
  const model = json.model as JsonObject | undefined
  if (model?.type !== undefined && model.type !== 'BPE')
    fail(
      'unsupported_format',
      `tokenizer.json is of the kind ${String(model.type)}, not BPE.`,
      'Export the merged folder.',
    )
  const vocab = new Map(Object.entries((model?.vocab ?? {}) as Record<string, number>))
  const merges = ((model?.merges ?? []) as (string | Pair)[]).map((merge): Pair => {
    if (typeof merge !== 'string') return merge
    const at = merge.indexOf(' ', 1)
    return [merge.slice(0, at), merge.slice(at + 1)]
  })
  return { vocab, merges, unk: typeof model?.unk_token === 'string' ? model.unk_token : null }
}

/** Rank of each word that a merge makes: the first such merge's, words counted. */
function ranksOf(merges: readonly Pair[]): Map<string, number> {
  const ranks = new Map<string, number>()
  for (const [a, b] of merges) {
    const word = a + b
    if (!ranks.has(word)) ranks.set(word, ranks.size)
  }
  return ranks
}

/** Whether the merges are all that scores say: every way in which a word is two others, the longest beginning first. */
function follow(
  merges: readonly Pair[],
  vocab: ReadonlyMap<string, number>,
  added: ReadonlySet<number>,
  ranks: ReadonlyMap<string, number>,
): boolean {
  let next = 0
  const same = (pair: Pair) => {
    const merge = merges[next++]
    return merge !== undefined && merge[0] === pair[0] && merge[1] === pair[1]
  }
  const splits = (word: string) => {
    const letters = Array.from(word)
    const pairs: Pair[] = []
    for (let i = letters.length - 1; i > 0; i--) {
      const pair: Pair = [letters.slice(0, i).join(''), letters.slice(i).join('')]
      if (pair.every((part) => vocab.has(part))) pairs.push(pair)
    }
    return pairs
  }
  for (const word of ranks.keys()) if (!splits(word).every(same)) return false
  if (next !== merges.length) return false
  for (const [word, id] of vocab)
    if (!ranks.has(word) && !added.has(id) && splits(word).length > 0) return false
  return true
}

/** As the converter has it (`does_token_look_special`). */
const looksSpecial = (word: string) =>
  ['<pad>', '<mask>', '<2mass>', '[@BOS@]'].includes(word) ||
  /^<\|.*\|>$/.test(word) ||
  /^<unused.*>$/.test(word)
