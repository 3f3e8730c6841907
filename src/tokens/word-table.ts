/** Numbers of the words that a merge puts together, and of what comes of it. */
const PER_MERGE = 3
const LEFT = 0x9e3779b1
const RIGHT = 0x85ebca6b

/** The words and merges of a byte-pair tokenizer, by numbers: a tenth of what they take as texts, and found as quickly. */
export class WordTable {
  readonly words: readonly string[]
  /** The number of each. */
  readonly ids: Uint32Array
  /** Of each merge, the first to be made first: the words on its left and right, and both in one. */
  readonly merges: Uint32Array
  readonly idOf: Map<string, number>
  /** Merges by their pairs, plus one; open addressing. */
  readonly #slots: Uint32Array
  readonly #shift: number

  constructor(
    words: readonly string[],
    ids: Uint32Array,
    merges: Uint32Array,
    idOf: Map<string, number> = new Map(),
  ) {
    this.words = words
    this.ids = ids
    this.merges = merges
    this.idOf = idOf
    if (idOf.size === 0) for (let i = 0; i < words.length; i++) idOf.set(words[i]!, ids[i]!)
    const count = merges.length / PER_MERGE
    const bits = Math.max(4, Math.ceil(Math.log2(2 * count + 1)))
    this.#slots = new Uint32Array(2 ** bits)
    this.#shift = 32 - bits
    for (let merge = 0; merge < count; merge++) {
      // Of a pair that is there twice, the later counts.
      this.#slots[this.#slotOf(merges[PER_MERGE * merge]!, merges[PER_MERGE * merge + 1]!)] = merge + 1
    }
  }

  /**
   * @param model `model` of a tokenizer.json that has been checked
   * @returns null where a merge is not of words, nor makes one: that is for others to work with
   */
  static of(model: { vocab: Record<string, number>; merges: readonly unknown[] }): WordTable | null {
    const words = Object.keys(model.vocab)
    const ids = Uint32Array.from(words, (word) => model.vocab[word]!)
    const idOf = new Map<string, number>()
    for (let i = 0; i < words.length; i++) idOf.set(words[i]!, ids[i]!)
    const merges = new Uint32Array(model.merges.length * PER_MERGE)
    for (let i = 0; i < model.merges.length; i++) {
      const merge = model.merges[i]
      const [left, right] = (typeof merge === 'string' ? merge.split(' ', 2) : merge) as [string, string]
      const [first, second, both] = [idOf.get(left), idOf.get(right), idOf.get(left + right)]
      if (first === undefined || second === undefined || both === undefined) return null
      merges[PER_MERGE * i] = first
      merges[PER_MERGE * i + 1] = second
      merges[PER_MERGE * i + 2] = both
    }
    return new WordTable(words, ids, merges, idOf)
  }

  /** When the pair is merged, before all of higher rank; -1: never. */
  rank(left: number, right: number): number {
    return left < 0 || right < 0 ? -1 : this.#slots[this.#slotOf(left, right)]! - 1
  }

  /** What a merge makes. */
  made(rank: number): number {
    return this.merges[PER_MERGE * rank + 2]!
  }

  /** Where a pair is, or would be. */
  #slotOf(left: number, right: number): number {
    const [slots, merges, mask] = [this.#slots, this.merges, this.#slots.length - 1]
    let slot = ((Math.imul(left, LEFT) ^ Math.imul(right, RIGHT)) >>> this.#shift) & mask
    for (;;) {
      const merge = slots[slot]! - 1
      if (merge < 0 || (merges[PER_MERGE * merge] === left && merges[PER_MERGE * merge + 1] === right))
        return slot
      slot = (slot + 1) & mask
    }
  }
}
