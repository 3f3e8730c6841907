import type { ByteSource } from '../files/bytes.ts'
import { safetensorsSource, type TensorToRead } from '../files/safetensors-source.ts'
import { openWeights } from '../files/weights.ts'
import { typeBytes } from '../lib/storage.ts'
import { type QuantisedWeights, quantisedWeights } from '../model/quantised-weights.ts'
import { resolveWeights } from '../model/weights.ts'
import type { Quantization } from '../protocol/model.ts'
import { readConfig } from './library.ts'

/**
 * A model's files as the studio holds it in fewer bits: its matrices lie in them as GGUF's blocks (src/files/blocked.ts), which the
 * studio reads. Nothing is held whole; the same bytes at each reading.
 */
export async function roundedFolder(
  files: ReadonlyMap<string, ByteSource>,
  to: Exclude<Quantization, null>,
): Promise<{ files: ReadonlyMap<string, ByteSource>; weights: QuantisedWeights }> {
  const config = await readConfig(files)
  const weights = quantisedWeights(config, resolveWeights(config, await openWeights(files)), to)
  const tensors = Array.from(weights.tensors, ([name, { dtype, shape }]): TensorToRead => {
    const bytes = typeBytes(
      dtype,
      shape.reduce((product, size) => product * size, 1),
    )
    const read: TensorToRead['read'] = async (start, end, signal) =>
      new Uint8Array(await weights.read(name, start, end, signal))
    return { name, dtype, shape, bytes, read }
  })
  const rest = [...files].filter(([name]) => !/\.safetensors(\.index\.json)?$/.test(name))
  return {
    files: new Map([...rest, ['model.safetensors', safetensorsSource(tensors, { format: 'pt' })]]),
    weights,
  }
}
