/**
 * Cuts text where a byte-pair tokenizer never joins, so that each piece can be tokenised by itself and remembered.
 *
 * Gemma's tokenizer turns spaces into `▁` and merges pairs over the whole text, which no cache can help. But its words hold
 * `▁` at their start only (or nothing but `▁`), and line ends only among line ends. A merge that reached over the border
 * between a letter and a `▁` would make a token with both in that order; where the vocabulary holds none, the merges on
 * either side do not depend on each other, and the pieces' tokens one after the other are the whole's. Where it holds a few
 * (Gemma 3: `>▁</`), the same is true of every border but those inside of such a word: there, text is not cut.
 */
export interface PieceCutter {
  cut(text: string): string[]
  /** Larger parts, each of whole pieces: lines, where nothing reaches over their ends. */
  lines(text: string): string[]
  /** Added tokens that a piece alone could be taken for, where the whole text would not be; to be checked once. */
  spaceTokens: string[]
}

const SPACE = '▁'
const WORDS_AND_LINES = /[ ▁]*[^ ▁\n]+|\n+|[ ▁]+/g
const WORDS = /[ ▁]*[^ ▁]+|[ ▁]+/g
const LINES = /[^\n]+\n*|\n+/g
/** With more words that reach over borders, too little would be cut to be worth it. */
const MOST_BRIDGES = 64

/** What is found by looking through all words. */
export interface Borders {
  /** Words that reach over a border between others and `▁`; of too many, a few. */
  bridges: string[]
  /** Whether one reaches over a border between others and line ends. */
  lines: boolean
}

/**
 * @param vocab of a tokenizer.json, by word
 * @param added its added tokens
 */
export function bordersOf(
  vocab: Readonly<Record<string, unknown>>,
  added: readonly Pick<AddedToken, 'content'>[],
): Borders {
  const borders: Borders = { bridges: [], lines: false }
  for (const word in vocab) findBorders(word, borders)
  for (const { content } of added) findBorders(content.replaceAll(' ', SPACE), borders)
  return borders
}

/**
 * How to cut for a tokenizer; null where its make gives no such borders.
 * @param json parsed tokenizer.json; of `model`, settings alone
 * @param config parsed tokenizer_config.json
 * @param words which there are, and what they reach over
 */
export function pieceCutter(
  json: Record<string, unknown>,
  config: Record<string, unknown>,
  { has, borders }: { has(word: string): boolean; borders: Borders },
): PieceCutter | null {
  const added = (json.added_tokens ?? []) as AddedToken[]
  if (!isGemmaShaped(json, has, added) || config.remove_space || config.do_lowercase_and_remove_accent)
    return null
  if (borders.bridges.length > MOST_BRIDGES) return null
  const pattern = borders.lines ? WORDS : WORDS_AND_LINES
  const kept = keptBorders(borders.bridges)
  return {
    cut(text) {
      const pieces = text.match(pattern) ?? []
      const uncut = kept(text)
      return uncut ? joined(pieces, uncut) : pieces
    },
    lines: (text) => (borders.lines ? [text] : (text.match(LINES) ?? [])),
    spaceTokens: added
      .map(({ content }) => content)
      .filter((content) => content.length > 1 && /^▁+$/.test(content)),
  }
}

export interface AddedToken {
  id: number
  content: string
  lstrip?: boolean
  rstrip?: boolean
}

interface Model {
  type?: string
  dropout?: number | null
  byte_fallback?: boolean
  continuing_subword_prefix?: string | null
  end_of_word_suffix?: string | null
}

/** Whether a word of the vocabulary reaches over a border at which text would be cut. */
function findBorders(word: string, found: Borders): void {
  // Most words are done with here.
  if (word.lastIndexOf(SPACE) > 0 && found.bridges.length <= MOST_BRIDGES && bordersIn(word).length > 0)
    found.bridges.push(word)
  if (found.lines || !word.includes('\n')) return
  for (let i = 1; i < word.length; i++) if ((word[i - 1] === '\n') !== (word[i] === '\n')) found.lines = true
}

/** Where a word has a `▁` behind something else. */
function bordersIn(word: string): number[] {
  return Array.from({ length: word.length }, (_, i) => i).filter(
    (i) => i > 0 && word[i] === SPACE && word[i - 1] !== SPACE,
  )
}

/** For a text, the borders inside of words that reach over them; null where there are none. */
function keptBorders(bridges: readonly string[]): (text: string) => Set<number> | null {
  const places = bridges.map((word) => {
    const written = word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(SPACE, `[ ${SPACE}]`)
    // Looked ahead for, since such words may overlap.
    return { pattern: new RegExp(`(?=${written})`, 'g'), borders: bordersIn(word) }
  })
  return (text) => {
    let found: Set<number> | null = null
    for (const { pattern, borders } of places)
      for (const { index } of text.matchAll(pattern))
        for (const border of borders) (found ??= new Set()).add(index + border)
    return found
  }
}

/** Pieces put together again where the border between them was to be kept. */
function joined(pieces: readonly string[], kept: ReadonlySet<number>): string[] {
  const out: string[] = []
  let at = 0
  for (const piece of pieces) {
    if (kept.has(at)) out[out.length - 1] += piece
    else out.push(piece)
    at += piece.length
  }
  return out
}

function isGemmaShaped(
  json: Record<string, unknown>,
  has: (word: string) => boolean,
  added: readonly AddedToken[],
): boolean {
  const model = json.model as Model
  const normalizer = json.normalizer as {
    type?: string
    pattern?: { String?: string }
    content?: string
  } | null
  const split = json.pre_tokenizer as { type?: string; pattern?: { String?: string } } | null
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`)
  return (
    normalizer?.type === 'Replace' &&
    normalizer.pattern?.String === ' ' &&
    normalizer.content === SPACE &&
    // A split at spaces, of which none is left by then, does nothing.
    (split === null || split === undefined || (split.type === 'Split' && split.pattern?.String === ' ')) &&
    (model.type === undefined || model.type === 'BPE') &&
    !model.dropout &&
    !model.continuing_subword_prefix &&
    !model.end_of_word_suffix &&
    model.byte_fallback === true &&
    bytes.every(has) &&
    added.every(({ lstrip, rstrip }) => !lstrip && !rstrip)
  )
}
