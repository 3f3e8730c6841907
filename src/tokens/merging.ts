import { BPE } from '@huggingface/tokenizers'
import type { WordTable } from './word-table.ts'

type Settings = ConstructorParameters<typeof BPE>[0]

/** Letters of a text that is merged at once are fewer; so are ranks than 2^24. */
const PLACES = 2 ** 29

/**
 * Byte-pair merging by numbers: the words that the library's own gives, without its half a million pairs as texts, which take seconds
 * to make. What does not depend on merges is the library's.
 */
export class Merging extends BPE {
  readonly #table: WordTable

  /** @param settings `model` of a tokenizer.json, without words and merges */
  constructor(settings: Record<string, unknown>, table: WordTable) {
    super({ ...settings, vocab: {}, merges: [] } as unknown as Settings)
    this.#table = table
    this.tokens_to_ids = table.idOf
    this.vocab = []
    for (let i = 0; i < table.words.length; i++) this.vocab[table.ids[i]!] = table.words[i]!
    const unknown = table.idOf.get(settings.unk_token as string)
    if (unknown !== undefined) this.unk_token_id = unknown
  }

  override bpe(token: string): string[] {
    if (token.length === 0) return []
    const known = this.cache.get(token)
    if (known !== undefined) return known
    const letters = Array.from(token)
    const words = letters.length > 1 ? this.#merged(letters) : letters
    if (token.length < this.max_length_to_cache) this.cache.put(token, words)
    return words
  }

  /** The pair of the lowest rank is merged, of equal ones the first in the text, until there is none. */
  #merged(letters: string[]): string[] {
    const table = this.#table
    const count = letters.length
    // By place of its first letter: the word that begins there, where the one before and the one behind do, and when they are merged.
    const ids = Int32Array.from(letters, (letter) => table.idOf.get(letter) ?? -1)
    const before = Int32Array.from(letters, (_, i) => i - 1)
    const behind = Int32Array.from(letters, (_, i) => i + 1)
    const ranks = new Int32Array(count).fill(-1)
    const queue = new Lowest()
    const ask = (at: number) => {
      const next = behind[at]!
      ranks[at] = next < count ? table.rank(ids[at]!, ids[next]!) : -1
      if (ranks[at]! >= 0) queue.push(ranks[at]! * PLACES + at)
    }
    for (let at = 0; at < count - 1; at++) ask(at)
    for (let first = queue.pop(); first !== undefined; first = queue.pop()) {
      const [rank, at] = [Math.floor(first / PLACES), first % PLACES]
      // One of both has been merged with another meanwhile.
      if (ranks[at] !== rank) continue
      const next = behind[at]!
      ids[at] = table.made(rank)
      ranks[next] = -1
      behind[at] = behind[next]!
      if (behind[at]! < count) before[behind[at]!] = at
      ask(at)
      if (before[at]! >= 0) ask(before[at]!)
    }
    const words: string[] = []
    for (let at = 0; at < count; at = behind[at]!)
      words.push(ids[at]! < 0 ? letters[at]! : this.vocab[ids[at]!]!)
    return words
  }
}

/** Numbers, the lowest first; a binary heap. */
class Lowest {
  readonly #heap: number[] = []

  push(value: number): void {
    const heap = this.#heap
    let at = heap.push(value) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (heap[above]! <= value) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = value
  }

  pop(): number | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (heap.length === 0 || last === undefined) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && heap[below + 1]! < heap[below]!) below++
      if (heap[below]! >= last) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
    return first
  }
}
