import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js'
import type { ChartRun } from './chart-run.ts'

/**
 * Counts on when figures of the runs come, at most once in so many milliseconds: for words beside the curves, which follow at a
 * reader's pace, not at the chart's.
 */
export function createPulse(
  runs: Accessor<readonly Pick<ChartRun, 'series'>[]>,
  milliseconds = 100,
): Accessor<number> {
  const [pulse, setPulse] = createSignal(0)
  createEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stops = runs().map((run) =>
      run.series.subscribe(() => {
        timer ??= setTimeout(() => {
          timer = undefined
          setPulse((n) => n + 1)
        }, milliseconds)
      }),
    )
    onCleanup(() => {
      clearTimeout(timer)
      for (const stop of stops) stop()
    })
  })
  return pulse
}
