/** Curves are told apart by colour and by dash; validation carries markers besides. */
export const DASHES: readonly number[][] = [[], [9, 4], [2, 3], [10, 3, 2, 3], [5, 2], [14, 3, 2, 3, 2, 3]]
/** The run in view, and those laid over it (`MOST_OVERLAYS`). */
export const MOST_RUNS = DASHES.length

export interface ChartColours {
  curves: string[]
  ink: string
  grid: string
  ground: string
}

/** Custom properties as the browser resolves them for an element, ready for a canvas. */
export function readColours(inside: HTMLElement): ChartColours {
  const probe = document.createElement('span')
  probe.hidden = true
  inside.append(probe)
  const read = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const colours = {
    curves: DASHES.map((_, index) => read(`--curve-${index + 1}`)),
    ink: read('--ink-2'),
    grid: read('--line'),
    ground: read('--ground'),
  }
  probe.remove()
  return colours
}

/** Calls back when light and dark change places, by the switch or by the system. */
export function onColoursChange(callback: () => void): () => void {
  const media = window.matchMedia('(prefers-color-scheme: dark)')
  const observer = new MutationObserver(callback)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  media.addEventListener('change', callback)
  return () => {
    observer.disconnect()
    media.removeEventListener('change', callback)
  }
}
