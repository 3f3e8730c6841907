import { type ByteSource, bufferSource } from '../../files/bytes.ts'
import { type GgufFile, openGguf } from '../../files/gguf.ts'
import { remoteFile, remoteSource } from '../../files/remote.ts'
import { readModelConfig } from '../../model/config.ts'
import { ggufConfig, ggufTensors } from '../../model/gguf.ts'
import { parameterCount } from '../../model/tensors.ts'
import type { ModelConfig } from '../../protocol/model.ts'
import { readConfig } from '../library.ts'
import type { FindOptions, FoundFile } from './found.ts'

/** A GGUF's weights once they are bf16 or f32, for each byte of it, at most: what Q4_0 takes, 4.5 bits a weight, in 16 bits. */
const MOST_GROWN = 3.6
/** Of the tokenizer.json that is made of it, for each word: its own entry and its merges. Gemma 3's takes 55. */
const WORD_BYTES = 60
/** Larger ones are no settings. */
const MOST_BYTES = 16 << 20

/** A small file, whole. */
export async function smallFile(
  file: Pick<FoundFile, 'url' | 'what'>,
  options: FindOptions,
): Promise<ByteSource> {
  const { source } = await remoteFile(file.url, { ...remote(options), what: file.what, most: MOST_BYTES })
  return bufferSource(await source.read(0, source.size, options.signal))
}

/**
 * What a model is by its files elsewhere: config.json says it, or the head of its `.gguf`.
 * @throws LapidaryError for a model that is not supported, by name; `network`
 */
export async function remoteConfig(
  files: readonly FoundFile[],
  options: FindOptions,
): Promise<{ config: ModelConfig; parameters: number; keeps: number }> {
  const [first, ...others] = files as [FoundFile, ...FoundFile[]]
  if (!first.name.endsWith('.gguf')) {
    const config = await readConfig(await settings(files, options))
    return { config, parameters: parameterCount(config), keeps: bytesOf(files) }
  }
  const head = await gguf(first, options)
  // As it is stored: see `readConfig`.
  const config = readModelConfig(ggufConfig(head), { dtype: 'float32' })
  const weights = ggufTensors(head).reduce((sum, { bytes }) => sum + bytes, 0)
  // The heads of other parts are read when they are here.
  const keeps = Math.ceil(weights + config.vocabSize * WORD_BYTES + MOST_GROWN * bytesOf(others))
  return { config, parameters: parameterCount(config), keeps }
}

const bytesOf = (files: readonly FoundFile[]) => files.reduce((sum, { size }) => sum + size, 0)

async function settings(files: readonly FoundFile[], options: FindOptions): Promise<Map<string, ByteSource>> {
  const read = new Map<string, ByteSource>()
  for (const file of files)
    if (/^(generation_)?config\.json$/.test(file.name)) read.set(file.name, await smallFile(file, options))
  return read
}

function gguf({ url, what, size, name }: FoundFile, options: FindOptions): Promise<GgufFile> {
  return openGguf(remoteSource(url, size, { ...remote(options), what }), name, options.signal)
}

export function remote({ token, ...options }: FindOptions) {
  return { ...options, ...(token ? { token } : {}) }
}
