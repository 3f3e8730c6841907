import { blobSource, bufferSource } from '../files/bytes.ts'
import { safetensorsBytes } from '../files/safetensors-writer.ts'
import { openWeights, readTensor } from '../files/weights.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { StateTensor } from '../protocol/engine.ts'
import { type Failure, fail, LapidaryError, toFailure } from '../protocol/errors.ts'
import {
  type Checkpoint,
  type CheckpointMeta,
  fromTensors,
  LORA_PREFIX,
  toTensors,
} from '../trainer/checkpoint.ts'

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

/** @throws LapidaryError `bad_state`, with the step of the checkpoint, whatever is wrong with it */
export async function readCheckpointFiles(
  meta: CheckpointMeta,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Checkpoint> {
  try {
    return await readParts(meta, bytes)
  } catch (error) {
    throw new LapidaryError(damage(meta.step, error))
  }
}

/** What a checkpoint that cannot be read any more is told as. */
export function damage(step: number, error: unknown): Failure {
  const { message, hint, detail } = toFailure(error)
  return {
    code: 'bad_state',
    message: `The checkpoint of step ${step} is damaged: ${message}`,
    hint,
    detail: { ...detail, checkpoint: step },
  }
}

async function readParts(meta: CheckpointMeta, bytes: Uint8Array<ArrayBuffer>): Promise<Checkpoint> {
  const weights = await openWeights(new Map([['checkpoint.safetensors', bufferSource(bytes)]]))
  const tensors = new Map<string, StateTensor>()
  for (const name of weights.tensors.keys()) tensors.set(name, await readTensor(weights, name))
  if (meta.contents) await requireContents(meta.contents, tensors)
  return { meta, state: fromTensors(tensors) }
}

/**
 * The adapter alone, without the moments, which are twice as large.
 * @throws LapidaryError `bad_state` as `readCheckpointFiles`
 */
export async function readCheckpointAdapter(
  { step, contents }: Pick<CheckpointMeta, 'step' | 'contents'>,
  file: Blob,
  signal?: AbortSignal,
): Promise<Record<string, StateTensor>> {
  const ofAdapter = (name: string) => name.startsWith(LORA_PREFIX)
  const tensors = new Map<string, StateTensor>()
  try {
    const weights = await openWeights(new Map([['checkpoint.safetensors', blobSource(file)]]))
    for (const name of [...weights.tensors.keys()].filter(ofAdapter)) {
      signal?.throwIfAborted()
      tensors.set(name, await readTensor(weights, name))
    }
    if (contents) {
      const saved = Object.entries(contents).filter(([name]) => ofAdapter(name))
      await requireContents(Object.fromEntries(saved), tensors)
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw new LapidaryError(damage(step, error))
  }
  return Object.fromEntries([...tensors].map(([name, tensor]) => [name.slice(LORA_PREFIX.length), tensor]))
}

type Contents = NonNullable<CheckpointMeta['contents']>

/** What a checkpoint's description says of its tensors. */
export async function contentsOf(state: Checkpoint['state']): Promise<Contents> {
  const contents: Contents = {}
  for (const [name, tensor] of toTensors(state))
    contents[name] = { shape: [...tensor.shape], sha256: await hashOf(tensor) }
  return contents
}

function hashOf({ data }: StateTensor): Promise<string> {
  return sha256Hex(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength))
}

/** @throws LapidaryError `bad_state`, naming the first tensor that is not as it was saved */
async function requireContents(contents: Contents, tensors: ReadonlyMap<string, StateTensor>): Promise<void> {
  for (const name of new Set([...Object.keys(contents), ...tensors.keys()])) {
    const [saved, found] = [contents[name], tensors.get(name)]
    const wrong = !found
      ? 'is missing'
      : !saved
        ? 'was not part of it when it was saved'
        : String(saved.shape) !== String(found.shape)
          ? `has shape [${found.shape}]; it was saved with [${saved.shape}]`
          : saved.sha256 !== (await hashOf(found))
            ? 'has other bytes than were saved'
            : null
    if (wrong)
      fail(
        'bad_state',
        `its tensor "${name}" ${wrong}.`,
        'Go on from another checkpoint of the run, if there is one, or start it afresh.',
        { tensor: name },
      )
  }
}
