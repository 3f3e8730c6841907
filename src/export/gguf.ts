import {
  type GGUF_TYPES,
  type GgufEntry,
  type GgufMeta,
  ggufHeader,
  ggufPadded,
} from '../files/gguf-writer.ts'
import { isBlocked, STORAGE, typeBytes } from '../lib/storage.ts'
import { ggufName } from '../model/gguf.ts'
import { adapterTensors } from '../model/lora.ts'
import { elementsOf, isProjection, type ModelTensor, tensorTable } from '../model/tensors.ts'
import type { WeightSource, WeightType } from '../protocol/model.ts'
import { loraScaling } from '../protocol/run-config.ts'
import type { Call, ExportedFile } from '../protocol/studio.ts'
import { baseGgufType } from './base-gguf.ts'
import { ggufArchitecture, ggufModelMeta } from './gguf-model.ts'
import { ggufTokenizerMeta } from './gguf-tokenizer.ts'
import { encodedTensor, mergedWeights, wideWeights } from './merged-weights.ts'
import { jsonOf, noticeFiles, roundedBase, templateOf, textFile } from './model-files.ts'
import { modelfile } from './ollama.ts'
import { snippetReadme } from './snippets.ts'
import type { BaseSource, Exporter, ExportSource } from './source.ts'
import { roundedTo } from './tolerance.ts'

/** `llama_ftype` of each. */
const FILE_TYPE: Record<WeightType, number> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7, BF16: 32 }
/** Of blocks as they are now. */
const QUANTISATION_VERSION = 2

/** A merged model as one GGUF in one type. */
export function ggufFormat(type: WeightType, about: string): Exporter {
  return {
    name: `GGUF, ${type}`,
    about,
    for: ['llama.cpp', 'ollama', 'lmstudio', 'web'],
    check: { checker: ['llama-cpp'], ...roundedTo(type, true) },
    files: (source, call) => mergedGguf(source, type, call),
  }
}

export async function mergedGguf(
  source: ExportSource,
  type: WeightType,
  call: Call,
): Promise<ExportedFile[]> {
  const base = await source.model()
  const merged = mergedWeights(base.config, await base.weights(), source.config.lora, await source.lora())
  const template = await templateOf(source, base)
  const rounded = await roundedBase(source, base)
  return [
    textFile('Modelfile', modelfile({ from: './model.gguf', ...(await asked(source, base, template)) })),
    await snippetReadme(source, 'gguf', `A whole model in one GGUF (${type}).`),
    ...noticeFiles(base),
    await modelFile('model.gguf', base, merged, type, {
      ...{ name: `${source.baseModel}, fine-tuned`, template, signal: call.signal },
      ...(rounded !== '' && { description: rounded }),
    }),
  ]
}

/** A whole model as one GGUF. @param weights in f32, under the names of the table of tensors */
async function modelFile(
  path: string,
  base: BaseSource,
  weights: WeightSource,
  type: WeightType,
  about: { name: string; description?: string; template: string; signal: AbortSignal | undefined },
): Promise<ExportedFile> {
  const { config } = base
  const tokenizer = (await jsonOf(base.files, 'tokenizer.json'))!
  const metadata: Record<string, GgufMeta> = {
    'general.architecture': ['text', ggufArchitecture(config)],
    'general.type': ['text', 'model'],
    'general.name': ['text', about.name],
    ...(about.description === undefined
      ? {}
      : { 'general.description': ['text', about.description] as const }),
    ...(base.practice ? {} : { 'general.license': ['text', 'gemma'] as const }),
    'general.file_type': ['u32', FILE_TYPE[type]],
    ...(isBlocked(type) ? { 'general.quantization_version': ['u32', QUANTISATION_VERSION] as const } : {}),
    ...ggufModelMeta(config),
    ...ggufTokenizerMeta(tokenizer, config, await base.stops(), about.template),
  }
  const tensors = tensorTable(config).map((tensor) => {
    const as = typeOf(tensor, type)
    // llama.cpp keeps norms as 1 + w.
    const offset = tensor.shape.length === 1 ? config.normOffset : 0
    return {
      entry: {
        name: ggufName(tensor.name),
        shape: tensor.shape,
        type: as,
        bytes: typeBytes(as, elementsOf(tensor)),
      },
      pieces: () => encodedTensor(weights, tensor.name, as, { offset, signal: about.signal }),
    }
  })
  return ggufFile(path, metadata, tensors)
}

/** The words' own matrix is read and predicted from: in 4 bits it would cost the most. Rows that are no whole blocks stay wide. */
function typeOf(tensor: ModelTensor, type: WeightType): WeightType {
  if (tensor.shape.length === 1) return 'F32'
  if (!isBlocked(type)) return type
  if (tensor.shape[1] % STORAGE.int8.elements !== 0) return 'BF16'
  return isProjection(tensor) ? type : 'Q8_0'
}

/** The adapter as a GGUF (`convert_lora_to_gguf.py`): llama.cpp scales by `adapter.lora.alpha` over the rank. With it its base, where that is nowhere else to be had. */
export async function loraGguf(source: ExportSource, call: Call): Promise<ExportedFile[]> {
  const base = await source.model()
  const { lora: settings } = source.config
  const lora = await source.lora()
  const metadata: Record<string, GgufMeta> = {
    'general.architecture': ['text', ggufArchitecture(base.config)],
    'general.type': ['text', 'adapter'],
    'general.name': ['text', `${source.baseModel}, adapter`],
    'general.base_model.count': ['u32', 1],
    'general.base_model.0.name': ['text', source.baseModel],
    'general.file_type': ['u32', FILE_TYPE.F32],
    'adapter.type': ['text', 'lora'],
    'adapter.lora.alpha': ['f32', loraScaling(settings) * settings.r],
  }
  const names = new Map(
    tensorTable(base.config)
      .filter(isProjection)
      .map(({ layer, role, name }) => [`${layer}.${role}`, ggufName(name)]),
  )
  const tensors = adapterTensors(base.config, settings).map(({ name, layer, projection, matrix, shape }) => {
    const { data } = lora[name]!
    return {
      entry: {
        name: `${names.get(`${layer}.${projection}`)}.lora_${matrix.toLowerCase()}`,
        shape,
        type: 'F32',
        bytes: data.byteLength,
      },
      async *pieces() {
        call.signal?.throwIfAborted()
        yield new Uint8Array(data.slice().buffer)
      },
    }
  })
  const template = await templateOf(source, base)
  const besides = await baseGgufType(source, base)
  const more = {
    ...(await asked(source, base, template)),
    ...(besides === null && { base: source.baseModel }),
  }
  return [
    textFile('Modelfile', modelfile({ from: './base.gguf', adapter: './adapter.gguf', ...more })),
    await snippetReadme(source, 'gguf-lora', 'A LoRA adapter as a GGUF, for a GGUF of the same base model.'),
    ...noticeFiles(base),
    ggufFile('adapter.gguf', metadata, tensors),
    ...(besides === null
      ? []
      : [
          await modelFile('base.gguf', base, wideWeights(base.config, await base.weights()), besides, {
            ...{ name: source.baseModel, template, signal: call.signal },
          }),
        ]),
  ]
}

async function asked({ config }: ExportSource, base: BaseSource, template: string) {
  const [stops, tokenizer] = [await base.stops(), (await jsonOf(base.files, 'tokenizer.json'))!]
  const added = (tokenizer.added_tokens ?? []) as { id: number; content: string }[]
  const words = added.filter(({ id }) => stops.includes(id)).map(({ content }) => content)
  return {
    template: config.data.text === null && config.data.format === 'template' ? template : null,
    stops: words,
    context: base.config.maxPositions,
  }
}

interface GgufPart {
  entry: GgufEntry & { type: keyof typeof GGUF_TYPES }
  pieces(): AsyncIterable<Uint8Array<ArrayBuffer>>
}

function ggufFile(
  path: string,
  metadata: Record<string, GgufMeta>,
  parts: readonly GgufPart[],
): ExportedFile {
  const header = ggufHeader(
    metadata,
    parts.map(({ entry }) => entry),
  )
  return {
    path,
    size: header.length + parts.reduce((sum, { entry }) => sum + ggufPadded(entry.bytes), 0),
    async *chunks() {
      yield header.slice()
      for (const { entry, pieces } of parts) {
        yield* pieces()
        const rest = ggufPadded(entry.bytes) - entry.bytes
        if (rest > 0) yield new Uint8Array(rest)
      }
    },
  }
}
