/** What the page asks its service worker, with a port for the answers. */
export type ServiceWorkerAsked = 'state' | 'keep'

/** What the service worker answers on that port; `keep` is answered several times, the last of which is `whole` or `failed`. */
export type ServiceWorkerAnswer =
  | { type: 'partial'; bytes: number; ofBytes: number }
  | { type: 'whole'; bytes: number }
  | { type: 'failed'; reason: string }
