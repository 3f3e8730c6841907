/**
 * Best-fit decreasing, as TRL's `packing_strategy='bfd'` does it ("Fewer Truncations Improve Language Modeling",
 * arXiv 2404.10830): examples by falling length, ties in their order; each goes into the bin whose room is the least
 * that holds it, among equals into the one that has had that room longest, else into a new bin.
 *
 * @param lengths tokens of each example; those above `capacity` count as `capacity` (they are cut), empty ones are left out
 * @returns bins of indices into `lengths`, in the order the bins were opened
 */
export function packBestFit(lengths: ArrayLike<number>, capacity: number): number[][] {
  const order = Array.from({ length: lengths.length }, (_, i) => i).filter((i) => lengths[i]! > 0)
  const length = (i: number) => Math.min(lengths[i]!, capacity)
  order.sort((a, b) => length(b) - length(a) || a - b)
  const rooms = new LeastAbove(capacity)
  const waiting = Array.from({ length: capacity + 1 }, () => new Queue<number[]>())
  const bins: number[][] = []
  for (const i of order) {
    const room = rooms.find(length(i))
    let bin: number[]
    if (room === null) bins.push((bin = []))
    else {
      bin = waiting[room]!.take()
      if (waiting[room]!.size === 0) rooms.remove(room)
    }
    bin.push(i)
    const left = (room ?? capacity) - length(i)
    if (left === 0) continue
    waiting[left]!.put(bin)
    rooms.add(left)
  }
  return bins
}

/** A set of whole numbers 1..max that finds the least member not below a value, in O(log max). */
class LeastAbove {
  readonly #leaves: number
  /** A binary tree: each node says how many members lie under it. */
  readonly #count: Uint8Array

  constructor(max: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(max + 1))
    this.#count = new Uint8Array(2 * this.#leaves)
  }

  add(value: number): void {
    for (let node = this.#leaves + value; node > 0; node >>= 1) this.#count[node] = 1
  }

  remove(value: number): void {
    let node = this.#leaves + value
    this.#count[node] = 0
    for (node >>= 1; node > 0; node >>= 1)
      this.#count[node] = this.#count[2 * node]! | this.#count[2 * node + 1]!
  }

  find(value: number): number | null {
    let node = this.#leaves + value
    // Up to the first right-hand neighbour that has a member, then down to its least.
    while (!this.#count[node]) {
      while (node & 1) {
        node >>= 1
        if (node <= 1) return null
      }
      node++
    }
    while (node < this.#leaves) node = this.#count[2 * node] ? 2 * node : 2 * node + 1
    return node - this.#leaves
  }
}

class Queue<T> {
  readonly #items: T[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  put(item: T): void {
    this.#items.push(item)
  }

  take(): T {
    return this.#items[this.#head++]!
  }
}
