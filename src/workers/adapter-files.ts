import { type ByteSource, bufferSource } from '../files/bytes.ts'
import { openGguf } from '../files/gguf.ts'
import { safetensorsSource } from '../files/safetensors-source.ts'
import { openWeights, readTensor } from '../files/weights.ts'
import { Sha256 } from '../lib/hash.ts'
import { ggufAdapter } from '../model/gguf-adapter.ts'
import type { EngineState, StateTensor } from '../protocol/engine.ts'
import type { WeightSource } from '../protocol/model.ts'
import type { AdapterFiles } from '../protocol/studio.ts'

/** @throws LapidaryError `bad_file` */
export async function openAdapter({ tensors }: Pick<AdapterFiles, 'tensors'>): Promise<WeightSource> {
  const bytes = new Uint8Array(await tensors.arrayBuffer())
  return openWeights(new Map([['adapter_model.safetensors', bufferSource(bytes)]]))
}

/**
 * A LoRA adapter in GGUF in PEFT's layout.
 * @throws LapidaryError as `openGguf` and `ggufAdapter`
 */
export async function adapterOfGguf(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): Promise<AdapterFiles> {
  const { config, tensors } = ggufAdapter(await openGguf(source, name, signal))
  const file = safetensorsSource(tensors, { format: 'pt' })
  return { config, tensors: new Blob([new Uint8Array(await file.read(0, file.size, signal))]) }
}

/** Every tensor of an adapter in f32. */
export async function readAdapter(weights: WeightSource): Promise<EngineState['lora']> {
  const tensors: Record<string, StateTensor> = {}
  for (const name of weights.tensors.keys()) tensors[name] = await readTensor(weights, name)
  return tensors
}

/** SHA-256 over names, shapes and values in f32, however the tensors were stored. */
export function adapterHash(lora: EngineState['lora']): string {
  const hash = new Sha256()
  for (const [name, { shape, data }] of Object.entries(lora).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(new TextEncoder().encode(`${JSON.stringify([name, shape])}\n`))
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.hex()
}
