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
