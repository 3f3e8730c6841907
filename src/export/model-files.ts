import { type ByteSource, bufferSource, readJson } from '../files/bytes.ts'
import { blobFile } from '../protocol/exported.ts'
import type { ExportedFile } from '../protocol/studio.ts'
import type { Licence } from './card-figures.ts'
import { servesParts } from './parts-template.ts'
import type { BaseSource, ExportSource } from './source.ts'

/** Files that a merged model takes over from its base as they are. */
const TOKENIZER_FILES = ['tokenizer.json', 'special_tokens_map.json']

export type JsonObject = Record<string, unknown>

/** A small file of text. */
export const textFile = (path: string, text: string): ExportedFile =>
  blobFile(path, new Blob([text], { type: 'text/plain' }))

export const jsonFile = (path: string, value: unknown): ExportedFile =>
  textFile(path, `${JSON.stringify(value, null, 2)}\n`)

/** Fields of config.json that Transformers 5 refuses as whole numbers; JSON's numbers here know no `30.0`. */
const REAL =
  /("(?:(?:attn|final)_logit_softcapping|attention_dropout|initializer_range|rope_theta|rope_local_base_freq|factor)": -?\d+)(?=,?$)/gm

/** A config.json. */
export const configFile = (value: JsonObject): ExportedFile =>
  textFile('config.json', `${JSON.stringify(value, null, 2).replace(REAL, '$1.0')}\n`)

/** Files of a model whose config.json says reals as such: one that was made of a GGUF here does not. */
export async function withReals(
  files: ReadonlyMap<string, ByteSource>,
): Promise<ReadonlyMap<string, ByteSource>> {
  const source = files.get('config.json')
  if (!source) return files
  const text = new TextDecoder().decode(await source.read(0, source.size))
  const told = text.replace(REAL, '$1.0')
  return told === text
    ? files
    : new Map([...files, ['config.json', bufferSource(new TextEncoder().encode(told))] as const])
}

/** A JSON file of the base; null where it has none. */
export async function jsonOf(
  files: ReadonlyMap<string, ByteSource>,
  name: string,
): Promise<JsonObject | null> {
  const source = files.get(name)
  return source ? ((await readJson(source, name)) as JsonObject) : null
}

/** The template that the run was trained with, else the base's. */
export const templateOf = async (source: ExportSource, base: BaseSource): Promise<string> =>
  source.template ?? (await base.template())

/** Tokenizer and chat template, of which there is one: a copy inside of tokenizer_config.json would be another. */
export async function tokenizerFiles(source: ExportSource, base: BaseSource): Promise<ExportedFile[]> {
  const found: ExportedFile[] = []
  for (const name of TOKENIZER_FILES) {
    const file = base.files.get(name)
    if (file) found.push(blobFile(name, new Blob([await file.read(0, file.size)])))
  }
  const config = await jsonOf(base.files, 'tokenizer_config.json')
  if (config) {
    const { chat_template: _, ...rest } = config
    found.push(jsonFile('tokenizer_config.json', rest))
  }
  return [...found, textFile('chat_template.jinja', servesParts(await templateOf(source, base)))]
}

/** How the model answers: as the base does, and ends at every token at which the studio ends an answer. */
export async function generationConfig(base: BaseSource): Promise<ExportedFile> {
  const { bosTokenId, padTokenId } = base.config
  const own = await jsonOf(base.files, 'generation_config.json')
  return jsonFile('generation_config.json', {
    bos_token_id: bosTokenId,
    pad_token_id: padTokenId,
    ...own,
    eos_token_id: await base.stops(),
  })
}

/** What a base comes under, as the Hub names it. */
export const licenceOf = ({ practice }: Pick<BaseSource, 'practice'>): Licence =>
  practice ? 'apache-2.0' : 'gemma'

/** What the terms ask to be handed on with a Gemma that was changed; none for the practice model, which is not one. */
export function noticeFiles(
  { practice }: Pick<BaseSource, 'practice'>,
  changed = 'The files of weights in this folder were modified: the model was fine-tuned.',
): ExportedFile[] {
  return practice
    ? []
    : [
        textFile(
          'NOTICE',
          `Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms

${changed} Whoever is given them must be given these terms too,
the restrictions on use of their section 3.2 among them.
`,
        ),
      ]
}

/** Of a base that was held in fewer bits while the adapter learnt on it, or that came so; empty where neither. */
export async function roundedBase({ config }: ExportSource, base: BaseSource): Promise<string> {
  const held = { int8: '8 bits (int8)', int4: '4 bits (int4)' }
  if (config.model.quantization !== null)
    return `While it was trained the base model was held in ${held[config.model.quantization]}; these are that base's weights, with what was learnt added to them.`
  const types = new Set([...(await base.weights()).tensors.values()].map(({ dtype }) => dtype))
  const blocks = ['Q8_0', 'Q4_0'].filter((type) => types.has(type as 'Q8_0'))
  return blocks.length === 0
    ? ''
    : `The base model came as a GGUF with weights in ${blocks.join(' and ')}; these are that base's weights, with what was learnt added to them.`
}
