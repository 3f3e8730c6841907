import { type ByteSource, bufferSource } from '../files/bytes.ts'
import { type GgufFile, openGguf } from '../files/gguf.ts'
import { safetensorsSource } from '../files/safetensors-source.ts'
import { ggufConfig, ggufTensors } from '../model/gguf.ts'
import { fail } from '../protocol/errors.ts'
import { ggufTokenizer } from '../tokens/gguf-tokenizer.ts'
import { ggufParts, ggufStem } from './gguf-names.ts'

type Files = ReadonlyMap<string, ByteSource>

/** A Hugging Face folder of a GGUF's metadata and tensors. */
export function ggufFolder(file: GgufFile, withVision = false): Files {
  const config = ggufConfig(file, withVision)
  const tokenizer = ggufTokenizer(file)
  const tensors = ggufTensors(file)
  const text = (value: string) => bufferSource(new TextEncoder().encode(value))
  const json = (value: unknown) => text(`${JSON.stringify(value, null, 2)}\n`)
  const ids = { bos_token_id: config.bos_token_id, pad_token_id: config.pad_token_id }
  // Gemma's own recommendation (its model card); GGUF keeps none.
  const sampling = { do_sample: true, top_k: 64, top_p: 0.95 }
  return new Map([
    ['config.json', json(config)],
    ['generation_config.json', json({ ...ids, eos_token_id: tokenizer.endTokens, ...sampling })],
    ['tokenizer.json', text(JSON.stringify(tokenizer.json))],
    ['tokenizer_config.json', json(tokenizer.config)],
    ...(tokenizer.chatTemplate === null
      ? []
      : [['chat_template.jinja', text(tokenizer.chatTemplate)] as const]),
    ['model.safetensors', safetensorsSource(tensors, { format: 'pt' })],
  ])
}

/** The Hugging Face folder of the one model that these files are. See `modelFolderOf`. */
export async function openGgufFolder(files: Files, names: string[], signal?: AbortSignal): Promise<Files> {
  const { text, vision } = await openModel(files, names, signal)
  // A vision part by itself is refused by name.
  return ggufFolder((text ?? vision)!, text !== null && vision !== null)
}

async function openModel(
  files: Files,
  names: string[],
  signal?: AbortSignal,
): Promise<Record<'text' | 'vision', GgufFile | null>> {
  const models = [...new Set(names.map((name) => ggufParts(name)[0]!))]
  let text: GgufFile | null = null
  let vision: GgufFile | null = null
  for (const first of models) {
    const file = await openParts(files, ggufParts(first), signal)
    // Often beside the text part.
    if (isVision(file)) vision = file
    else if (text === null) text = file
    else
      fail(
        'bad_model',
        `${text.name} and ${file.name} are models both; there are ${models.length} .gguf files.`,
        'Choose one of them.',
        { found: models.length },
      )
  }
  return { text, vision }
}

const isVision = ({ metadata }: GgufFile) =>
  metadata.get('general.architecture') === 'clip' || metadata.get('general.type') === 'mmproj'

/** Parts as one: the metadata of the first, the tensors of all. */
async function openParts(files: Files, names: string[], signal?: AbortSignal): Promise<GgufFile> {
  const parts: GgufFile[] = []
  for (const name of names) {
    const source = files.get(name)
    if (!source)
      return fail(
        'missing_file',
        `The model is split into ${names.length} files, and ${name} is not there.`,
        'Choose all of its parts at once.',
        { expected: name },
      )
    parts.push(await openGguf(source, name, signal))
  }
  const [first] = parts as [GgufFile]
  const count = first.metadata.get('split.count') ?? 1
  if (count !== 0 && count !== parts.length)
    fail(
      'missing_file',
      `${first.name} says that the model is split into ${String(count)} files, but ${parts.length === 1 ? 'it is' : `${parts.length} are`} named so.`,
      `Give the parts the names that they came with: ${ggufStem(first.name)}-00001-of-0000N.gguf.`,
      { file: first.name, found: Number(count) },
    )
  const tensors = new Map(first.tensors)
  for (const [i, part] of parts.entries()) {
    if (parts.length > 1 && part.metadata.get('split.no') !== i)
      fail('bad_file', `${part.name} is not part ${i + 1} of the model.`, 'Fetch the parts again.', {
        file: part.name,
      })
    if (i > 0)
      for (const [name, tensor] of part.tensors) {
        if (tensors.has(name))
          fail(
            'bad_file',
            `Tensor ${name} is in two parts, ${part.name} is one.`,
            'Choose the parts of one model only.',
            {
              tensor: name,
            },
          )
        tensors.set(name, tensor)
      }
  }
  const total = first.metadata.get('split.tensors.count')
  if (typeof total === 'number' && total !== tensors.size)
    fail(
      'bad_file',
      `The parts hold ${tensors.size} tensors; ${first.name} says ${total}.`,
      'Fetch the parts again.',
      {
        expected: total,
        found: tensors.size,
      },
    )
  return { ...first, tensors }
}
