import { blockedTensors, withoutBlocks } from '../files/blocked.ts'
import { type ByteSource, bufferSource } from '../files/bytes.ts'
import { openSafetensors } from '../files/safetensors.ts'
import { safetensorsSource, type TensorToRead } from '../files/safetensors-source.ts'
import { f32ToBf16 } from '../lib/bf16.ts'
import { BLOCK_BYTES, GROUP, typeBytes } from '../lib/storage.ts'
import { fail } from '../protocol/errors.ts'
import type { BlockedType, PlainType } from '../protocol/model.ts'
import { widen } from './weights.ts'

type Files = ReadonlyMap<string, ByteSource>

/** Values widened at a time. */
const PIECE = 2 ** 18

/** Of what was rounded on the way, in words, beside the weights. */
const NOTE = 'ROUNDED.txt'

/**
 * A model's files for readers that know no blocks: matrices of Q8_0 and Q4_0 become F32, which holds them exactly, or BF16, rounded to
 * nearest even, which a file beside them says. Nothing is held whole; files without blocks stay as they are.
 */
export async function plainFiles(files: Files, as: 'F32' | 'BF16', signal?: AbortSignal): Promise<Files> {
  const plain = new Map<string, ByteSource>()
  const rounded: string[] = []
  for (const [name, source] of files) {
    const file = name.endsWith('.safetensors') ? await openSafetensors(source, name, signal) : null
    const blocks = file && blockedTensors(name, file.metadata, file.entries)
    if (!file || !blocks || blocks.size === 0) {
      plain.set(name, source)
      continue
    }
    const tensors = Array.from(file.entries, ([tensor, { dtype, shape }]): TensorToRead => {
      const blocked = blocks.get(tensor)
      const read: TensorToRead['read'] = (start, end, call) => file.read(tensor, start, end, call)
      if (blocked) return widened(tensor, blocked, as, read)
      const bytes = typeBytes(
        dtype as PlainType,
        shape.reduce((product, size) => product * size, 1),
      )
      return { name: tensor, dtype: dtype as PlainType, shape, bytes, read }
    })
    plain.set(name, safetensorsSource(tensors, withoutBlocks(file.metadata)))
    rounded.push(...blocks.keys())
  }
  if (as === 'BF16' && rounded.length > 0)
    plain.set(NOTE, bufferSource(new TextEncoder().encode(noteOf(rounded))))
  return plain
}

const noteOf = (names: readonly string[]) =>
  `The model that this was made from holds these matrices in blocks of 8 or 4 bits (GGUF's Q8_0 and Q4_0). Here they are bf16, rounded to
nearest even: a value may be off by one part in 256.

${names.join('\n')}
`

function widened(
  name: string,
  { dtype: type, shape }: { dtype: BlockedType; shape: number[] },
  as: 'F32' | 'BF16',
  read: TensorToRead['read'],
): TensorToRead {
  const width = as === 'F32' ? 4 : 2
  const bytes = typeBytes(
    as,
    shape.reduce((product, size) => product * size, 1),
  )
  return {
    name,
    dtype: as,
    shape,
    bytes,
    async read(start, end, signal) {
      const out = new Uint8Array(end - start)
      const last = Math.ceil(end / width / GROUP) * GROUP
      for (let at = Math.floor(start / width / GROUP) * GROUP; at < last; at += PIECE) {
        const until = Math.min(last, at + PIECE)
        const place = (value: number) => (value / GROUP) * BLOCK_BYTES[type]
        const values = widen(await read(place(at), place(until), signal), type)
        if (!values.every(Number.isFinite))
          fail('bad_file', `${name} holds values that are not finite numbers.`, 'Fetch the model again.', {
            tensor: name,
          })
        const made = new Uint8Array((as === 'F32' ? values : f32ToBf16(values)).buffer)
        const [first, past] = [Math.max(start, at * width), Math.min(end, until * width)]
        out.set(made.subarray(first - at * width, past - at * width), first - start)
      }
      return out
    },
  }
}
