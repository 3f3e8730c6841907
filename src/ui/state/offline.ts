import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js'
import type { ServiceWorkerAnswer, ServiceWorkerAsked } from '../../protocol/offline.ts'
import { oneFile } from '../../protocol/one-file.ts'
import { trustedScript } from '../../protocol/trusted.ts'

/** How much of the studio is on this device. `absent`: this browser, or this address, cannot keep it. */
export type Kept =
  | { state: 'absent' | 'unknown' }
  | { state: 'partial' | 'keeping'; bytes: number; ofBytes: number }
  | { state: 'whole'; bytes: number }
  | { state: 'failed'; reason: string }

/** What Chromium offers where a page can be installed. */
interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>
}

/** Milliseconds after which the studio is kept: what a visit itself needs is there by then. */
const KEEP_AFTER_MS = 10_000
/** A page is loaded anew for shared memory only so soon, and only while nobody has touched it. */
const RELOAD_WITHIN_MS = 10_000
const RELOADED = 'lapidary.reloaded'

/**
 * The built studio on this device: kept by a service worker for use without a network, installed as an app, a new version of it.
 * A development server has none.
 * @param needsThreads whether this device computes where shared memory makes it faster
 * @param training whether a run goes on
 */
export function createOffline(needsThreads: Accessor<boolean>, training: Accessor<boolean>) {
  const [kept, setKept] = createSignal<Kept>({ state: 'unknown' })
  const [newer, setNewer] = createSignal(false)
  const [installing, setInstalling] = createSignal<InstallPrompt | null>(null)

  const offered = (event: Event) => {
    // Without this Chromium may show a banner of its own.
    event.preventDefault()
    setInstalling(event as InstallPrompt)
  }
  const installed = () => setInstalling(null)
  window.addEventListener('beforeinstallprompt', offered)
  window.addEventListener('appinstalled', installed)
  let over = false
  onCleanup(() => {
    over = true
    window.removeEventListener('beforeinstallprompt', offered)
    window.removeEventListener('appinstalled', installed)
  })

  const workers = serviceWorkers()
  // In a frame of another page it is that page's visit, and storage of its own would hold a second studio. One that is a file is kept as it is.
  if (import.meta.env.PROD && workers && window.top === window && !oneFile()) void start(workers)
  else setKept({ state: 'absent' })

  async function start(workers: ServiceWorkerContainer): Promise<void> {
    const opened = performance.getEntriesByType('navigation')[0]?.name ?? location.href
    isolateOnce(workers, needsThreads, new URL(opened), () => location.reload())
    const address = new URL(`${import.meta.env.BASE_URL}service-worker.js`, document.baseURI)
    const registration = await workers.register(trustedScript(address.href)).catch(() => undefined)
    if (!registration) {
      // A host without the file, or a browser that keeps nothing: all else works.
      setKept({ state: 'absent' })
      return
    }
    const look = () => setNewer(registration.waiting !== null && registration.active !== null)
    const follow = () => registration.installing?.addEventListener('statechange', look)
    registration.addEventListener('updatefound', follow)
    follow()
    look()
    await workers.ready
    ask('state')
    // Another version has taken over before anything was kept.
    workers.addEventListener('controllerchange', () => ask('state'))
    const { connection } = navigator as { connection?: { saveData?: boolean } }
    if (!connection?.saveData) setTimeout(() => kept().state === 'partial' && !over && keep(), KEEP_AFTER_MS)
  }

  function ask(asked: ServiceWorkerAsked): void {
    void workers?.ready.then(({ active }) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = ({ data }: MessageEvent<ServiceWorkerAnswer>) => {
        if (data.type === 'whole') setKept({ state: 'whole', bytes: data.bytes })
        else if (data.type === 'failed') setKept({ state: 'failed', reason: data.reason })
        else if (data.type === 'partial')
          setKept({ ...data, state: asked === 'keep' ? 'keeping' : 'partial' })
      }
      active?.postMessage(asked, [port2])
    })
  }

  /** Keeps all of the studio on this device. */
  const keep = () => ask('keep')

  async function install(): Promise<void> {
    const prompt = installing()
    // Good for one use; where it is declined the browser offers another one later.
    setInstalling(null)
    await prompt?.prompt()
  }

  // What no service worker keeps may be gone from the host by the time it is needed: it is loaded with the first press, or the first run.
  const [pressed, setPressed] = createSignal(false)
  for (const name of ['pointerdown', 'keydown'])
    window.addEventListener(name, () => setPressed(true), { capture: true, once: true })
  createEffect<boolean>((loaded) => {
    if (loaded) return true
    if (kept().state !== 'absent' || oneFile() || !(pressed() || training())) return false
    void import('./later-files.ts').then(({ loadAllNow }) => loadAllNow()).catch(() => {})
    return true
  }, false)

  const isNewer = () => newer() && kept().state === 'whole'
  return { kept, keep, newer: isNewer, canInstall: () => installing() !== null, install }
}

/**
 * Where a host cannot send the headers that let threads share memory, the service worker adds them, from the next load on. A first
 * visit is loaded anew for that at once, where it helps, once, and only if nobody has begun to use it.
 * @param opened address that the page was opened at: what stood in it may have been taken out of it since
 */
export function isolateOnce(
  workers: Pick<ServiceWorkerContainer, 'controller' | 'addEventListener'>,
  needsThreads: Accessor<boolean>,
  opened: URL,
  reload: () => void,
): void {
  if (globalThis.crossOriginIsolated || workers.controller || wasReloaded()) return
  // A way back from signing in, or a run: neither is taken twice.
  if (opened.search !== '' || !/^(#\/\w*)?$/.test(opened.hash)) return
  const [controlled, setControlled] = createSignal(false)
  const since = performance.now()
  let touched = false
  const touch = () => {
    touched = true
  }
  for (const name of ['pointerdown', 'keydown', 'dragenter', 'paste', 'hashchange'])
    window.addEventListener(name, touch, { capture: true, once: true })
  workers.addEventListener('controllerchange', () => setControlled(true), { once: true })
  createEffect(() => {
    if (!controlled() || !needsThreads() || touched || performance.now() - since > RELOAD_WITHIN_MS) return
    if (markReloaded()) reload()
  })
}

/** None outside https and localhost; where site data is blocked, asking is an error already. */
function serviceWorkers(): ServiceWorkerContainer | undefined {
  try {
    return (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker
  } catch {
    return undefined
  }
}

function wasReloaded(): boolean {
  try {
    return sessionStorage.getItem(RELOADED) !== null
  } catch {
    return true
  }
}

/** @returns whether that is remembered: otherwise it might be done for ever */
function markReloaded(): boolean {
  try {
    sessionStorage.setItem(RELOADED, '1')
    return true
  } catch {
    return false
  }
}
