import { BLOB_TO_READ } from '../protocol/one-file.ts'

/** Bytes that a stream of a Blob asks for at a time. */
const PIECE = 1 << 22

/**
 * Reads Blobs by way of the page where a worker cannot: WebKitGTK 2.50 refuses a worker of a page at `file://` every Blob, its own too
 * (`NotReadableError`), and the page none. The page answers in `src/protocol/worker-one-file.ts`. Elsewhere nothing is changed.
 * @param place of this worker: where it posts, and the Blob that all of its code uses
 */
export async function readBlobsSomehow(
  place: { postMessage(message: unknown, transfer: Transferable[]): void; Blob: typeof Blob } = globalThis,
): Promise<void> {
  const own = new place.Blob(['?'])
  if (
    await own.arrayBuffer().then(
      () => true,
      () => false,
    )
  )
    return
  const read = (blob: Blob) =>
    new Promise<ArrayBuffer>((resolve, reject) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
        port1.close()
        if (typeof data === 'string') reject(new DOMException(data, 'NotReadableError'))
        else resolve(data)
      }
      place.postMessage({ [BLOB_TO_READ]: blob }, [port2])
    })
  Object.assign(place.Blob.prototype, {
    arrayBuffer(this: Blob) {
      return read(this)
    },
    async text(this: Blob) {
      return new TextDecoder().decode(await read(this))
    },
    stream(this: Blob) {
      let at = 0
      return new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: async (control) => {
          if (at < this.size) {
            const piece = new Uint8Array(await read(this.slice(at, at + PIECE)))
            at += PIECE
            control.enqueue(piece)
          }
          if (at >= this.size) control.close()
        },
      })
    },
  } satisfies Partial<Blob>)
}
