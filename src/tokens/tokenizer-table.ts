import { Tokenizer } from '@huggingface/tokenizers'
import type { SafeRegex } from '../lib/safe-regex.ts'
import { fail } from '../protocol/errors.ts'
import { Merging } from './merging.ts'
import { type AddedToken, type Borders, bordersOf, type PieceCutter, pieceCutter } from './pieces.ts'
import { checkTokenizerJson, patternsIn } from './tokenizer-check.ts'
import { WordTable } from './word-table.ts'

type Json = Record<string, unknown>

/** Of one that is kept: other ones are made again. */
const VERSION = 1

/** What is kept of a tokenizer.json, before its words and merges. */
interface Head {
  version: number
  json: Json
  borders: Borders
  /** A letter that is in no word; it stands between them. */
  between: string
  words: number
  /** Of the words' text. */
  bytes: number
  merges: number
}

/**
 * A tokenizer.json that has been read and checked, so that it need not be again: 262,144 words and half a million merges of 33 MB take
 * two seconds as JSON, and a tenth of that as they are kept here.
 */
export class TokenizerTable {
  /** As it was read, but for words and merges that are in `words`. */
  readonly json: Json
  /** Null where the library has to work with them as they are in `json`. */
  readonly words: WordTable | null
  /** Regular expressions that texts are searched by; no Gemma has any. */
  readonly patterns: readonly SafeRegex[]
  /** Largest number of a word, plus one. */
  readonly vocabSize: number
  readonly #borders: Borders

  private constructor(
    json: Json,
    { words, patterns, borders }: { words: WordTable | null; patterns: SafeRegex[]; borders: Borders },
  ) {
    this.json = json
    this.words = words
    this.patterns = patterns
    this.#borders = borders
    const ids = words?.ids ?? Object.values((json.model as { vocab: Record<string, number> }).vocab)
    let largest = -1
    for (const id of ids) if (id > largest) largest = id
    this.vocabSize = largest + 1
  }

  /**
   * @param json parsed tokenizer.json
   * @throws LapidaryError `bad_model` where it is of another kind or broken
   */
  static read(json: unknown): TokenizerTable {
    const model = isRecord(json) ? json.model : null
    if (!isRecord(json) || !isRecord(model) || !isRecord(model.vocab) || !Array.isArray(model.merges))
      fail(
        'bad_model',
        'tokenizer.json is not of a byte-pair tokenizer, as every Gemma has.',
        'Use the tokenizer.json that came with the model.',
        { file: 'tokenizer.json' },
      )
    const patterns = checkTokenizerJson(json)
    const { vocab, merges, ...settings } = model as { vocab: Record<string, number>; merges: unknown[] }
    const borders = bordersOf(vocab, addedOf(json))
    const words = isPlain(settings) ? WordTable.of({ vocab, merges }) : null
    if (!words || !agree(words, addedOf(json)))
      return new TokenizerTable(json, { words: null, patterns, borders })
    return new TokenizerTable({ ...json, model: settings }, { words, patterns, borders })
  }

  /** @returns null where it was written by another version, or not by this */
  static from(bytes: Uint8Array): TokenizerTable | null {
    const length = bytes.byteLength < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
    const text = (start: number, end: number) =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end))
    let head: Head | null
    try {
      head = JSON.parse(text(4, 4 + length)) as Head | null
    } catch {
      return null
    }
    if (head?.version !== VERSION) return null
    const at = align(4 + length)
    const numbers = align(at + head.bytes)
    if (numbers + 4 * (head.words + head.merges) !== bytes.byteLength) return null
    const words = head.words === 0 ? [] : text(at, at + head.bytes).split(head.between)
    if (words.length !== head.words) return null
    const own = bytes.slice(numbers).buffer
    const ids = new Uint32Array(own, 0, head.words)
    const merges = new Uint32Array(own, 4 * head.words)
    const { json, borders } = head
    return new TokenizerTable(json, {
      words: new WordTable(words, ids, merges),
      patterns: patternsIn(json),
      borders,
    })
  }

  /** To be kept, and read by `from`; null where it cannot be. */
  bytes(): Uint8Array<ArrayBuffer> | null {
    if (!this.words) return null
    const { words, ids, merges } = this.words
    const between = BETWEEN.find((letter) => !words.some((word) => word.includes(letter)))
    if (between === undefined) return null
    const joined = words.join(between)
    const text = new TextEncoder().encode(joined)
    // Halves of letters do not come back.
    if (new TextDecoder('utf-8', { ignoreBOM: true }).decode(text) !== joined) return null
    const { json } = this
    const head: Head = {
      version: VERSION,
      ...{ json, borders: this.#borders, between },
      words: words.length,
      bytes: text.length,
      merges: merges.length,
    }
    const said = new TextEncoder().encode(JSON.stringify(head))
    const at = align(4 + said.length)
    const numbers = align(at + text.length)
    const out = new Uint8Array(numbers + 4 * (ids.length + merges.length))
    new DataView(out.buffer).setUint32(0, said.length, true)
    out.set(said, 4)
    out.set(text, at)
    new Uint32Array(out.buffer, numbers).set(ids)
    new Uint32Array(out.buffer, numbers + 4 * ids.length).set(merges)
    return out
  }

  get added(): readonly AddedToken[] {
    return addedOf(this.json)
  }

  /**
   * The library's tokenizer of this.
   * @param settings parsed tokenizer_config.json
   * @param added tokens that are looked for in a text before all else, in place of its own
   * @throws Error in the library's own words
   */
  tokenizer(settings: Json, added?: readonly AddedToken[]): Tokenizer {
    const json: Json = { ...this.json, ...(added && { added_tokens: added }) }
    if (!this.words) return new Tokenizer(json, settings)
    const model = json.model as Json
    const tokenizer = new Tokenizer({ ...json, model: { ...model, vocab: {}, merges: [] } }, settings)
    const merging = new Merging(model, this.words)
    for (const { content, id } of added ?? this.added) {
      merging.tokens_to_ids.set(content, id)
      merging.vocab[id] = content
    }
    tokenizer.model = merging
    return tokenizer
  }

  /** @param settings parsed tokenizer_config.json */
  cutter(settings: Json): PieceCutter | null {
    const vocab = (this.json.model as { vocab?: Record<string, number> }).vocab
    const has = (word: string) => (this.words ? this.words.idOf.has(word) : Object.hasOwn(vocab!, word))
    return pieceCutter(this.json, settings, { has, borders: this.#borders })
  }
}

/** Letters that hardly any word has. */
const BETWEEN = ['\u0000', '\u0001', '\ufdd0', '\n']
const align = (at: number) => Math.ceil(at / 4) * 4
const addedOf = (json: Json) => (json.added_tokens ?? []) as readonly AddedToken[]

/** Whether the library merges by pairs alone. */
function isPlain(settings: Json): boolean {
  return settings.type === 'BPE' && !settings.end_of_word_suffix && !settings.continuing_subword_suffix
}

/** Whether added tokens are words of the same number, or none: others would take a word's place. */
function agree({ idOf, words, ids }: WordTable, added: readonly AddedToken[]): boolean {
  const taken = new Map<number, string>()
  const wanted = new Set(added.map(({ id }) => id))
  for (let i = 0; i < ids.length; i++) if (wanted.has(ids[i]!)) taken.set(ids[i]!, words[i]!)
  return added.every(
    ({ content, id }) => (idOf.get(content) ?? id) === id && (taken.get(id) ?? content) === content,
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
