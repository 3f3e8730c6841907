import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js'
import { calmly } from '../state/frame.ts'
import type { ChartRun } from './chart-run.ts'

/** Counts on when figures of the runs come: for words beside the curves, which follow as the curves do. */
export function createPulse(runs: Accessor<readonly Pick<ChartRun, 'series'>[]>): Accessor<number> {
  const [pulse, setPulse] = createSignal(0)
  createEffect(() => {
    const beat = calmly(() => setPulse((n) => n + 1))
    const stops = runs().map((run) => run.series.subscribe(beat.ask))
    onCleanup(() => {
      beat.cancel()
      for (const stop of stops) stop()
    })
  })
  return pulse
}
