import type { Tokenizer } from '@huggingface/tokenizers'
import { PatternError } from '../lib/safe-regex.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { PieceCutter } from './pieces.ts'
import { TokenizerTable } from './tokenizer-table.ts'

/** Pieces of text whose ids are kept. They follow Zipf's law: few of them make most of a text. */
const MAX_PIECES = 200_000
/** Longer pieces hardly come again. */
const MAX_PIECE_LENGTH = 64
/** Of lines that are remembered whole. */
const MAX_LINE_LENGTH = 4096
const MAX_LINE_LETTERS = 8 << 20

export interface SpecialToken {
  text: string
  id: number
}

/** Tokens that SentencePiece makes for its own ends, in every Gemma, and never finds in a text. */
const CONTROLS = ['<pad>', '<eos>', '<bos>', '<unk>']

/** Text <-> ids by a model's own `tokenizer.json` and `tokenizer_config.json`. */
export class TextTokenizer {
  readonly bos: SpecialToken | null
  readonly eos: SpecialToken | null
  readonly table: TokenizerTable
  readonly #tokenizer: Tokenizer
  readonly #added: ReadonlyMap<number, { content: string; special: boolean }>
  #withoutControls: Tokenizer | null = null
  #byteLengths: Int32Array
  readonly #cutter: PieceCutter | null
  readonly #pieces = new Map<string, readonly number[]>()
  /** Rows are tokenised again whenever a limit or a template changes, and share lines. */
  readonly #lines = new Map<string, Uint32Array>()
  #lineLetters = 0
  /** Ids that the post-processor puts before and after a text. */
  readonly #around: [number[], number[]]

  /**
   * @param json parsed tokenizer.json, or what is kept of one
   * @param config parsed tokenizer_config.json
   * @throws LapidaryError `bad_model` where they are of another kind or broken.
   */
  constructor(json: unknown, config: unknown) {
    const table = json instanceof TokenizerTable ? json : TokenizerTable.read(json)
    const settings = isRecord(config) ? config : {}
    this.table = table
    try {
      this.#tokenizer = table.tokenizer(settings)
    } catch (error) {
      unusable(error)
    }
    this.#added = this.#tokenizer.get_added_tokens_decoder()
    this.#byteLengths = new Int32Array(table.vocabSize).fill(-1)
    this.bos = this.#special(settings.bos_token)
    this.eos = this.#special(settings.eos_token)
    const cutter = table.cutter(settings)
    const [inside, whole] = [this.#ids('x'), this.#ids('x', true)]
    const start = whole.findIndex((_, i) => inside.every((id, j) => whole[i + j] === id))
    this.#around = [whole.slice(0, start), whole.slice(start + inside.length)]
    this.#cutter = cutter?.spaceTokens.every((token) => this.#isMerged(token)) ? cutter : null
  }

  /** Largest id of the vocabulary proper, plus one; added tokens may lie above. */
  get vocabSize(): number {
    return this.table.vocabSize
  }

  /** Whether text is tokenised piece by piece, from memory where it can be: many times as fast, with the same result. */
  get remembers(): boolean {
    return this.#cutter !== null
  }

  /** Ids of a text; `addSpecial` puts what the tokenizer's post-processor adds around it (Gemma: `<bos>` before). */
  encode(text: string, options: { addSpecial?: boolean } = {}): Uint32Array {
    if (text === '' && !options.addSpecial) return new Uint32Array(0)
    if (this.#cutter === null) return Uint32Array.from(this.#ids(text, options.addSpecial ?? false))
    const [before, after] = options.addSpecial ? this.#around : [[], []]
    const parts = this.#cutter.lines(text).map((line) => this.#lines.get(line) ?? this.#rememberLine(line))
    const length = parts.reduce((sum, part) => sum + part.length, before.length + after.length)
    const ids = new Uint32Array(length)
    ids.set(before)
    let at = before.length
    for (const part of parts) {
      ids.set(part, at)
      at += part.length
    }
    ids.set(after, at)
    return ids
  }

  #rememberLine(line: string): Uint32Array {
    const ids: number[] = []
    for (const piece of this.#cutter!.cut(line)) {
      const known = this.#pieces.get(piece) ?? this.#remember(piece)
      for (let i = 0; i < known.length; i++) ids.push(known[i]!)
    }
    const found = Uint32Array.from(ids)
    if (line.length > MAX_LINE_LENGTH) return found
    if ((this.#lineLetters += line.length) > MAX_LINE_LETTERS) {
      this.#lines.clear()
      this.#lineLetters = line.length
    }
    this.#lines.set(line, found)
    return found
  }

  #ids(text: string, addSpecial = false): number[] {
    if (this.table.patterns.length > 0) this.#checkTime(text)
    try {
      return this.#tokenizer.encode(text, { add_special_tokens: addSpecial }).ids
    } catch (error) {
      return unusable(error)
    }
  }

  /** @throws LapidaryError `bad_model` where searching this text by a pattern of the tokenizer would take too long */
  #checkTime(text: string): void {
    try {
      for (const pattern of this.table.patterns) pattern.check(text)
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      fail(
        'bad_model',
        `tokenizer.json cannot be used: one of its patterns takes too long on a text of ${text.length} characters.`,
        'Use the tokenizer.json that came with the model.',
        { file: 'tokenizer.json' },
      )
    }
  }

  #remember(piece: string): readonly number[] {
    const ids = this.#ids(piece)
    if (piece.length > MAX_PIECE_LENGTH) return ids
    if (this.#pieces.size >= MAX_PIECES) this.#pieces.clear()
    this.#pieces.set(piece, ids)
    return ids
  }

  /** Whether merging gives a run of spaces the same id as an added token for it: alone it would be taken for that one. */
  #isMerged(token: string): boolean {
    const [letter, whole] = [this.#ids('x'), this.#ids(`x${' '.repeat(token.length)}`)]
    return whole.length === letter.length + 1 && whole.at(-1) === this.#tokenizer.token_to_id(token)
  }

  /**
   * Ids of a text as SentencePiece gives them: what looks like a control token (`<bos>`, `<eos>`, `<pad>`, `<unk>`) is text
   * like any other, and a literal `▁` is a space, while the turns' tokens are themselves.
   */
  encodeText(text: string): Uint32Array {
    const spaced = text.replaceAll('▁', ' ')
    if (!CONTROLS.some((token) => spaced.includes(token))) return this.encode(spaced)
    this.#withoutControls ??= this.table.tokenizer(
      {},
      this.table.added.filter(({ content }) => !CONTROLS.includes(content)),
    )
    return Uint32Array.from(this.#withoutControls.encode(spaced, { add_special_tokens: false }).ids)
  }

  decode(ids: ArrayLike<number>, options: { skipSpecial?: boolean } = {}): string {
    if (ids.length === 0) return ''
    return this.#tokenizer.decode(Array.from(ids), {
      skip_special_tokens: options.skipSpecial ?? false,
      clean_up_tokenization_spaces: false,
    })
  }

  /** One token for people to look at; bytes that are no character on their own stay `<0xE2>`. */
  tokenText(id: number): string {
    const token = this.#tokenizer.id_to_token(id)
    if (token === undefined) return `<${id}>`
    return this.isByte(id) || this.#added.has(id) ? token : token.replaceAll('▁', ' ')
  }

  idOf(token: string): number | undefined {
    return this.#tokenizer.token_to_id(token)
  }

  /** Whether an id is one that `decode` leaves out with `skipSpecial`. */
  isSpecial(id: number): boolean {
    return this.#added.get(id)?.special ?? false
  }

  /** Whether an id is a token added around the vocabulary, such as `<end_of_turn>`, which no text merges with. */
  isAdded(id: number): boolean {
    return this.#added.has(id)
  }

  /** Whether an id stands for one byte of a character that has no token. */
  isByte(id: number): boolean {
    return !this.#added.has(id) && /^<0x[0-9A-F]{2}>$/.test(this.#tokenizer.id_to_token(id) ?? '')
  }

  /** UTF-8 bytes of text that an id stands for. Wrong for a literal `▁` in the text, which reads as a space. */
  byteLength(id: number): number {
    const known = this.#byteLengths[id]
    if (known !== undefined && known >= 0) return known
    const bytes = this.isByte(id) ? 1 : utf8Length(this.tokenText(id))
    if (known !== undefined) this.#byteLengths[id] = bytes
    return bytes
  }

  #special(value: unknown): SpecialToken | null {
    const text = isRecord(value) ? value.content : value
    if (typeof text !== 'string') return null
    const id = this.#tokenizer.token_to_id(text)
    return id === undefined ? null : { text, id }
  }
}

/**
 * Holds a tokenizer against a model's config.
 * @throws LapidaryError `bad_model`, saying which of the two has what.
 */
export function checkTokenizer(tokenizer: TextTokenizer, model: ModelConfig): void {
  const mismatch = (what: string, detail: Record<string, string | number | null>): never => {
    throw new LapidaryError({
      code: 'bad_model',
      message: `The tokenizer does not match the model: ${what}.`,
      hint: 'Take tokenizer.json, tokenizer_config.json and config.json from the same model.',
      detail: { file: 'tokenizer.json', ...detail },
    })
  }
  const sizes = { expected: model.vocabSize, found: tokenizer.vocabSize }
  // Added tokens may lie above the model's rows (Gemma 3's image token does); a text that uses them is refused later.
  if (tokenizer.vocabSize > model.vocabSize)
    mismatch(`it has ${tokenizer.vocabSize} words, the model only ${model.vocabSize}`, sizes)
  // Models pad their vocabulary a little, never by much.
  if (tokenizer.vocabSize < 0.9 * model.vocabSize)
    mismatch(`it has only ${tokenizer.vocabSize} of the model's ${model.vocabSize} words`, sizes)
  if (!tokenizer.bos)
    fail(
      'bad_model',
      "The model's tokenizer_config.json names no bos_token, or one that tokenizer.json has not: a text would have no beginning.",
      'Take tokenizer.json and tokenizer_config.json from where the model was published.',
      { file: 'tokenizer_config.json', field: 'bos_token' },
    )
  if (tokenizer.bos.id !== model.bosTokenId)
    mismatch(
      `its ${tokenizer.bos.text} is number ${tokenizer.bos.id}, in config.json it is ${model.bosTokenId}`,
      {
        token: tokenizer.bos.text,
        expected: model.bosTokenId,
        found: tokenizer.bos.id,
      },
    )
  for (const id of model.eosTokenIds)
    if (!tokenizer.isAdded(id))
      mismatch(`config.json ends a text with token ${id}, which in it is an ordinary word`, {
        token: tokenizer.tokenText(id),
        expected: id,
      })
}

/**
 * Text of ids as they arrive: never half a character, and joined the same as decoding all at once.
 */
export class TokenStream {
  readonly #tokenizer: TextTokenizer
  readonly #skipSpecial: boolean
  #held: number[] = []

  constructor(tokenizer: TextTokenizer, options: { skipSpecial?: boolean } = {}) {
    this.#tokenizer = tokenizer
    this.#skipSpecial = options.skipSpecial ?? true
  }

  /** Adds an id and returns the text that is certain by now, which may be empty. */
  push(id: number): string {
    this.#held.push(id)
    if (!this.#tokenizer.isByte(id)) return this.end()
    // Four bytes make the longest character; more that are none never will.
    const text = this.#decodeHeld()
    if (text.endsWith('\ufffd') && this.#held.length < 4) return ''
    this.#held = []
    return text
  }

  /** What is still held back, once no more ids will come. */
  end(): string {
    const text = this.#decodeHeld()
    this.#held = []
    return text
  }

  #decodeHeld(): string {
    return this.#tokenizer.decode(this.#held, { skipSpecial: this.#skipSpecial })
  }
}

/** UTF-8 bytes of a part of a string. A lone surrogate counts three, as encoded. */
export function utf8Length(text: string, start = 0, end = text.length): number {
  let bytes = 0
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) bytes++
    else if (unit < 0x800) bytes += 2
    else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < end && isLowSurrogate(text.charCodeAt(i + 1))) {
      bytes += 4
      i++
    } else bytes += 3
  }
  return bytes
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

/** The library reads what it needs when it needs it, and says what is wrong in its own words or in the engine's. */
function unusable(error: unknown): never {
  const own =
    error instanceof Error &&
    !(error instanceof TypeError || error instanceof RangeError || error.message.includes('[object'))
  const reason = own ? error.message : 'what is in it does not fit together'
  fail(
    'bad_model',
    `tokenizer.json cannot be used: ${reason.replace(/\.$/, '')}.`,
    'Use the tokenizer.json that came with the model.',
    { file: 'tokenizer.json', ...(own ? {} : { reason: String(error).slice(0, 200) }) },
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
