import { asFloat32, asUint16, bf16ToF32, f16ToF32 } from '../lib/bf16.ts'
import { isBlocked, typeBytes } from '../lib/storage.ts'
import { fail } from '../protocol/errors.ts'
import type { TensorInfo, WeightSource } from '../protocol/model.ts'
import { blockedTensors } from './blocked.ts'
import { type ByteSource, readJson } from './bytes.ts'
import { unpackBlocks } from './gguf-blocks.ts'
import { isWeightType, openSafetensors, type SafetensorsFile } from './safetensors.ts'

const INDEX = 'model.safetensors.index.json'

/** Weights in safetensors files. Tensors of types that weights cannot have are named apart, for clear errors. */
export interface WeightFiles extends WeightSource {
  unreadable: ReadonlyMap<string, string>
  /** `__metadata__` of the files, merged. */
  metadata: Record<string, string>
  /** The safetensors files read, by name. */
  files: string[]
}

/**
 * Opens the weights among a model folder's files: those of `model.safetensors.index.json` where there is one, else
 * `model.safetensors`, else every safetensors file.
 * @throws LapidaryError `missing_file` (no weights, or a shard of the index), `missing_tensor`, `bad_file`.
 */
export async function openWeights(
  files: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
): Promise<WeightFiles> {
  const index = files.get(INDEX)
  const names = [...files.keys()].filter((name) => name.endsWith('.safetensors')).sort()
  const whole = names.includes('model.safetensors') ? ['model.safetensors'] : names
  const weightMap = index && whole[0] !== 'model.safetensors' ? await readWeightIndex(index, signal) : null
  const chosen = weightMap ? [...new Set(weightMap.values())].sort() : whole
  if (chosen.length === 0)
    fail(
      'missing_file',
      'There is no .safetensors file among the chosen files.',
      'Choose the whole model folder: config.json, tokenizer.json and the *.safetensors files.',
      { expected: 'model.safetensors' },
    )
  const opened: SafetensorsFile[] = []
  for (const name of chosen) {
    const source = files.get(name)
    if (!source)
      fail(
        'missing_file',
        `${INDEX} names ${name}, which is not there.`,
        `Add ${name} from the same model.`,
        {
          expected: name,
        },
      )
    opened.push(await openSafetensors(source, name, signal))
  }
  return merge(opened, weightMap)
}

/** Of `model.safetensors.index.json`: which file has which tensor. @throws LapidaryError `bad_file` where it does not say */
export async function readWeightIndex(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const json = await readJson(source, INDEX, signal)
  const map = typeof json === 'object' && json !== null && 'weight_map' in json ? json.weight_map : null
  const entries = typeof map === 'object' && map !== null && !Array.isArray(map) ? Object.entries(map) : []
  const wrong = entries.find(([, file]) => typeof file !== 'string')
  if (entries.length === 0 || wrong)
    fail(
      'bad_file',
      wrong ? `${INDEX} gives no file for tensor ${wrong[0]}.` : `${INDEX} has no "weight_map".`,
      'Fetch the file again.',
      { file: INDEX },
    )
  return new Map(entries)
}

function merge(opened: SafetensorsFile[], weightMap: Map<string, string> | null): WeightFiles {
  const tensors = new Map<string, TensorInfo>()
  const unreadable = new Map<string, string>()
  const owner = new Map<string, SafetensorsFile>()
  for (const file of opened) {
    const blocked = blockedTensors(file.name, file.metadata, file.entries)
    for (const [tensor, { dtype, shape }] of file.entries) {
      const other = owner.get(tensor)
      if (other)
        fail(
          'bad_file',
          `Tensor ${tensor} is in both ${other.name} and ${file.name}.`,
          'Choose the files of one model only.',
          { tensor, file: file.name },
        )
      owner.set(tensor, file)
      const blocks = blocked.get(tensor)
      if (blocks) tensors.set(tensor, blocks)
      else if (isWeightType(dtype)) tensors.set(tensor, { dtype, shape })
      else unreadable.set(tensor, dtype)
    }
  }
  for (const [tensor, file] of weightMap ?? [])
    if (owner.get(tensor)?.name !== file)
      fail('missing_tensor', `${INDEX} says ${tensor} is in ${file}, but it is not.`, 'Fetch both again.', {
        tensor,
        file,
      })
  return {
    tensors,
    unreadable,
    metadata: Object.assign({}, ...opened.map((file) => file.metadata)),
    files: opened.map((file) => file.name),
    read(name, ...range) {
      const file = owner.get(name)
      if (!file)
        fail('missing_tensor', `The weights hold no tensor ${name}.`, 'Use the files of the whole model.', {
          tensor: name,
        })
      return file.read(name, ...range)
    },
  }
}

/** A whole tensor as f32. */
export async function readTensor(
  source: WeightSource,
  name: string,
  signal?: AbortSignal,
): Promise<{ shape: number[]; data: Float32Array }> {
  const info = source.tensors.get(name)
  if (!info)
    fail('missing_tensor', `The weights hold no tensor ${name}.`, 'Use the files of the whole model.', {
      tensor: name,
    })
  const count = info.shape.reduce((product, size) => product * size, 1)
  const bytes = await source.read(name, 0, typeBytes(info.dtype, count), signal)
  if (isBlocked(info.dtype)) {
    const data = new Float32Array(count)
    unpackBlocks(info.dtype, bytes, data)
    return { shape: info.shape, data }
  }
  // Detached from the file's buffer: callers may write into or transfer what they get.
  if (info.dtype === 'F32') return { shape: info.shape, data: asFloat32(bytes.slice()) }
  const widen = info.dtype === 'BF16' ? bf16ToF32 : f16ToF32
  return { shape: info.shape, data: widen(asUint16(bytes)) }
}
