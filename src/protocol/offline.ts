/** What the page asks its service worker, with a port for the answers. */
export type ServiceWorkerAsked = 'state' | 'keep' | 'forget' | 'binds'

/** What the service worker answers on that port; `keep` is answered several times, the last of which is `whole` or `failed`. `forget`
 * removes every build that is kept, and what is being kept. */
export type ServiceWorkerAnswer =
  /** Scripts are answered with the page's policy; older versions answer `binds` as they do `state`. */
  | { type: 'binds' }
  | { type: 'partial'; bytes: number; ofBytes: number }
  | { type: 'whole'; bytes: number }
  | { type: 'failed'; reason: string }
