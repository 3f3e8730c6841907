import { batch } from 'solid-js'

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

/** What is to be drawn at the next beat. */
const asked = new Set<() => void>()
let beat: ReturnType<typeof setTimeout> | undefined
let last = Number.NEGATIVE_INFINITY

/** One that fails is told of, and takes no other with it. */
function alone(task: () => void): void {
  try {
    task()
  } catch (error) {
    reportError(error)
  }
}

function draw(): void {
  beat = undefined
  last = performance.now()
  const tasks = [...asked]
  asked.clear()
  batch(() => {
    for (const task of tasks) alone(task)
  })
}

/**
 * Does something at the page's next beat, of which there is one in so many milliseconds at the most: whatever figures of a run
 * change, in words, in the bar and in curves, is laid out and painted together. Asked for after a rest, as soon as the present task ends.
 */
export function calmly(task: () => void): { ask(): void; cancel(): void } {
  const own = () => task()
  return {
    ask() {
      asked.add(own)
      if (beat === undefined) beat = setTimeout(draw, Math.max(0, last + CALM - performance.now()))
    },
    cancel() {
      asked.delete(own)
    },
  }
}
