import { expect } from 'vitest'
import type { RunEvent } from '../../../src/protocol/events.ts'

/** A run from beginning to end, which is a good one: what `begin` gives, and what it told. */
export async function toldBy<Begun>(
  begin: (onEvent: (event: RunEvent) => void) => Promise<Begun>,
): Promise<{ begun: Begun; events: RunEvent[] }> {
  const events: RunEvent[] = []
  let ended = () => {}
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const begun = await begin((event) => {
    events.push(event)
    if (event.type === 'done' || event.type === 'error') ended()
  })
  await end
  expect(events.at(-1)).toMatchObject({ type: 'done' })
  return { begun, events }
}
