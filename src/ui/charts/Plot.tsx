import { createEffect, on, onCleanup, onMount } from 'solid-js'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { oncePerFrame } from '../state/frame.ts'
import { type ChartColours, onColoursChange, readColours } from './palette.ts'

export interface PlotProps {
  /** Chart without size; read again whenever something reactive in it, or the colours, change. */
  options: (colours: ChartColours) => Omit<uPlot.Options, 'width' | 'height'>
  /** Columns at this moment; read at most once a frame. */
  data: () => uPlot.AlignedData
  /** Registers a listener for new data that does not come through reactive state. */
  subscribe?: (changed: () => void) => () => void
  label: string
  class?: string
}

/** A uPlot chart that follows its box, the colours and its data, and redraws at most once a frame, while it is in sight. */
export function Plot(props: PlotProps) {
  let box!: HTMLDivElement
  let plot: uPlot | null = null
  const size = () => ({ width: Math.max(40, box.clientWidth), height: Math.max(80, box.clientHeight) })
  /** Scrolled away or folded, it is drawn when it comes back. */
  let seen = true
  let behind = false
  const redraw = oncePerFrame(() => {
    behind = !seen
    if (seen) plot?.setData(props.data())
  })

  function build(): void {
    plot?.destroy()
    plot = new uPlot({ ...props.options(readColours(box)), ...size() }, props.data(), box)
  }

  onMount(() => {
    createEffect(build)
    createEffect(
      on(
        () => props.subscribe,
        (subscribe) => {
          if (!subscribe) return
          redraw.ask()
          onCleanup(subscribe(redraw.ask))
        },
      ),
    )
    const resized = new ResizeObserver(() => plot?.setSize(size()))
    resized.observe(box)
    const sight = new IntersectionObserver((changes) => {
      seen = changes.at(-1)!.isIntersecting
      if (seen && behind) redraw.ask()
    })
    sight.observe(box)
    const unwatch = onColoursChange(build)
    onCleanup(() => {
      resized.disconnect()
      sight.disconnect()
      unwatch()
      redraw.cancel()
      plot?.destroy()
    })
  })

  return <div ref={box} class={`plot ${props.class ?? ''}`} role="img" aria-label={props.label} />
}

/** Axis looks shared by all charts. */
export function axis(colours: ChartColours, more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: colours.ink,
    font: '12px system-ui, sans-serif',
    labelFont: '12px system-ui, sans-serif',
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
    ...more,
  }
}
