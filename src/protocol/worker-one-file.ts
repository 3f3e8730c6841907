import { BLOB_TO_READ, ONE_FILE_SCRIPT, oneFile } from './one-file.ts'
import { SEALED_START } from './sealed.ts'
import { trustedScript } from './trusted.ts'

/**
 * Takes the place of worker.ts in a studio that is one file: there is no address that a worker could begin at, so it is the document's
 * own script once more, as a blob, and what it is to be is its name. It inherits the policy of the document.
 */
let starter: string | null = null

function startNamed(name: string): globalThis.Worker {
  const { files, ...told } = oneFile()!
  starter ??= URL.createObjectURL(
    new Blob(
      [
        `self.lapidaryOneFile = ${JSON.stringify(told)};\n${SEALED_START};\n`,
        document.getElementById(ONE_FILE_SCRIPT)!.textContent,
      ],
      { type: 'text/javascript' },
    ),
  )
  const worker = new globalThis.Worker(trustedScript(starter), { name })
  readBlobsFor(worker)
  worker.postMessage(files)
  return worker
}

/** Reads for a worker that cannot: see src/workers/blob-reading.ts. */
export function readBlobsFor(worker: Pick<globalThis.Worker, 'addEventListener'>): void {
  worker.addEventListener('message', ({ data, ports: [port] }) => {
    const blob = typeof data === 'object' && data !== null ? data[BLOB_TO_READ] : null
    if (!(blob instanceof Blob) || !port) return
    blob.arrayBuffer().then(
      (bytes) => port.postMessage(bytes, [bytes]),
      (error) => port.postMessage(error instanceof Error ? error.message : String(error)),
    )
  })
}

/** No service worker answers for a file. */
export function startAtAddresses(): void {}

/** The build gives names in place of addresses: see cli/one-file-build.ts. */
export const Worker = startNamed as unknown as new (name: string) => globalThis.Worker
