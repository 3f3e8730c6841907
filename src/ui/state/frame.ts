/**
 * Runs `task` at most once a frame, however often it is asked for. In a hidden tab, where no frames come, twice a
 * second, so that the title and the state keep up.
 */
export function oncePerFrame(task: () => void): { ask(): void; cancel(): void } {
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = () => {
    cancel()
    task()
  }
  const cancel = () => {
    if (frame) cancelAnimationFrame(frame)
    clearTimeout(timer)
    frame = 0
    timer = undefined
  }
  return {
    ask() {
      if (frame || timer !== undefined) return
      if (document.hidden) timer = setTimeout(run, 500)
      else {
        frame = requestAnimationFrame(run)
        // A tab hidden between asking and drawing gets no frame; the timer is the net under it.
        timer = setTimeout(run, 1000)
      }
    },
    cancel,
  }
}

/**
 * Milliseconds between two drawings of figures that come: a run may make many steps a second, and where no graphics card paints each drawing
 * takes the page's own thread. A hand on the chart is followed frame by frame.
 */
export const CALM = 400

/** Does something at once, then again at the most once in so many milliseconds, as long as it is asked for. */
export function calmly(task: () => void, milliseconds = CALM): { ask(): void; cancel(): void } {
  let last = Number.NEGATIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = () => {
    timer = undefined
    last = performance.now()
    task()
  }
  return {
    ask() {
      if (timer !== undefined) return
      const left = last + milliseconds - performance.now()
      if (left <= 0) run()
      else timer = setTimeout(run, left)
    },
    cancel() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
