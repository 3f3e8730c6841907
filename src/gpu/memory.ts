import { type Dims, sizeOf } from './kernel.ts'
import type { Dispatch, Tensor } from './tape.ts'

/** A buffer that several transient tensors take in turn. */
export interface Slot {
  bytes: number
}

export interface MemoryLayout {
  slots: Slot[]
  /** Slot of each transient tensor. */
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
 */
export function planMemory(dispatches: readonly Dispatch[], capacity: Dims): MemoryLayout {
  const lives = lifetimes(dispatches, capacity)
  const slots: (Slot & { lives: Life[] })[] = []
  const slotOf = new Map<Tensor, number>()
  const order = [...lives.values()].sort((a, b) => b.bytes - a.bytes || a.first - b.first)
  for (const life of order) {
    let best = -1
    slots.forEach((slot, i) => {
      const free = slot.lives.every((other) => other.last < life.first || life.last < other.first)
      // Slots were opened in decreasing size, so the last free one is the tightest.
      if (free) best = i
    })
    if (best < 0) best = slots.push({ bytes: life.bytes, lives: [] }) - 1
    slots[best]!.lives.push(life)
    slotOf.set(life.tensor, best)
  }
  let largestBinding = 0
  for (const { tensors } of dispatches)
    for (const t of Object.values(tensors))
      largestBinding = Math.max(largestBinding, tensorBytes(t, capacity))
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

function lifetimes(dispatches: readonly Dispatch[], capacity: Dims): Map<Tensor, Life> {
  const lives = new Map<Tensor, Life>()
  dispatches.forEach(({ tensors }, i) => {
    for (const tensor of Object.values(tensors)) {
      if (tensor.bound) continue
      const life = lives.get(tensor)
      if (life) life.last = i
      else lives.set(tensor, { tensor, bytes: tensorBytes(tensor, capacity), first: i, last: i })
    }
  })
  return lives
}
