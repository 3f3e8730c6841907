import type { RepositoryFile } from '../../files/hub.ts'
import { fail, listed } from '../../protocol/errors.ts'
import type { HubModelAddress } from '../../protocol/model-address.ts'
import { ggufParts, isGguf } from '../gguf-names.ts'
import { isModelFile } from '../model-files.ts'

export const WEIGHT_INDEX = 'model.safetensors.index.json'
/** What a model has beside its weights, the first two always. */
export const FOLDER_FILES = [
  'config.json',
  'tokenizer.json',
  'generation_config.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
]
/** Of several, the one that loses least for its size comes first. */
const PREFERRED = [/q8_0/i, /[^a-z]bf16/i, /[^a-z]f16/i, /q6_k/i, /q5_k_m/i, /q5/i, /q4_0/i, /q4_k_m/i, /q4/i]

export type Chosen =
  | { format: 'safetensors'; files: RepositoryFile[]; indexed: boolean }
  | { format: 'gguf'; files: RepositoryFile[]; file: string; ggufs: { file: string; size: number }[] }

/**
 * The files of a repository that a model is made of: a folder's, or one `.gguf`.
 * @param wanted the `.gguf` that is wanted, by its path or by its type; of neither: what there is, a folder first
 * @param what the repository, for errors
 * @throws LapidaryError `missing_file`, `unsupported_model`, `unsupported_format` where it holds no model that can be read
 */
export function chooseFiles(
  all: readonly RepositoryFile[],
  wanted: Pick<HubModelAddress, 'file' | 'quant'>,
  what: string,
): Chosen {
  const any = wanted.file === undefined && wanted.quant === undefined
  const ggufs = ggufsOf(all)
  const top = all.filter(({ path }) => !path.includes('/') && isModelFile(path))
  const weights = top.filter(({ path }) => path.endsWith('.safetensors') && !path.startsWith('adapter_'))
  if (any && weights.length > 0) return folder(top, weights, what)
  if (ggufs.length === 0)
    fail(
      'unsupported_format',
      `${what} has neither *.safetensors nor .gguf files.`,
      'Its weights are of another format. Look for a copy of the same model with safetensors files.',
      { repo: what, files: all.length },
    )
  const file = any
    ? preferred(ggufs)
    : (ggufs.find(({ file }) => file === wanted.file)?.file ?? typed(ggufs, wanted.quant))
  if (file === undefined)
    return fail(
      'missing_file',
      wanted.file === undefined
        ? `${what} has no .gguf file of type ${wanted.quant}.`
        : `${what} has no file ${wanted.file}.`,
      `Choose one of: ${listed(ggufs.map(({ file }) => file))}.`,
      { expected: wanted.file ?? wanted.quant ?? null },
    )
  const parts = partsOf(file)
  const files = parts.map(
    (path) =>
      all.find((entry) => entry.path === path) ??
      fail(
        'missing_file',
        `The model is split into ${parts.length} files, and ${what} has no ${path}.`,
        'It is not whole there. Choose another file or another copy.',
        { expected: path },
      ),
  )
  return { format: 'gguf', files, file, ggufs }
}

function folder(top: RepositoryFile[], weights: RepositoryFile[], what: string): Chosen {
  const has = (name: string) => top.some(({ path }) => path === name)
  for (const name of FOLDER_FILES.slice(0, 2))
    if (!has(name))
      fail(
        'missing_file',
        `${what} has no ${name}.`,
        'It is not whole there, or is no language model. Choose another copy of the model.',
        { expected: name },
      )
  const beside = top.filter(({ path }) => FOLDER_FILES.includes(path))
  // As a folder on disk is read.
  const single = weights.find(({ path }) => path === 'model.safetensors')
  if (single) return { format: 'safetensors', files: [...beside, single], indexed: false }
  const index = top.find(({ path }) => path === WEIGHT_INDEX)
  if (index) return { format: 'safetensors', files: [...beside, index, ...weights], indexed: true }
  return { format: 'safetensors', files: [...beside, ...weights], indexed: false }
}

/** Keeps of the weights those that the index names. @throws LapidaryError `missing_file` by the name of a shard */
export function indexedFiles(
  files: readonly RepositoryFile[],
  index: ReadonlyMap<string, string>,
  what: string,
): RepositoryFile[] {
  const named = new Set(index.values())
  for (const name of named)
    if (!files.some(({ path }) => path === name))
      fail(
        'missing_file',
        `${WEIGHT_INDEX} of ${what} names ${name}, which is not there.`,
        'It is not whole there. Choose another copy of the model.',
        { expected: name },
      )
  return files.filter(({ path }) => !path.endsWith('.safetensors') || named.has(path))
}

/** Models among a repository's `.gguf` files; split ones once, with the size of all parts. Vision parts are none. */
function ggufsOf(all: readonly RepositoryFile[]): { file: string; size: number }[] {
  const found = all.filter(({ path }) => isGguf(path) && !/(^|\/)(mmproj|imatrix)[^/]*$/i.test(path))
  const first = found.filter(({ path }) => partsOf(path)[0] === path)
  return first.map(({ path }) => {
    const parts = partsOf(path)
    const own = found.filter((entry) => parts.includes(entry.path))
    return { file: path, size: own.reduce((sum, { size }) => sum + size, 0) }
  })
}

function partsOf(path: string): string[] {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return ggufParts(path.slice(folder.length)).map((name) => folder + name)
}

/** The one whose name, or folder, has a type as a whole word: `Q4_K` is not `Q4_K_M`. The shortest of several has nothing added. */
function typed(ggufs: { file: string }[], quant = ''): string | undefined {
  const word = quant.replace(/\.gguf$/i, '').replace(/[.]/g, '\\.')
  const pattern = new RegExp(`(^|[^a-z0-9])${word}([^a-z0-9_]|$)`, 'i')
  const found = quant === '' ? [] : ggufs.filter(({ file }) => pattern.test(file.replace(/\.gguf$/i, '')))
  return found.sort((a, b) => a.file.length - b.file.length)[0]?.file
}

function preferred(ggufs: { file: string }[]): string {
  for (const pattern of PREFERRED) {
    const found = ggufs.find(({ file }) => pattern.test(file))
    if (found) return found.file
  }
  return ggufs[0]!.file
}
