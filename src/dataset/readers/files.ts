import { type ByteSource, bufferSource } from '../../files/bytes.ts'
import { concatBytes } from '../../lib/concat.ts'
import { fail } from '../../protocol/errors.ts'
import { type DataFile, HEAD_BYTES, type NamedSource } from './reader.ts'

/** How much is read at once where a file is read in order. */
const PIECE_BYTES = 1 << 20
/** JavaScript engines hold no larger buffers everywhere. */
const MAX_INFLATED_BYTES = 2 ** 31 - 1

/** A file that lies there as it is. */
export async function plainFile({ name, source }: NamedSource, signal?: AbortSignal): Promise<DataFile> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size), signal)
  return { name, head, stream: (abort) => pieces(source, abort), source: async () => source }
}

/** A file that has to be inflated. */
export async function packedFile(
  name: string,
  stream: (signal?: AbortSignal) => AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<DataFile> {
  const first: Uint8Array[] = []
  let size = 0
  let isWhole = true
  for await (const piece of stream(signal)) {
    first.push(piece)
    size += piece.length
    isWhole = size < HEAD_BYTES
    if (!isWhole) break
  }
  // Of many small files each is read and inflated once.
  if (isWhole) {
    const source = bufferSource(concatBytes(first).slice() as Uint8Array<ArrayBuffer>)
    return plainFile({ name, source }, signal)
  }
  let whole: Promise<ByteSource> | null = null
  return {
    name,
    head: concatBytes(first).subarray(0, HEAD_BYTES),
    stream,
    source: (abort) => (whole ??= inflated(name, stream(abort))),
  }
}

async function inflated(name: string, stream: AsyncIterable<Uint8Array>): Promise<ByteSource> {
  const all: Uint8Array[] = []
  let size = 0
  for await (const piece of stream) {
    all.push(piece)
    size += piece.length
    if (size > MAX_INFLATED_BYTES)
      fail('unsupported_format', `${name} holds more than 2 GB.`, 'Unpack it, then open what was in it.', {
        file: name,
      })
  }
  return bufferSource(concatBytes(all) as Uint8Array<ArrayBuffer>)
}

async function* pieces(source: ByteSource, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  for (let at = 0; at < source.size; at += PIECE_BYTES)
    yield await source.read(at, Math.min(at + PIECE_BYTES, source.size), signal)
}

/** The bytes a file begins with, ASCII. */
export function beginsWith(file: DataFile, magic: string): boolean {
  return file.head.length >= magic.length && [...magic].every((c, i) => file.head[i] === c.charCodeAt(0))
}
