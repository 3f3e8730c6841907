import { onCleanup } from 'solid-js'

/** Milliseconds that a pointer rests before a word is said, and that it may be on its way from the button to the word. */
const RESTS_MS = 500
const LEAVES_MS = 200
/** Between button and word, and from the edges of the window; CSS pixels. */
const GAP = 6
const EDGE = 4

let shown: { of: HTMLElement; word: HTMLElement } | null = null
let timer: ReturnType<typeof setTimeout> | undefined

/**
 * A word beside a button while a pointer rests on it, or the keyboard has brought the focus there: what its picture means. It is said to
 * screen readers by the button's name. One at a time; Escape, a press and scrolling take it away.
 */
export function tip(of: HTMLElement, text: () => string): void {
  const soon = (ms: number, what: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(what, ms)
  }
  const show = () => {
    if (of.isConnected && shown?.of !== of) showBeside(of, text(), () => soon(LEAVES_MS, hide))
  }
  of.addEventListener('pointerenter', ({ pointerType }) => {
    if (pointerType === 'touch' || shown?.of === of) return clearTimeout(timer)
    hide()
    soon(RESTS_MS, show)
  })
  of.addEventListener('pointerleave', () => soon(shown?.of === of ? LEAVES_MS : 0, hide))
  of.addEventListener('focus', () => {
    if (of.matches(':focus-visible')) soon(0, show)
  })
  for (const name of ['blur', 'click']) of.addEventListener(name, () => soon(0, hide))
  onCleanup(() => {
    if (shown?.of === of) hide()
  })
}

function showBeside(of: HTMLElement, text: string, leave: () => void): void {
  hide()
  const word = document.createElement('div')
  word.className = 'tooltip'
  word.role = 'tooltip'
  // In the top layer, above dialogs as well.
  word.popover = 'manual'
  word.textContent = text
  word.addEventListener('pointerenter', () => clearTimeout(timer))
  word.addEventListener('pointerleave', leave)
  document.body.append(word)
  word.showPopover()
  shown = { of, word }
  const [button, { width, height }] = [of.getBoundingClientRect(), word.getBoundingClientRect()]
  const above = button.top - GAP - height
  const middle = button.left + (button.width - width) / 2
  word.style.top = `${above >= EDGE ? above : button.bottom + GAP}px`
  word.style.left = `${Math.max(EDGE, Math.min(middle, document.documentElement.clientWidth - EDGE - width))}px`
  document.addEventListener('keydown', onKey, true)
  document.addEventListener('scroll', hide, true)
}

/** Escape takes the word alone: what else it would close is closed by the next. */
function onKey(event: KeyboardEvent): void {
  if (event.key !== 'Escape') return
  event.stopPropagation()
  hide()
}

function hide(): void {
  clearTimeout(timer)
  shown?.word.remove()
  shown = null
  document.removeEventListener('keydown', onKey, true)
  document.removeEventListener('scroll', hide, true)
}
