import type { ExportedFile } from './rooms/exports.ts'

/** Bytes read of a blob at a time. */
const PIECE_BYTES = 4 * 2 ** 20
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

/** Pieces of any size as pieces of this size (the last one is shorter), each in memory of its own. */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  size = PIECE_BYTES,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let piece = new Uint8Array(size)
  let filled = 0
  for await (const bytes of source)
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + size - filled)
      piece.set(part, filled)
      filled += part.byteLength
      at += part.byteLength
      if (filled < size) continue
      yield piece
      piece = new Uint8Array(size)
      filled = 0
    }
  if (filled > 0) yield piece.slice(0, filled)
}
