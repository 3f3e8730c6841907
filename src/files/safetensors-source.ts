import { fail } from '../protocol/errors.ts'
import type { ByteSource } from './bytes.ts'
import { safetensorsHeader, type TensorToWrite, writingOrder } from './safetensors-writer.ts'

/** A tensor whose bytes are made when they are asked for. */
export interface TensorToRead extends Omit<TensorToWrite, 'data'> {
  bytes: number
  /** Bytes [start, end) of its data. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
}

/** A safetensors file that is nowhere whole: any range of it is put together from the header and the tensors that it meets. */
export function safetensorsSource(
  tensors: readonly TensorToRead[],
  metadata: Record<string, string> = {},
): ByteSource {
  const header = safetensorsHeader(tensors, metadata)
  const parts = [
    { bytes: header.length, read: async (start: number, end: number) => header.slice(start, end) },
  ]
  const ordered: Pick<TensorToRead, 'bytes' | 'read'>[] = [...parts, ...writingOrder(tensors)]
  const starts: number[] = []
  let size = 0
  for (const { bytes } of ordered) {
    starts.push(size)
    size += bytes
  }
  return {
    size,
    async read(start, end, signal) {
      if (!(start >= 0 && start <= end && end <= size))
        fail('internal', `Bytes ${start} to ${end} were asked of ${size}.`, 'Please report this.', {
          start,
          end,
        })
      const out = new Uint8Array(end - start)
      for (const [i, part] of ordered.entries()) {
        const [from, to] = [Math.max(start, starts[i]!), Math.min(end, starts[i]! + part.bytes)]
        if (from >= to) continue
        out.set(await part.read(from - starts[i]!, to - starts[i]!, signal), from - start)
      }
      return out
    },
  }
}
