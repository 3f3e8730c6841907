import { isLife } from '../../protocol/life.ts'
import type { ServiceWorkerAsked } from '../../protocol/offline.ts'

/** What of the studio's is left, by kind. */
export interface Leftovers {
  databases: string[]
  caches: string[]
  settings: string[]
  files: string[]
  serviceWorkers: string[]
}

/** A site may hold other things: what the studio has stored has its name. */
const OWN = /^lapidary/
/** Left by signing in at the Hub where that was broken off. */
const SIGNING_IN = /^huggingface\.co:oauth:/
/** A rule for this computer, and nothing of a person's. */
const RULE = 'lapidary.sealed'
/** A service worker that says nothing for so long is ended all the same, ms. */
const PATIENCE_MS = 5000

/** Removes all that the studio keeps in this browser. @param onWait hears that another tab holds on to it @returns what is left */
export async function removeAll(onWait: (waiting: boolean) => void = () => {}): Promise<Leftovers> {
  const workers = await ownServiceWorkers()
  await Promise.all(workers.map(forget))
  for (const worker of workers) await worker.unregister().catch(() => false)
  for (const name of await ownCaches()) await caches.delete(name)
  await Promise.all((await ownDatabases()).map((name) => deleteDatabase(name, onWait)))
  onWait(false)
  for (const storage of storages()) for (const key of ownKeys(storage)) storage.removeItem(key)
  const folder = await ownFolder()
  for (const name of await namesIn(folder))
    await folder?.removeEntry(name, { recursive: true }).catch(() => {})
  return leftovers()
}

/** Looks through everything that a page can store. */
export async function leftovers(): Promise<Leftovers> {
  return {
    databases: await ownDatabases(),
    caches: await ownCaches(),
    settings: storages().flatMap(ownKeys),
    files: await namesIn(await ownFolder()),
    serviceWorkers: (await ownServiceWorkers()).map(({ scope }) => scope),
  }
}

async function ownDatabases(): Promise<string[]> {
  // Older browsers do not list them.
  const all = (await globalThis.indexedDB?.databases?.().catch(() => null)) ?? []
  return all.flatMap(({ name }) => (name !== undefined && OWN.test(name) && !isLife(name) ? [name] : []))
}

function deleteDatabase(name: string, onWait: (waiting: boolean) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.deleteDatabase(name)
    asked.onblocked = () => onWait(true)
    asked.onsuccess = () => resolve()
    asked.onerror = () => reject(asked.error)
  })
}

/** Neither caches nor service workers are given to pages that were not opened over https. */
async function ownCaches(): Promise<string[]> {
  const all = (await globalThis.caches?.keys().catch(() => null)) ?? []
  return all.filter((name) => OWN.test(name))
}

/** Of this studio and of others that have kept something at the same site. */
async function ownServiceWorkers(): Promise<ServiceWorkerRegistration[]> {
  const container = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker
  const all = (await container?.getRegistrations().catch(() => null)) ?? []
  const here = new URL('.', document.baseURI).href
  const kept = await ownCaches()
  return all.filter(
    ({ scope }) => scope === here || kept.some((name) => name.startsWith(`lapidary ${scope} `)),
  )
}

async function forget({ active }: ServiceWorkerRegistration): Promise<void> {
  if (!active) return
  const { port1, port2 } = new MessageChannel()
  const answered = new Promise<void>((resolve) => {
    port1.onmessage = () => resolve()
    setTimeout(resolve, PATIENCE_MS)
  })
  active.postMessage('forget' satisfies ServiceWorkerAsked, [port2])
  await answered
  port1.close()
}

function storages(): Storage[] {
  try {
    return [localStorage, sessionStorage]
  } catch {
    return []
  }
}

function ownKeys(storage: Storage): string[] {
  return Object.keys(storage).filter((key) => key !== RULE && (OWN.test(key) || SIGNING_IN.test(key)))
}

async function ownFolder(): Promise<FileSystemDirectoryHandle | null> {
  return (await navigator.storage?.getDirectory?.().catch(() => null)) ?? null
}

async function namesIn(folder: FileSystemDirectoryHandle | null): Promise<string[]> {
  const names: string[] = []
  const keys = (folder as { keys?: () => AsyncIterable<string> } | null)?.keys?.()
  if (keys) for await (const name of keys) if (OWN.test(name)) names.push(name)
  return names
}
