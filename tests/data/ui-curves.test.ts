import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/protocol/events.ts'
import { curvesCsv } from '../../src/runs/curves-csv.ts'
import { RunSeries } from '../../src/runs/series.ts'
import { align, within } from '../../src/ui/charts/align.ts'
import type { ChartRun } from '../../src/ui/charts/chart-run.ts'
import { curvesOf, type Drawing, MOST_POINTS, smoothedCurve, valueAt } from '../../src/ui/charts/curves.ts'
import { bars, travel } from '../../src/ui/charts/dense.ts'
import { type ChartColours, MOST_RUNS } from '../../src/ui/charts/palette.ts'
import { chartSvg, ticks } from '../../src/ui/charts/svg.ts'
import { fitted, scaled, shifted } from '../../src/ui/charts/zoom.ts'
import { MOST_OVERLAYS } from '../../src/ui/state/runs.ts'

/** A run that falls, with a spike at one step and a validation every hundred. */
function run(steps: number, { name = 'a run', spike = -1 } = {}): ChartRun {
  const events: RunEvent[] = []
  for (let step = 1; step <= steps; step++) {
    events.push({
      type: 'step',
      step,
      max_steps: steps,
      epoch: step / 100,
      loss: step === spike ? 99 : 1 + 1 / step,
      mean_token_accuracy: 0.5,
      learning_rate: 1e-3,
      grad_norm: 2,
      tokens: step,
      tokens_per_second: 10,
    })
    if (step % 100 === 0)
      events.push({
        type: 'eval',
        step,
        epoch: step / 100,
        eval_loss: 1.5,
        metrics: { mean_token_accuracy: 0.25 },
      })
  }
  return { id: name, name, series: RunSeries.from(events), maxSteps: steps }
}

const LOSS: Drawing = { figure: 'loss', across: 'steps', weight: 0, span: null }

describe('a stretch of a curve', () => {
  const curve = { x: Float64Array.of(0, 1, 2, 3, 4, 5), y: Float64Array.of(9, 8, 7, 6, 5, 4) }
  it('has the nearest point on either side too, so that its line runs to the edges', () => {
    expect([...within(curve, { low: 1.5, high: 3.5 }).x]).toEqual([1, 2, 3, 4])
    expect([...within(curve, { low: 2, high: 3 }).x]).toEqual([1, 2, 3, 4])
    expect([...within(curve, { low: -9, high: 99 }).x]).toEqual([0, 1, 2, 3, 4, 5])
    expect(within(curve, { low: 2, high: 3 }).x.buffer).toBe(curve.x.buffer)
  })
  it('shows every step where the screen has room for them, and a spike where it has not', () => {
    const long = run(20_000, { spike: 12_345 })
    const all = curvesOf(long, LOSS)
    expect(all.main.x.length).toBeLessThanOrEqual(MOST_POINTS + 1)
    expect(Math.max(...all.main.y)).toBe(99)
    const near = curvesOf(long, { ...LOSS, span: { low: 12_300, high: 12_400 } })
    expect(near.main.x.length).toBe(103)
    expect([...near.validation!.x]).toEqual([12_200, 12_300, 12_400, 12_500])
  })
  it('costs no more for a long run with five over it than its points do: no frame of a pan has more of them', () => {
    const runs = Array.from({ length: 6 }, (_, i) => run(20_000, { name: `${i}` }))
    for (let low = 0; low <= 15_000; low += 1234) {
      const span = { low, high: low + 5000 }
      const curves = runs.flatMap((one) => {
        const { raw, main, validation } = curvesOf(one, { ...LOSS, weight: 0.9, span })
        return [raw!, main, validation!]
      })
      const points = curves.reduce((sum, { x }) => sum + x.length, 0)
      expect(points).toBeLessThanOrEqual(6 * (2 * (MOST_POINTS + 1) + 53))
      // One axis for all of them is not longer than the points are many.
      expect(align(curves)[0].length).toBeLessThanOrEqual(points)
    }
  })
})

describe('smoothed figures', () => {
  it('are worked out once for a state of the run, not once a frame, and anew when it changes', () => {
    const one = run(300)
    const first = smoothedCurve(one, 'loss', 'steps', 0.9)
    expect(smoothedCurve(one, 'loss', 'epochs', 0.9).y).toBe(first.y)
    expect(smoothedCurve(one, 'loss', 'steps', 0.5).y).not.toBe(first.y)
    one.series.add({
      type: 'step',
      step: 300,
      max_steps: 300,
      epoch: 3,
      loss: 77,
      mean_token_accuracy: 0,
      learning_rate: 0,
      grad_norm: 0,
      tokens: 0,
      tokens_per_second: 0,
    })
    const after = smoothedCurve(one, 'loss', 'steps', 0.5)
    expect(after.y.length).toBe(300)
    expect(after.y.at(-1)).toBeGreaterThan(30)
  })
})

describe('what is in sight', () => {
  const whole = { low: 0, high: 100 }
  it('stays within the whole, keeps its length when moved, and is all of it where nothing is left out', () => {
    expect(fitted(shifted({ low: 80, high: 90 }, 50), whole)).toEqual({ low: 90, high: 100 })
    expect(fitted(shifted({ low: 10, high: 20 }, -50), whole)).toEqual({ low: 0, high: 10 })
    expect(fitted(scaled({ low: 40, high: 60 }, 10), whole)).toBeNull()
  })
  it('is never nothing', () => {
    const tiny = fitted({ low: 50, high: 50 }, whole)!
    expect(tiny.high).toBeGreaterThan(tiny.low)
  })
  it('zooms about a point that stays where it is', () => {
    expect(scaled({ low: 0, high: 100 }, 0.5, 20)).toEqual({ low: 10, high: 60 })
  })
})

it('every run that can be drawn has a dash of its own', () => {
  expect(MOST_RUNS).toBe(1 + MOST_OVERLAYS)
})

describe('the legend', () => {
  const curve = { x: Float64Array.of(1, 10, 20), y: Float64Array.of(3, 2, Number.NaN) }
  it('tells the value under the pointer or the last before it', () => {
    expect(valueAt(curve, 15)).toBe(2)
    expect(valueAt(curve, 25)).toBe(2)
    expect(valueAt(curve, 0)).toBeNaN()
  })
  it('tells what came last as it is: a loss that is none any more is not passed over', () => {
    expect(valueAt(curve, null)).toBeNaN()
  })
})

describe('curves as CSV', () => {
  it('has every step of every run, quotes names, and leaves empty what was not told', () => {
    const text = curvesCsv([run(200, { name: 'say "hi", twice' }), run(100, { name: '=danger()' })])
    const lines = text.split('\r\n')
    expect(lines[0]).toBe(
      'run,step,epoch,loss,mean_token_accuracy,learning_rate,grad_norm,tokens_per_second,eval_loss,eval_mean_token_accuracy',
    )
    expect(lines[1]).toBe('"say ""hi"", twice",1,0.01,2,0.5,0.001,2,10,,')
    expect(lines[100]).toBe('"say ""hi"", twice",100,1,1.01,0.5,0.001,2,10,1.5,0.25')
    expect(lines[201]).toMatch(/^'=danger\(\),1,/)
    expect(lines).toHaveLength(1 + 200 + 100 + 1)
  })
  it('has the evaluation before the first step, and no figure for a step that was skipped', () => {
    const series = RunSeries.from([
      { type: 'eval', step: 0, epoch: 0, eval_loss: 3, metrics: {} },
      {
        type: 'step',
        step: 1,
        max_steps: 2,
        epoch: 0.5,
        loss: 7,
        mean_token_accuracy: 0,
        learning_rate: 0.1,
        grad_norm: 1,
        tokens: 1,
        tokens_per_second: 1,
        skipped: true,
      },
    ])
    expect(
      curvesCsv([{ name: 'a', series }])
        .split('\r\n')
        .slice(1, 3),
    ).toEqual(['a,0,0,,,,,,3', 'a,1,0.5,,,,,,'])
  })
})

describe('the chart as a picture', () => {
  const colours: ChartColours = {
    curves: ['#111111', '#222222', '#333333', '#444444', '#555555', '#666666'],
    ink: '#000000',
    grid: '#cccccc',
    ground: '#ffffff',
  }
  it('has a line for training and validation of each run, its marks, its name, and no markup of a name', () => {
    const svg = chartSvg([run(1000, { name: 'a <b> & "c"' }), run(500)], LOSS, false, colours)
    expect(svg.match(/stroke-width="1.75"\/>/g)!.length).toBeGreaterThanOrEqual(1)
    expect(svg.match(/<circle /g)).toHaveLength(10 + 5 + 2)
    expect(svg).toContain('a &#60;b&#62; &#38; &#34;c&#34;')
    expect(svg).not.toMatch(/<b>|NaN|Infinity|undefined|<script|href/)
    expect(svg).toContain('Loss (nats)')
  })
  it('shows what is in sight: marks outside of it are left out', () => {
    const svg = chartSvg([run(1000)], { ...LOSS, span: { low: 150, high: 450 } }, true, colours)
    expect(svg.match(/<circle /g)).toHaveLength(3 + 1)
    expect(svg).not.toMatch(/NaN|Infinity/)
  })
  it('draws a run without a step as an empty chart', () => {
    const none: ChartRun = { id: 'x', name: 'x', series: new RunSeries() }
    expect(chartSvg([none], LOSS, true, colours)).not.toMatch(/NaN|Infinity/)
  })
  it('has round values at its axes', () => {
    expect(ticks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100])
    expect(ticks(0.31, 0.39, 4)).toEqual([0.32, 0.34, 0.36, 0.38])
    expect(ticks(0.1, 10, 0, true)).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10])
  })
})

describe('a dense curve', () => {
  it('covers what its line would: every column from least to greatest, and none left out between two', () => {
    expect(bars([0.2, 0.6, 1.5, 4.1], [5, 9, 2, 3])).toEqual([
      { x: 0, width: 1, top: 5, bottom: 9 },
      { x: 1, width: 1, top: 2, bottom: 9 },
      { x: 2, width: 3, top: 2, bottom: 3 },
    ])
    expect(bars([], [])).toEqual([])
    // In columns of two pixels: half as many, and nothing less is covered.
    expect(bars([0.2, 0.6, 1.5, 4.1], [5, 9, 2, 3], 2)).toEqual([
      { x: 0, width: 2, top: 2, bottom: 9 },
      { x: 2, width: 4, top: 2, bottom: 3 },
    ])
  })
  it('is told by how far it goes up and down', () => {
    expect(travel([1, 4, 2])).toBe(5)
    expect(travel([])).toBe(0)
  })
})
