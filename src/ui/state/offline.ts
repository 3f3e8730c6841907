import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js'
import type { ServiceWorkerAnswer, ServiceWorkerAsked } from '../../protocol/offline.ts'
import { oneFile } from '../../protocol/one-file.ts'
import { trustedScript } from '../../protocol/trusted.ts'
import { createSharedMemory } from './shared-memory.ts'

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

interface Parts {
  /** Whether this device computes where shared memory makes it faster; null: not known yet. */
  needsThreads: Accessor<boolean | null>
  /** Whether a run goes on. */
  training: Accessor<boolean>
  /** Whether a page that is loaded anew has everything that this one has. */
  keepsAll: () => boolean
}

/**
 * The built studio on this device: kept by a service worker for use without a network, installed as an app, a new version of it.
 * A development server has none.
 */
export function createOffline({ needsThreads, training, keepsAll }: Parts) {
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
  const used = import.meta.env.PROD && workers && window.top === window && !oneFile() ? workers : null
  // What it gave to this page already, it will not give otherwise.
  const [served, setServed] = createSignal<boolean | null>(used?.controller === null ? null : false)
  // Firefox names a page that is a file "document".
  const named = performance.getEntriesByType('navigation')[0]?.name ?? ''
  const opened = URL.canParse(named) ? named : location.href
  const sharedMemory = createSharedMemory({
    ...{ helps: needsThreads, served, keepsAll, opened: new URL(opened) },
    async reach(signal) {
      const { gatedFetch } = await import('../../protocol/gate.ts')
      const { ok } = await gatedFetch(location.href, { cache: 'no-cache', signal })
      if (!ok) throw new Error('The host does not have the page any more.')
    },
    reload: () => location.reload(),
  })
  if (used) void start(used)
  else setKept({ state: 'absent' })

  async function start(workers: ServiceWorkerContainer): Promise<void> {
    const address = new URL(`${import.meta.env.BASE_URL}service-worker.js`, document.baseURI)
    const registration = await workers.register(trustedScript(address.href)).catch(() => undefined)
    if (!registration) {
      // A host without the file, or a browser that keeps nothing: all else works.
      setKept({ state: 'absent' })
      setServed(false)
      return
    }
    const look = () => setNewer(registration.waiting !== null && registration.active !== null)
    const follow = () => registration.installing?.addEventListener('statechange', look)
    registration.addEventListener('updatefound', follow)
    follow()
    look()
    await workers.ready
    if (served() === null) setServed(true)
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
  return { kept, keep, newer: isNewer, canInstall: () => installing() !== null, install, sharedMemory }
}

/** None outside https and localhost; where site data is blocked, asking is an error already. */
function serviceWorkers(): ServiceWorkerContainer | undefined {
  try {
    return (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker
  } catch {
    return undefined
  }
}
