import { downloadZip, predictLength } from 'client-zip'
import { type PickledTensor, pickledStateDict } from '../files/pickle-writer.ts'
import { typeBytes } from '../lib/storage.ts'
import { inPieces } from '../protocol/exported.ts'
import type { ExportedFile } from '../protocol/studio.ts'

export interface TorchTensor extends PickledTensor {
  /** Its bytes, in `dtype`. */
  pieces(): AsyncIterable<Uint8Array<ArrayBuffer>>
}

/** Of every entry: the same file each time. */
const DATE = new Date(1980, 0, 1)
/** The folder in the archive, as `torch.save` names it. */
const ROOT = 'archive'

/** A state dict as `torch.load(file, weights_only=True)` reads it: a ZIP, stored, of a pickle and a file a tensor. Written as it is read. */
export function torchFile(path: string, tensors: readonly TorchTensor[]): ExportedFile {
  const text = (value: string) => new TextEncoder().encode(value)
  const small: [string, Uint8Array<ArrayBuffer>][] = [
    ['data.pkl', pickledStateDict(tensors)],
    ['byteorder', text('little')],
    ['version', text('3\n')],
  ]
  const sizes = [
    ...small.map(([name, bytes]) => ({ name: `${ROOT}/${name}`, size: bytes.length })),
    ...tensors.map(({ dtype, shape }, i) => ({
      name: `${ROOT}/data/${i}`,
      size: typeBytes(
        dtype,
        shape.reduce((product, size) => product * size, 1),
      ),
    })),
  ]
  return {
    path,
    size: Number(predictLength(sizes)),
    async *chunks() {
      async function* entries() {
        for (const [i, [, bytes]] of small.entries()) yield { ...sizes[i]!, input: bytes, lastModified: DATE }
        for (const [i, { pieces }] of tensors.entries())
          yield { ...sizes[small.length + i]!, input: pieces(), lastModified: DATE }
      }
      yield* inPieces(read(downloadZip(entries()).body!))
    },
  }
}

/** Not every browser iterates over a stream. */
async function* read(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
}
