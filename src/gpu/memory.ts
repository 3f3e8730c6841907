import { type Dims, sizeOf } from './kernel.ts'
import type { Dispatch, Tensor } from './tape.ts'

/** A buffer that several transient tensors take in turn. */
export interface Slot {
  bytes: number
}

export interface MemoryLayout {
  slots: Slot[]
  /** Slot of each transient tensor, and of each lasting one. */
  slotOf: Map<Tensor, number>
  /** Bytes of all slots. */
  bytes: number
  /** Largest single binding, transient or bound. */
  largestBinding: number
}

interface Life {
  tensor: Tensor
  bytes: number
  first: number
  last: number
}

/** WebGPU wants storage bindings in multiples of 4 bytes; 16 keeps vec4 views whole. */
const align = (bytes: number) => Math.max(16, Math.ceil(bytes / 16) * 16)

/**
 * Gives transient tensors that never live at the same time one buffer between them: largest tensors first, each into
 * the tightest buffer that is free for its whole life ("greedy by size", Pisarchyk and Lee 2020, arXiv 2001.03288).
 * A buffer holds one live tensor at a time, so no dispatch can both read and write one buffer.
 * @param lasting bound tensors that get a buffer of the tape's own too, for all of it: what they hold is there in its next
 * replay, as long as no other tape runs between
 */
export function planMemory(
  dispatches: readonly Pick<Dispatch, 'tensors'>[],
  capacity: Dims,
  lasting: ReadonlySet<Tensor> = new Set(),
): MemoryLayout {
  const lives = lifetimes(dispatches, capacity).map((life) =>
    lasting.has(life.tensor) ? { ...life, first: 0, last: dispatches.length } : life,
  )
  const slots: (Slot & { lives: Life[] })[] = []
  const slotOf = new Map<Tensor, number>()
  const transient = lives.filter(({ tensor }) => !tensor.bound || lasting.has(tensor))
  for (const life of transient.sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    // Slots were opened in decreasing size, so the last free one is the tightest.
    let best = slots.length - 1
    while (best >= 0 && !take(slots[best]!.lives, life)) best--
    if (best < 0) best = slots.push({ bytes: life.bytes, lives: [life] }) - 1
    slotOf.set(life.tensor, best)
  }
  let largestBinding = 0
  for (const { bytes } of lives) largestBinding = Math.max(largestBinding, bytes)
  return {
    slots: slots.map(({ bytes }) => ({ bytes })),
    slotOf,
    bytes: slots.reduce((sum, s) => sum + s.bytes, 0),
    largestBinding,
  }
}

/** Buffer sizes that serve several layouts in turn: the k-th is the largest of their k-th slots. */
export function sharedSlots(layouts: readonly MemoryLayout[]): number[] {
  const count = Math.max(0, ...layouts.map((l) => l.slots.length))
  return Array.from({ length: count }, (_, i) => Math.max(...layouts.map((l) => l.slots[i]?.bytes ?? 0)))
}

/** Bytes of a tensor at given sizes; every element type is four bytes wide. */
export function tensorBytes(t: Tensor, capacity: Dims): number {
  return align(sizeOf(t.shape, capacity) * 4)
}

/** Puts a life among others, none of which overlap, in order; false where it overlaps one of them. */
function take(lives: Life[], life: Life): boolean {
  let [low, high] = [0, lives.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (lives[middle]!.first <= life.last) low = middle + 1
    else high = middle
  }
  // Of those that begin before this one ends, the last one ends last.
  if (low > 0 && lives[low - 1]!.last >= life.first) return false
  lives.splice(low, 0, life)
  return true
}

/** Of every tensor, bound ones too. */
function lifetimes(dispatches: readonly Pick<Dispatch, 'tensors'>[], capacity: Dims): Life[] {
  const lives = new Map<Tensor, Life>()
  dispatches.forEach(({ tensors }, i) => {
    for (const name in tensors) {
      const tensor = tensors[name]!
      const life = lives.get(tensor)
      if (life) life.last = i
      else lives.set(tensor, { tensor, bytes: tensorBytes(tensor, capacity), first: i, last: i })
    }
  })
  return [...lives.values()]
}
