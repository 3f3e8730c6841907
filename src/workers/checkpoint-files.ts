import { bufferSource } from '../files/bytes.ts'
import { safetensorsBytes } from '../files/safetensors-writer.ts'
import { openWeights, readTensor } from '../files/weights.ts'
import type { StateTensor } from '../protocol/engine.ts'
import { type Checkpoint, type CheckpointMeta, fromTensors, toTensors } from '../trainer/checkpoint.ts'

/** The tensors of a checkpoint as one safetensors file, f32. */
export function checkpointBytes({ state, meta }: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = [...toTensors(state)].map(([name, { shape, data }]) => ({
    name,
    dtype: 'F32' as const,
    shape,
    data,
  }))
  return safetensorsBytes(tensors, { format: 'pt', step: String(meta.step) })
}

/** @throws LapidaryError `bad_file`, `bad_state` */
export async function readCheckpointFiles(
  meta: CheckpointMeta,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Checkpoint> {
  const weights = await openWeights(new Map([['checkpoint.safetensors', bufferSource(bytes)]]))
  const tensors = new Map<string, StateTensor>()
  for (const name of weights.tensors.keys()) tensors.set(name, await readTensor(weights, name))
  return { meta, state: fromTensors(tensors) }
}
