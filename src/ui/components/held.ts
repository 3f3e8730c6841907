import { onCleanup } from 'solid-js'

/** How far all that an element lies in has been scrolled, in CSS pixels. */
function scrolled(element: HTMLElement): { x: number; y: number } {
  const sum = { x: 0, y: 0 }
  for (let within = element.parentElement; within; within = within.parentElement) {
    sum.x += within.scrollLeft
    sum.y += within.scrollTop
  }
  return sum
}

/**
 * Keeps what has opened beside a button where it opened, also while the page is laid out anew around that button: a notice that comes
 * while a pointer goes down on an item would put the item's neighbour under it. Scrolled, it goes along; the window's size places it anew.
 * @returns properties of a list or menu of Kobalte
 */
export function heldInPlace() {
  let place: { x: number; y: number; width: number; height: number } | null = null
  const page = document.documentElement
  const anew = () => {
    place = null
    page.style.minHeight = ''
  }
  let opened = false
  const onOpenChange = (open: boolean) => {
    opened = open
    anew()
    // What the browser scrolls by itself, after content above or at the foot of a page that gets shorter, would take along what stands still.
    page.style.overflowAnchor = open ? 'none' : ''
    if (open) page.style.minHeight = `${page.scrollHeight}px`
    if (open) window.addEventListener('resize', anew)
    else window.removeEventListener('resize', anew)
  }
  onCleanup(() => opened && onOpenChange(false))
  return {
    onOpenChange,
    getAnchorRect(anchor?: HTMLElement) {
      if (!anchor) return undefined
      const { x, y } = scrolled(anchor)
      if (!place) {
        const seen = anchor.getBoundingClientRect()
        place = { x: seen.x + x, y: seen.y + y, width: seen.width, height: seen.height }
      }
      return { ...place, x: place.x - x, y: place.y - y }
    },
  }
}

/** An item is chosen where it was pressed: a pointer that goes down on one and up on another, which came under it meanwhile, chooses none. */
export function pressedWhole(list: HTMLElement): void {
  let pressed: Element | null | undefined
  const itemOf = ({ target }: Event) => (target as Element).closest('[role^="menuitem"], [role="option"]')
  list.addEventListener('pointerdown', (event) => {
    pressed = itemOf(event)
  })
  list.addEventListener(
    'pointerup',
    (event) => {
      if (pressed !== undefined && pressed !== itemOf(event)) event.stopPropagation()
      pressed = undefined
    },
    true,
  )
}
