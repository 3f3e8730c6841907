import type { ByteSource } from '../files/bytes.ts'
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
  const zip = [...files].find(([name]) => isZip(name))
  if (zip && kept.size === 0 && ggufs.length === 0) {
    const { modelOfZip } = await import('./model-zip.ts')
    return modelFolderOf(await modelOfZip(zip[1], zip[0], signal), signal)
  }
  if (ggufs.length === 0 || [...kept.keys()].some((name) => name.endsWith('.safetensors'))) return kept
  // Loaded when needed: few have one.
  const { openGgufFolder } = await import('./gguf-folder.ts')
  return openGgufFolder(files, ggufs, signal)
}
