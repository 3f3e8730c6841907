import { type ByteSource, bufferSource } from '../../files/bytes.ts'
import { openGguf } from '../../files/gguf.ts'
import { remoteFile, remoteSource } from '../../files/remote.ts'
import { readModelConfig } from '../../model/config.ts'
import { ggufConfig } from '../../model/gguf.ts'
import { parameterCount } from '../../model/tensors.ts'
import type { ModelConfig } from '../../protocol/model.ts'
import { readConfig } from '../library.ts'
import type { FindOptions, FoundFile } from './found.ts'

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
): Promise<{ config: ModelConfig; parameters: number }> {
  const first = files[0]!
  const config = first.name.endsWith('.gguf')
    ? await headConfig(first, options)
    : await readConfig(await settings(files, options))
  return { config, parameters: parameterCount(config) }
}

async function settings(files: readonly FoundFile[], options: FindOptions): Promise<Map<string, ByteSource>> {
  const read = new Map<string, ByteSource>()
  for (const file of files)
    if (/^(generation_)?config\.json$/.test(file.name)) read.set(file.name, await smallFile(file, options))
  return read
}

async function headConfig({ url, what, size, name }: FoundFile, options: FindOptions): Promise<ModelConfig> {
  const source = remoteSource(url, size, { ...remote(options), what })
  // As it is stored: see `readConfig`.
  return readModelConfig(ggufConfig(await openGguf(source, name, options.signal)), { dtype: 'float32' })
}

export function remote({ token, ...options }: FindOptions) {
  return { ...options, ...(token ? { token } : {}) }
}
