import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { oncePerFrame } from '../state/frame.ts'

/** Lists that are not drawn whole yet, in the order in which they came. */
const waiting = new Set<() => void>()

const drawing = oncePerFrame(() => {
  const [first] = waiting
  if (!first) return
  waiting.delete(first)
  try {
    first()
  } finally {
    // One that fails takes no other with it.
    if (waiting.size > 0) drawing.ask()
  }
})

/**
 * How many of `total` things are to be drawn by now: `step` at once, and as many more at each frame, one list after the
 * other. Thousands of elements at a time would hold the page up.
 */
export function gradually(total: Accessor<number>, step: number): Accessor<number> {
  const [shown, setShown] = createSignal(step)
  const more = () => {
    const next = shown() + step
    if (next < total()) waiting.add(more)
    setShown(next)
  }
  createEffect(
    on(total, (count) => {
      setShown(step)
      waiting.delete(more)
      if (count <= step) return
      waiting.add(more)
      drawing.ask()
    }),
  )
  onCleanup(() => waiting.delete(more))
  return shown
}
