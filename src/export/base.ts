import type { ByteSource } from '../files/bytes.ts'
import { free } from '../lib/free.ts'
import { plainFiles } from '../model/plain-files.ts'
import { lent } from '../protocol/exported.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { ExportedFile } from '../protocol/studio.ts'
import { withReals } from './model-files.ts'
import type { ExportSource } from './source.ts'

/** Google's Gemma 2 and 3 on the Hugging Face Hub (https://huggingface.co/google): width and layers by size. */
const RELEASES: Record<string, [hidden: number, layers: number]> = {
  'gemma-2-2b': [2304, 26],
  'gemma-2-9b': [3584, 42],
  'gemma-2-27b': [4608, 46],
  'gemma-3-270m': [640, 18],
  'gemma-3-1b': [1152, 26],
  'gemma-3-4b': [2560, 34],
  'gemma-3-12b': [3840, 48],
  'gemma-3-27b': [5376, 62],
}

/** Of these the Hub has multimodal checkpoints only, whatever part of one was trained here. */
const MULTIMODAL = /^google\/gemma-3-(4b|12b|27b)\b/

/** A base that is nowhere else to be had is put beside its adapter up to this many bytes. */
const MOST_BYTES = 2 ** 30
/** Bytes of a model's file read at a time. */
const PIECE_BYTES = 4 * 2 ** 20

/** What a model is called on the Hub; null where that is not known. A name of a release counts only with its shape. */
export function hubName(name: string, config: ModelConfig): string | null {
  const match = /^(?:google\/)?((gemma-[23]-\d+[bm])(?:-it|-pt)?)$/.exec(name)
  if (!match || !Object.hasOwn(RELEASES, match[2]!)) return /^[\w.-]+\/[\w.-]+$/.test(name) ? name : null
  const [hidden, layers] = RELEASES[match[2]!]!
  return config.hiddenSize === hidden && config.layers.length === layers ? `google/${match[1]}` : null
}

/** Where the base of an adapter is found by whoever loads it. */
export interface BaseModel {
  /** What `from_pretrained` takes. */
  at: string
  kind: 'hub' | 'beside' | 'elsewhere'
  /** Whether it also sees: adapters name its modules otherwise. Null where that is not known. */
  multimodal: boolean | null
  /** The files to put beside the adapter. */
  files: ExportedFile[]
}

/** The base by its name on the Hub, else as the folder `base` beside the adapter, else as a folder that the reader has. */
export async function baseOf(source: ExportSource): Promise<BaseModel> {
  const model = await source.model().catch(() => null)
  const name = source.baseModel.replace(/\/+$/, '').split('/').at(-1)!
  if (!model) return { at: `path/to/${name}`, kind: 'elsewhere', multimodal: null, files: [] }
  const multimodal = model.config.languageModel === true
  const elsewhere: BaseModel = { at: `path/to/${name}`, kind: 'elsewhere', multimodal, files: [] }
  const hub = hubName(source.baseModel, model.config)
  if (hub) return { at: hub, kind: 'hub', multimodal: multimodal || MULTIMODAL.test(hub), files: [] }
  if (source.baseBeside === false) return elsewhere
  const files = await plainFolder(model.files, 'base/')
  if (files.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES) return elsewhere
  return { at: 'base', kind: 'beside', multimodal, files }
}

/** Where the base is for a format that has none beside it, as only PEFT's adapter has. */
export const placeBesides = ({ at, kind }: Pick<BaseModel, 'at' | 'kind'>, name: string): string =>
  kind === 'beside' ? `path/to/${name.replace(/\/+$/, '').split('/').at(-1)!}` : at

/**
 * Where the base is, in a sentence.
 * @param folder where it lies beside the export
 * @param setting with which a place is named
 */
export function placeOf(
  { at, kind }: Pick<BaseModel, 'at' | 'kind'>,
  name: string,
  folder: string,
  setting: string,
): string {
  if (kind === 'beside') return `The base model is part of this download, in the folder \`${folder}\`.`
  if (kind === 'elsewhere') return `Put the folder of ${name} in place of \`${at}\`: \`${setting}\`.`
  return `The base model comes from the Hugging Face Hub (\`${at}\`), where its terms must be accepted first: \`hf auth login\`.`
}

/** The files of a model for readers that know no blocks, and take no whole number for a real one. */
export async function plainFolder(
  files: ReadonlyMap<string, ByteSource>,
  folder = '',
  signal?: AbortSignal,
): Promise<ExportedFile[]> {
  return modelFolder(await withReals(await plainFiles(files, 'BF16', signal)), folder)
}

/** The files of a model as they came, which is a Hugging Face folder. */
export function modelFolder(files: ReadonlyMap<string, ByteSource>, folder = ''): ExportedFile[] {
  return [...files].map(([name, source]) => ({
    path: `${folder}${name}`,
    size: source.size,
    async *chunks() {
      for (let at = 0; at < source.size; at += PIECE_BYTES) {
        const made = new Uint8Array(await source.read(at, Math.min(source.size, at + PIECE_BYTES)))
        yield lent(made, () => free(made))
      }
    },
  }))
}
