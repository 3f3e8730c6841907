import { safetensorsHeader, writingOrder } from '../files/safetensors-writer.ts'
import { openWeights } from '../files/weights.ts'
import { typeBytes } from '../lib/storage.ts'
import { storedNames } from '../model/weights.ts'
import { fail } from '../protocol/errors.ts'
import type { PlainType, WeightSource } from '../protocol/model.ts'
import type { Call, ExportedFile } from '../protocol/studio.ts'
import { baseOf } from './base.ts'
import { mergedCard } from './merged-card.ts'
import { encodedTensor, mergedWeights } from './merged-weights.ts'
import {
  configFile,
  generationConfig,
  type JsonObject,
  jsonFile,
  jsonOf,
  noticeFiles,
  roundedBase,
  textFile,
  tokenizerFiles,
} from './model-files.ts'
import { snippetLines, snippets } from './snippets.ts'
import type { BaseSource, Exporter, ExportSource } from './source.ts'
import { roundedTo } from './tolerance.ts'

/** Bytes of a file of weights at the most, as Transformers 4 cuts them. */
const SHARD_BYTES = 5e9

/** What config.json calls a type. */
const DTYPE: Record<PlainType, string> = { BF16: 'bfloat16', F16: 'float16', F32: 'float32' }

/** A merged model as a Hugging Face folder, in one type. */
export function mergedFormat(type: PlainType, about: string): Exporter {
  return {
    name: type === 'BF16' ? 'Merged model' : `Merged model, ${type.toLowerCase()}`,
    about,
    for: ['transformers', 'server', 'hub', 'phone', 'lapidary'],
    check: { checker: ['transformers', 'words'], ...roundedTo(type) },
    files: (source, call) => mergedFolder(source, type, call),
  }
}

/** @param shardBytes the most of one file */
export async function mergedFolder(
  source: ExportSource,
  type: PlainType,
  call: Call,
  shardBytes = SHARD_BYTES,
): Promise<ExportedFile[]> {
  const base = await source.model()
  const config = await jsonOf(base.files, 'config.json')
  const tensors = await namedTensors(source, base)
  return [
    configFile(withType(config!, DTYPE[type])),
    await generationConfig(base),
    ...(await tokenizerFiles(source, base)),
    ...noticeFiles(base),
    textFile(
      'README.md',
      mergedCard(
        source,
        await source.events(),
        await baseOf(source),
        base,
        DTYPE[type],
        await roundedBase(source, base),
        snippetLines(await snippets(source), 'merged'),
      ),
    ),
    // Last: what describes weights that are not there is seen at once, the other way round is not.
    ...weightFiles(tensors, type, shardBytes, call),
  ]
}

/** A config says the type twice: Transformers 5 reads `dtype`, those before 4.56 `torch_dtype`. */
function withType(config: JsonObject, type: string): JsonObject {
  const { text_config: text, vision_config: vision, ...own } = config
  const nested = (part: unknown) =>
    typeof part === 'object' && part !== null ? { ...part, dtype: type, torch_dtype: type } : part
  return {
    ...own,
    ...(text === undefined ? {} : { text_config: nested(text) }),
    ...(vision === undefined ? {} : { vision_config: nested(vision) }),
    dtype: type,
    torch_dtype: type,
  }
}

/** Tensors by the name that they are written under: the base's own, those beside the text part among them. */
export type NamedTensors = ReadonlyMap<string, { source: WeightSource; from: string; shape: number[] }>

export async function namedTensors(source: ExportSource, base: BaseSource): Promise<NamedTensors> {
  const stored = await openWeights(base.files)
  for (const [tensor, dtype] of stored.unreadable)
    fail(
      'unsupported_format',
      `Tensor ${tensor} is stored as ${dtype}, which is not written.`,
      'Export the adapter.',
      {
        tensor,
        found: dtype,
      },
    )
  const merged = mergedWeights(base.config, await base.weights(), source.config.lora, await source.lora())
  const rename = storedNames(stored)
  const named = new Map<string, { source: WeightSource; from: string; shape: number[] }>()
  for (const [from, { shape }] of merged.tensors) named.set(rename(from), { source: merged, from, shape })
  for (const [name, { shape }] of stored.tensors)
    if (!named.has(name)) named.set(name, { source: stored, from: name, shape })
  return named
}

/** Files of weights whose sizes are known before a byte of them is made. */
function weightFiles(
  tensors: NamedTensors,
  dtype: PlainType,
  most: number,
  { signal }: Call,
): ExportedFile[] {
  const ordered = writingOrder(
    [...tensors].map(([name, { shape }]) => ({ name, dtype, shape, bytes: typeBytes(dtype, count(shape)) })),
  )
  const shards: (typeof ordered)[] = [[]]
  let filled = 0
  for (const tensor of ordered) {
    if (filled > 0 && filled + tensor.bytes > most) {
      shards.push([])
      filled = 0
    }
    shards.at(-1)!.push(tensor)
    filled += tensor.bytes
  }
  const digits = (i: number) => String(i).padStart(5, '0')
  const nameOf = (i: number) =>
    shards.length === 1
      ? 'model.safetensors'
      : `model-${digits(i + 1)}-of-${digits(shards.length)}.safetensors`
  const files = shards.map((shard, i): ExportedFile => {
    // Transformers refuses safetensors files that do not say which framework wrote them.
    const header = safetensorsHeader(shard, { format: 'pt' })
    return {
      path: nameOf(i),
      size: header.length + shard.reduce((sum, { bytes }) => sum + bytes, 0),
      async *chunks() {
        yield header.slice()
        for (const { name } of shard) {
          const { source, from } = tensors.get(name)!
          yield* encodedTensor(source, from, dtype, { signal })
        }
      },
    }
  })
  if (shards.length === 1) return files
  const total_size = ordered.reduce((sum, { bytes }) => sum + bytes, 0)
  const weight_map = Object.fromEntries(
    shards.flatMap((shard, i) => shard.map(({ name }) => [name, nameOf(i)])),
  )
  return [...files, jsonFile('model.safetensors.index.json', { metadata: { total_size }, weight_map })]
}

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
