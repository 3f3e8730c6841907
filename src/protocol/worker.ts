import { isSealed, SEALED_QUERY, SEALED_START } from './sealed.ts'
import { trustedScript } from './trusted.ts'

/** Addresses of the scripts that start workers, by what they start: each is made once. */
const starters = new Map<string, string>()

function starterOf(address: string): string {
  let starter = starters.get(address)
  if (starter === undefined) {
    const text = `import ${JSON.stringify(address)}\n${isSealed() ? SEALED_START : ''}`
    starter = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))
    starters.set(address, starter)
  }
  return starter
}

let answered = false

/** From here on this page's workers begin at their addresses: its service worker answers their scripts with the policy. */
export function startAtAddresses(): void {
  answered = true
}

/** A worker that began at its address has the policy by the answer, and so have its own; in one that began as a blob that is not known. */
function beginsAtAddress(): boolean {
  const { document, location } = globalThis as { document?: unknown; location?: { protocol: string } }
  return document === undefined ? location?.protocol !== 'blob:' : answered
}

type Options = WorkerOptions & { type: 'module' }

function startBound(address: URL, options: Options): globalThis.Worker {
  const own = address.href + (isSealed() ? SEALED_QUERY : '')
  return new globalThis.Worker(trustedScript(beginsAtAddress() ? own : starterOf(address.href)), options)
}

/**
 * A worker that is bound by the policy of whoever starts it. One that begins at an address has the policy of that answer's headers alone, and
 * static hosts send none: so it begins as a blob, which inherits the policy, and loads its script from there. Only where the service worker is
 * known to answer with the policy it begins at its address: in Firefox what a blob loads does not come by the service worker, and there would
 * be no workers offline. To be imported in place of the global of this name: by `new Worker(new URL(...))` the build finds what is a worker.
 */
export const Worker = startBound as unknown as new (address: URL, options: Options) => globalThis.Worker
