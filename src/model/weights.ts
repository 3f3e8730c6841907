import { unpackBlocks } from '../files/gguf-blocks.ts'
import { asFloat32, asUint16, bf16ToF32, f16ToF32 } from '../lib/bf16.ts'
import { BLOCK_BYTES, GROUP, isBlocked } from '../lib/storage.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig, TensorInfo, WeightSource, WeightType } from '../protocol/model.ts'
import { tensorTable } from './tensors.ts'

/** Where Transformers has put the language model, by release and by whether there is a vision part beside it. */
const PREFIXES = ['model.', 'language_model.model.', 'model.language_model.', '']

/**
 * Checks weights against their config and gives them under the names of the tensor table, whatever prefix
 * the files use; further tensors (a vision tower, a stored copy of a tied head) are left out.
 * @throws LapidaryError `missing_tensor`, or `bad_model` for a wrong shape or type, naming the tensor.
 */
export function resolveWeights(config: ModelConfig, source: WeightSource): WeightSource {
  const rename = storedNames(source)
  const tensors = new Map<string, TensorInfo>()
  for (const { name, shape } of tensorTable(config)) {
    const stored = rename(name)
    const found = source.tensors.get(stored)
    if (!found) return missing(stored, shape, source)
    if (found.shape.length !== shape.length || found.shape.some((size, i) => size !== shape[i]))
      fail(
        'bad_model',
        `Tensor ${stored} has shape [${found.shape}], but config.json asks for [${shape}].`,
        'config.json and the weights are of different models; take both from the same one.',
        { tensor: stored, expected: `[${shape}]`, found: `[${found.shape}]` },
      )
    tensors.set(name, found)
  }
  return {
    tensors,
    read: (name, ...range) => source.read(rename(name), ...range),
  }
}

/** Names that files have for those of the table of tensors. */
export function storedNames(source: Pick<WeightSource, 'tensors'>): (name: string) => string {
  const names = [...source.tensors.keys()]
  const prefix =
    PREFIXES.find((candidate) => source.tensors.has(`${candidate}embed_tokens.weight`)) ??
    PREFIXES.find((candidate) => names.some((name) => name.startsWith(`${candidate}layers.`))) ??
    'model.'
  const head = prefix === 'language_model.model.' ? 'language_model.lm_head.weight' : 'lm_head.weight'
  return (name) => (name === 'lm_head.weight' ? head : prefix + name.slice('model.'.length))
}

function missing(tensor: string, shape: number[], source: WeightSource): never {
  const other = (source as { unreadable?: ReadonlyMap<string, string> }).unreadable?.get(tensor)
  if (other !== undefined)
    fail(
      'bad_model',
      `Tensor ${tensor} is stored as ${other}; weights must be BF16, F16 or F32.`,
      'Use an unquantised copy of the model.',
      { tensor, expected: 'BF16, F16 or F32', found: other },
    )
  fail(
    'missing_tensor',
    `The weights hold no tensor ${tensor} [${shape}].`,
    'Add the missing files of the model; if all are there, config.json belongs to another model.',
    { tensor, expected: `[${shape}]` },
  )
}

/** Stored bytes as f32. @param out as many values, whose memory is not that of the bytes */
export function widen(
  bytes: Uint8Array,
  type: WeightType,
  out: Float32Array<ArrayBuffer> = new Float32Array(valuesIn(bytes, type)),
): Float32Array<ArrayBuffer> {
  if (type === 'F32') out.set(asFloat32(bytes))
  else if (isBlocked(type)) unpackBlocks(type, bytes, out)
  else (type === 'BF16' ? bf16ToF32 : f16ToF32)(asUint16(bytes), out)
  return out
}

function valuesIn({ length }: Uint8Array, type: WeightType): number {
  return isBlocked(type) ? (length / BLOCK_BYTES[type]) * GROUP : length / (type === 'F32' ? 4 : 2)
}

/** A norm's scale from its stored weights, in f32; `values` are overwritten. `offset`: a model's `normOffset`. */
export function normScale(offset: number, values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  for (let i = 0; i < values.length; i++) values[i]! += offset
  return values
}
