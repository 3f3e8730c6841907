import { isSealed, SEALED_START } from './sealed.ts'
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

type Options = WorkerOptions & { type: 'module' }

function startBound(address: URL, options: Options): globalThis.Worker {
  return new globalThis.Worker(trustedScript(starterOf(address.href)), options)
}

/**
 * A worker that is bound by the policy of whoever starts it: it begins as a blob, which inherits it, and loads its script from there. One
 * that begins at an address has the policy of that answer's headers alone, and static hosts send none. To be imported in place of the
 * global of this name: by `new Worker(new URL(...))` the build finds what is a worker.
 */
export const Worker = startBound as unknown as new (address: URL, options: Options) => globalThis.Worker
