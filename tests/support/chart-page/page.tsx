import { render } from 'solid-js/web'
import '../../../src/ui/styles/index.css'
import type { RunEvent } from '../../../src/protocol/events.ts'
import { RunSeries } from '../../../src/runs/series.ts'
import { LossChart } from '../../../src/ui/charts/LossChart.tsx'

declare global {
  interface Window {
    /** Shows runs of so many steps from their records. */
    showRuns(runs: number, steps: number): void
    /** Takes the curves to and fro, a move a frame, and gives how long the scripts of each frame took, in ms. */
    panRuns(moves: number): Promise<number[]>
  }
}

const took: number[] = []
const native = window.requestAnimationFrame.bind(window)
window.requestAnimationFrame = (callback) =>
  native((now) => {
    const began = performance.now()
    callback(now)
    took.push(performance.now() - began)
  })

function record(run: number, steps: number): RunEvent[] {
  const events: RunEvent[] = []
  for (let step = 1; step <= steps; step++) {
    const wave = Math.sin(step * (0.37 + run / 100)) * 0.2 + Math.sin(step / (90 + run)) * 0.1
    events.push({
      type: 'step',
      step,
      max_steps: steps,
      epoch: step / 1000,
      loss: 0.6 + 3 / Math.sqrt(step) + wave * 0.5,
      mean_token_accuracy: 0.5 + wave / 4,
      learning_rate: 1e-3 * (1 - step / steps),
      grad_norm: 1 + wave,
      tokens: step * 512,
      tokens_per_second: 2000,
    })
    if (step % 500 === 0)
      events.push({
        type: 'eval',
        step,
        epoch: step / 1000,
        eval_loss: 0.8 + 3 / Math.sqrt(step),
        metrics: {},
      })
  }
  return events
}

window.showRuns = (count, steps) => {
  const runs = Array.from({ length: count }, (_, run) => ({
    id: `${run}`,
    name: `Run ${run}`,
    series: RunSeries.from(record(run, steps)),
    maxSteps: steps,
  }))
  render(() => <LossChart runs={runs} />, document.getElementById('root')!)
}

window.panRuns = async (moves) => {
  const over = document.querySelector<HTMLElement>('.u-over')!
  const box = over.getBoundingClientRect()
  const told = (type: string, share: number) =>
    over.dispatchEvent(
      new PointerEvent(type, {
        clientX: box.left + box.width * share,
        clientY: box.top + box.height / 2,
        shiftKey: true,
        bubbles: true,
      }),
    )
  // A pointer that no hand moves cannot be captured.
  over.setPointerCapture = () => {}
  took.length = 0
  told('pointerdown', 0.5)
  for (let i = 0; i < moves; i++) {
    told('pointermove', 0.5 + 0.45 * Math.sin(i / 20))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  told('pointerup', 0.5)
  return took
}
