import { ONE_FILE_SCRIPT, oneFile } from './one-file.ts'
import { SEALED_START } from './sealed.ts'
import { trustedScript } from './trusted.ts'

/**
 * Takes the place of worker.ts in a studio that is one file: there is no address that a worker could begin at, so it is the document's
 * own script once more, as a blob, and what it is to be is its name. It inherits the policy of the document.
 */
let starter: string | null = null

function startNamed(name: string): globalThis.Worker {
  starter ??= URL.createObjectURL(
    new Blob(
      [
        `self.lapidaryOneFile = ${JSON.stringify(oneFile())}\n${SEALED_START}\n`,
        document.getElementById(ONE_FILE_SCRIPT)!.textContent,
      ],
      { type: 'text/javascript' },
    ),
  )
  return new globalThis.Worker(trustedScript(starter), { name })
}

/** No service worker answers for a file. */
export function startAtAddresses(): void {}

/** The build gives names in place of addresses: see cli/one-file-build.ts. */
export const Worker = startNamed as unknown as new (name: string) => globalThis.Worker
