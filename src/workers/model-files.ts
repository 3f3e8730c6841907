import type { ByteSource } from '../files/bytes.ts'
import { fail } from '../protocol/errors.ts'
import { isGguf, isZip } from './gguf-names.ts'

type Files = ReadonlyMap<string, ByteSource>

/** Files of a model folder that a model is made of; what else lies there plays no part. */
export function isModelFile(name: string): boolean {
  return (
    /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map)\.json$/.test(name) ||
    name === 'chat_template.jinja' ||
    name === 'model.safetensors.index.json' ||
    name.endsWith('.safetensors')
  )
}

/**
 * The files that a model is made of, among those given: a Hugging Face folder's, or where there are no safetensors files
 * those that a GGUF stands for; of a zip by itself, those in it. Weights are converted as they are read: nothing is held whole.
 * @throws LapidaryError by name, for whatever a GGUF or a zip is refused for; `missing_file` for a part that is not there
 */
export async function modelFolderOf(files: Files, signal?: AbortSignal): Promise<Files> {
  const kept = new Map([...files].filter(([name]) => isModelFile(name)))
  const ggufs = [...files.keys()].filter(isGguf)
  for (const [name, file] of files)
    if (kept.has(name) || isGguf(name)) await refusePointer(name, file, signal)
  const zip = [...files].find(([name]) => isZip(name))
  if (zip && kept.size === 0 && ggufs.length === 0) {
    const { modelOfZip } = await import('./model-zip.ts')
    return modelFolderOf(await modelOfZip(zip[1], zip[0], signal), signal)
  }
  if (ggufs.length === 0) refuseOtherWeights([...files.keys()])
  if (ggufs.length === 0 || [...kept.keys()].some((name) => name.endsWith('.safetensors'))) return kept
  // Loaded when needed: few have one.
  const { openGgufFolder } = await import('./gguf-folder.ts')
  return openGgufFolder(files, ggufs, signal)
}

/** Weights as PyTorch, Keras, JAX and LiteRT keep them. */
const OTHER_WEIGHTS =
  /^pytorch_model.*\.bin$|\.(pt|pth|ckpt|h5|keras|msgpack|npz|onnx|tflite|task|litertlm)$/i

/** Where weights are there, and of a format that is not read: whoever has the whole folder is not asked for it. */
export function refuseOtherWeights(names: readonly string[]): void {
  const other = names.find((name) => OTHER_WEIGHTS.test(name))
  if (other !== undefined && !names.some((name) => name.endsWith('.safetensors')))
    fail(
      'unsupported_format',
      `${other} holds weights in a format that is not read.`,
      'Take a copy of the model with *.safetensors files, or as a .gguf file.',
      { file: other },
    )
}

/** Of what Git LFS leaves in place of a file, https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: it has fewer bytes. */
const POINTER_BYTES = 1024
const POINTER = 'version https://git-lfs.github.com/spec/'

/** A clone without Git LFS has all files of a model by their names, and of the large ones nothing but where they are. */
async function refusePointer(name: string, file: ByteSource, signal?: AbortSignal): Promise<void> {
  if (file.size < POINTER.length || file.size >= POINTER_BYTES) return
  const head = new TextDecoder().decode(await file.read(0, POINTER.length, signal))
  if (head === POINTER)
    fail(
      'bad_file',
      `${name} is not the file itself, but a pointer to it that Git LFS has left.`,
      'Run "git lfs pull" in its folder, or download the file from its page.',
      { file: name },
    )
}
