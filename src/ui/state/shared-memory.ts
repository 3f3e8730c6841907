import { type Accessor, createEffect, createRoot, createSignal } from 'solid-js'

/** What was pressed before the page was loaded anew, and is done right after. `config`: of the run that was started, as text. */
export type Pressed = { what: 'demonstrate' } | { what: 'start'; config: string }

/** Milliseconds that a press waits for what is known moments after opening. */
const WAIT_MS = 3000
const RELOADED = 'lapidary.reloaded'
const PRESSED = 'lapidary.pressed'

interface Parts {
  /** Whether this device computes where shared memory makes it faster; null: not known yet. */
  helps: Accessor<boolean | null>
  /** Whether a service worker is there that the page comes from once it is loaded anew; null: not known yet. */
  served: Accessor<boolean | null>
  /** Whether a page that is loaded anew has everything that this one has. */
  keepsAll: () => boolean
  /** Address that the page was opened at: what stood in it may have been taken out of it since. */
  opened: URL
  /** Resolves where the page's document can be fetched. */
  reach: (signal: AbortSignal) => Promise<void>
  reload: () => void
}

/**
 * Where a host cannot send the headers that let threads share memory, the service worker adds them, from the next load on. A first
 * visit is loaded anew for that where it helps, once: at the first press that begins to compute, or while nobody looks and nothing has begun;
 * and only where nothing is lost by it.
 */
export function createSharedMemory({ helps, served, keepsAll, opened, reach, reload }: Parts) {
  const [leaving, setLeaving] = createSignal(false)
  // A way back from signing in is not taken twice.
  const may = () => !globalThis.crossOriginIsolated && opened.search === '' && !wasReloaded()
  const worthIt = () => (helps() === false || served() === false ? false : helps() && served())

  /** What is written in fields is on its way to somewhere: a question, a token. Numbers are settings, which are kept as they are typed. */
  let written = false
  window.addEventListener('input', ({ target }) => {
    if (isText(target)) written = true
  })
  const loses = () => written || !keepsAll()

  async function leave(pressed: Pressed | null): Promise<boolean> {
    try {
      await reach(AbortSignal.timeout(WAIT_MS))
    } catch {
      return false
    }
    if (loses() || !note(pressed)) return false
    setLeaving(true)
    reload()
    return true
  }

  if (may() && /^(#\/\w*)?$/.test(opened.hash)) {
    const begun = new AbortController()
    const { signal } = begun
    for (const name of ['pointerdown', 'keydown', 'dragenter', 'paste', 'hashchange'])
      window.addEventListener(name, () => begun.abort(), { capture: true, signal })
    const [hidden, setHidden] = createSignal(document.hidden)
    document.addEventListener('visibilitychange', () => setHidden(document.hidden), { signal })
    createEffect(() => {
      if (!hidden() || !worthIt() || signal.aborted || loses()) return
      begun.abort()
      void leave(null)
    })
  }

  return {
    /** Whether the page is being loaded anew: nobody need be asked. */
    leaving,
    /** Loads the page anew before what was pressed is done, where that is worth it. @returns whether it does: nothing more is to be done here */
    async before(pressed: Pressed): Promise<boolean> {
      if (!may() || loses()) return false
      return (await known(worthIt)) ? leave(pressed) : false
    },
  }
}

/** What was pressed before this page was loaded anew, once. */
export function takePressed(): Pressed | null {
  try {
    const text = sessionStorage.getItem(PRESSED)
    sessionStorage.removeItem(PRESSED)
    const { what, config } = JSON.parse(text ?? 'null') ?? {}
    if (what === 'demonstrate') return { what }
    return what === 'start' && typeof config === 'string' ? { what, config } : null
  } catch {
    return null
  }
}

/** Numbers, choices, and files, which are stored once they are opened. */
const KEPT = '[inputmode="decimal"], [list], [type="range"], [type="radio"], [type="checkbox"], [type="file"]'

function isText(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true
  return target instanceof HTMLInputElement && !target.matches(KEPT)
}

/** What is known once it is, or false after a while. */
function known(asked: Accessor<boolean | null>): Promise<boolean> {
  return new Promise((resolve) =>
    createRoot((end) => {
      const settle = (answer: boolean) => {
        clearTimeout(timer)
        resolve(answer)
        end()
      }
      const timer = setTimeout(settle, WAIT_MS, false)
      createEffect(() => {
        const answer = asked()
        if (answer !== null) settle(answer)
      })
    }),
  )
}

function wasReloaded(): boolean {
  try {
    return sessionStorage.getItem(RELOADED) !== null
  } catch {
    return true
  }
}

/** @returns whether that is remembered: otherwise it might be done for ever, and what was pressed would be lost */
function note(pressed: Pressed | null): boolean {
  try {
    sessionStorage.setItem(RELOADED, '1')
    if (pressed) sessionStorage.setItem(PRESSED, JSON.stringify(pressed))
    return true
  } catch {
    return false
  }
}
