import type { ExportedFile } from './rooms/exports.ts'

/** Bytes read of a blob at a time. */
export const PIECE_BYTES = 4 * 2 ** 20
/** Pieces up to this many bytes become one part of a blob; browsers keep the parts of large blobs on disk. */
const PART_BYTES = 16 * 2 ** 20

/** A blob as a file to take away. */
export function blobFile(path: string, blob: Blob): ExportedFile {
  return {
    path,
    size: blob.size,
    async *chunks() {
      for (let at = 0; at < blob.size; at += PIECE_BYTES)
        yield new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer())
    },
  }
}

/** A file as a blob, of which little is in memory at a time. */
export async function blobOf(file: ExportedFile): Promise<Blob> {
  const parts: Blob[] = []
  let waiting: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  const put = () => {
    parts.push(new Blob(waiting))
    for (const piece of waiting) giveBack(piece)
    waiting = []
    bytes = 0
  }
  for await (const piece of file.chunks()) {
    waiting.push(piece)
    bytes += piece.byteLength
    if (bytes >= PART_BYTES) put()
  }
  put()
  return new Blob(parts, { type: 'application/octet-stream' })
}

/** Who takes the memory of a piece back. */
const lenders = new WeakMap<ArrayBuffer, (buffer: ArrayBuffer) => void>()

/** @param take is called where whoever read the piece gives its memory back; they need not */
export function lent(
  piece: Uint8Array<ArrayBuffer>,
  take: (buffer: ArrayBuffer) => void,
): Uint8Array<ArrayBuffer> {
  lenders.set(piece.buffer, take)
  return piece
}

/**
 * Of a piece that nobody reads any more; one that was lent is empty from here on. Left to be collected, pieces of a model of GBs would be
 * hundreds of MB at a time: browsers collect late, however large they are.
 */
export function giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
  lenders.get(buffer)?.(buffer)
}

/**
 * Pieces of any size as pieces of this size (the last one is shorter), each in memory of its own.
 * @param spare memory of so many bytes that may be used again
 */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  size = PIECE_BYTES,
  spare: ArrayBuffer[] = [],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const empty = () => new Uint8Array(spare.pop() ?? new ArrayBuffer(size))
  let piece = empty()
  let filled = 0
  for await (const bytes of source)
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + size - filled)
      piece.set(part, filled)
      filled += part.byteLength
      at += part.byteLength
      if (filled < size) continue
      yield piece
      piece = empty()
      filled = 0
    }
  if (filled > 0) yield piece.slice(0, filled)
}
