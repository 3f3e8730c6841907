import type { RunEvent, SampleEvent } from '../protocol/events.ts'

/** Of questions that a person chose to show, what was answered last, up to a step. */
export function shownRows(
  events: readonly RunEvent[],
  prompts: readonly string[],
  step: number,
): SampleEvent[] {
  return prompts.flatMap((prompt) => {
    const found = events.findLast(
      (event): event is SampleEvent =>
        event.type === 'sample' && event.prompt === prompt && event.step <= step,
    )
    return found ?? []
  })
}
