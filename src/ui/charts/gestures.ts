import type uPlot from 'uplot'
import { scaled, shifted, type Zoom } from './zoom.ts'

/** How much a notch of the wheel shows more or less. */
const NOTCH = 1.2

/**
 * A pointer on a plot: drawn across, it shows what it covered; with Shift it takes the curve along. The wheel moves sideways, and
 * with Ctrl (or two fingers) it zooms. A double click shows all. The buttons beside the chart do the same.
 */
export function gestures(zoom: Zoom): uPlot.Plugin {
  const span = ({ scales }: uPlot) => ({ low: scales.x!.min ?? 0, high: scales.x!.max ?? 1 })
  const perPixel = (plot: uPlot) => (span(plot).high - span(plot).low) / Math.max(1, plot.over.clientWidth)
  return {
    hooks: {
      setSelect: (plot) => {
        const { left, width } = plot.select
        if (width < 4) return
        const [low, high] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        zoom.show({ low, high })
      },
      init: (plot) => {
        const { over } = plot
        let taken: { x: number; from: ReturnType<typeof span> } | null = null
        over.addEventListener('dblclick', () => zoom.all())
        over.addEventListener(
          'pointerdown',
          (event) => {
            if (!event.shiftKey || event.button !== 0 || !zoom.now()) return
            taken = { x: event.clientX, from: span(plot) }
            over.setPointerCapture(event.pointerId)
          },
          true,
        )
        // A mouse that takes the curve along must not draw a stretch as well.
        over.addEventListener('mousedown', (event) => taken && event.stopImmediatePropagation(), true)
        over.addEventListener('pointermove', (event) => {
          if (taken) zoom.show(shifted(taken.from, (taken.x - event.clientX) * perPixel(plot)))
        })
        for (const end of ['pointerup', 'pointercancel'] as const)
          over.addEventListener(end, () => (taken = null))
        over.addEventListener(
          'wheel',
          (event) => {
            const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX
            if (event.ctrlKey || event.metaKey) {
              const at = plot.posToVal(event.clientX - over.getBoundingClientRect().left, 'x')
              zoom.show(scaled(span(plot), event.deltaY > 0 ? NOTCH : 1 / NOTCH, at))
            } else if (zoom.now() && Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY))
              zoom.show(shifted(span(plot), sideways * perPixel(plot)))
            else return
            event.preventDefault()
          },
          { passive: false },
        )
      },
    },
  }
}
