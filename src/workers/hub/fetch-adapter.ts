import { blobSource, readJson } from '../../files/bytes.ts'
import { type ChunkStore, fetchChunked } from '../../files/chunked-fetch.ts'
import { readAdapterConfig } from '../../model/adapter-config.ts'
import { modelAddressText } from '../../protocol/model-address.ts'
import type { AdapterFiles, Call, ModelAddress, RemoteAdapter } from '../../protocol/studio.ts'
import { adapterOfGguf } from '../adapter-files.ts'
import { ADAPTER_FILES } from '../adapter-folder.ts'
import { findAdapter } from './find-adapter.ts'
import type { FindOptions, FoundFile } from './found.ts'
import { gatedContext, gatedError } from './repository.ts'

/**
 * An adapter to begin a run with. It is not stored: the run that begins with it has all of it in its first checkpoint.
 * @throws LapidaryError as `findAdapter`; `unsupported_format`, `bad_config` for what its config says
 */
export async function fetchAdapter(
  address: ModelAddress,
  options: FindOptions,
  call: Call = {},
): Promise<RemoteAdapter> {
  const found = await findAdapter(address, options)
  const total = found.files.reduce((sum, { size }) => sum + size, 0)
  const blobs: Blob[] = []
  let before = 0
  for (const file of found.files) {
    const chunks = new BlobChunks()
    const onBytes = (bytes: number) => {
      const done = before + bytes
      call.onProgress?.({
        share: done / Math.max(1, total),
        note: `Fetching ${file.name}`,
        bytes: { done, total },
      })
    }
    await fetchChunked(file, chunks, { ...options, token: options.token ?? undefined, onBytes }).catch(
      (error: unknown) => {
        const context = gatedContext(found)
        if (!context) throw error
        return gatedError(error, { ...context, options })
      },
    )
    before += file.size
    blobs.push(chunks.whole())
  }
  const files = await filesOf(found.files, blobs, call.signal)
  const { config } = files
  const lora = readAdapterConfig(config).lora
  const { base_model_name_or_path: base } = config as { base_model_name_or_path?: unknown }
  return {
    name: modelAddressText(found.remote.address),
    base: typeof base === 'string' && base !== '' ? base : null,
    lora,
    licence: found.remote.licence,
    files,
  }
}

async function filesOf(
  files: readonly FoundFile[],
  blobs: readonly Blob[],
  signal: AbortSignal | undefined,
): Promise<AdapterFiles> {
  const [first, tensors] = blobs as [Blob, Blob | undefined]
  if (!tensors) return adapterOfGguf(blobSource(first), files[0]!.name, signal)
  return { config: await readJson(blobSource(first), ADAPTER_FILES[0], signal), tensors }
}

/** Chunks as Blobs, which browsers put on disk. */
class BlobChunks implements ChunkStore {
  readonly #chunks = new Map<number, Blob>()

  async lengths(): Promise<Map<number, number>> {
    return new Map([...this.#chunks].map(([index, { size }]) => [index, size]))
  }

  async read(index: number): Promise<Uint8Array> {
    return new Uint8Array(await this.#chunks.get(index)!.arrayBuffer())
  }

  async write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#chunks.set(index, new Blob([bytes]))
  }

  async clear(): Promise<void> {
    this.#chunks.clear()
  }

  whole(): Blob {
    return new Blob([...this.#chunks].sort(([a], [b]) => a - b).map(([, chunk]) => chunk))
  }
}
