/// <reference lib="webworker" />
import type { ServiceWorkerAnswer, ServiceWorkerAsked } from '../protocol/offline.ts'
import { SEALED_QUERY } from '../protocol/sealed.ts'
import type { Build } from './build.ts'
import { Keeper } from './keeper.ts'
import { bound, isolated, ranged } from './responses.ts'

declare const self: ServiceWorkerGlobalScope
/** Written in where they are built, see cli/service-worker.ts. */
declare const LAPIDARY_BUILD: Build
declare const LAPIDARY_POLICY: string

const scope = self.registration.scope
const keeper = new Keeper(LAPIDARY_BUILD, scope, self.caches, (input, init) => self.fetch(input, init))

/**
 * Where a build is kept, the new one is fetched beside it and waits until no page of the old one is open: nothing that goes on
 * is interrupted. Else there is nothing to wait for, and the page says when there is time to keep it.
 */
self.addEventListener('install', (event) => {
  event.waitUntil(
    keeper.isAnyWhole().then((any): Promise<void> => (any ? keeper.keep() : self.skipWaiting())),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(keeper.removeOthers().then(() => self.clients.claim()))
})

self.addEventListener('message', (event: ExtendableMessageEvent) => {
  const port = event.ports[0]
  if (port) event.waitUntil(answerPage(event.data as ServiceWorkerAsked, port))
})

async function answerPage(asked: ServiceWorkerAsked, port: MessagePort): Promise<void> {
  const answer = (said: ServiceWorkerAnswer) => port.postMessage(said)
  if (asked === 'binds') return answer({ type: 'binds' })
  const ofBytes = keeper.bytes
  try {
    if (asked === 'forget') await keeper.forget()
    if (asked === 'keep') await keeper.keep((bytes) => answer({ type: 'partial', bytes, ofBytes }))
    const whole = await keeper.isWhole()
    answer(whole ? { type: 'whole', bytes: ofBytes } : { type: 'partial', bytes: 0, ofBytes })
  } catch (error) {
    answer({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  }
}

/** What runs as a page or in a worker: it needs its headers wherever it comes from. */
const CODE: ReadonlySet<RequestDestination> = new Set([
  'document',
  'iframe',
  'worker',
  'sharedworker',
  'script',
])

self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return
  const path = pathOf(request.url)
  if (path in keeper.build.files || CODE.has(request.destination)) event.respondWith(answer(request, path))
})

async function answer(request: Request, path: string): Promise<Response> {
  // Other documents of a build, or below this address, are none of the studio's.
  const own = (response: Response) =>
    isolated(
      path.endsWith('.js') && path in keeper.build.files
        ? bound(response, LAPIDARY_POLICY, request.url.endsWith(SEALED_QUERY))
        : response,
    )
  const kept = await keeper.find(path)
  if (kept) return own(await ranged(request, kept))
  try {
    return own(await self.fetch(request))
  } catch (error) {
    // Offline, at an address below the studio's where nothing is: the studio itself, if there is one.
    if (request.mode === 'navigate' && (await keeper.isWhole())) return Response.redirect(scope)
    throw error
  }
}

/** Below the studio's address, without what follows a question mark; '' for the document. */
function pathOf(url: string): string {
  const { origin, pathname } = new URL(url)
  const path = (origin + pathname).slice(scope.length)
  return path === 'index.html' ? '' : path
}
