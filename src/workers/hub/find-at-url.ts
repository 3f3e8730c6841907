import { readJson } from '../../files/bytes.ts'
import { totalOf, versionOf } from '../../files/remote.ts'
import { Client } from '../../files/remote-client.ts'
import { readWeightIndex } from '../../files/weights.ts'
import { shownAddress } from '../../lib/address.ts'
import { fail, LapidaryError } from '../../protocol/errors.ts'
import { ADAPTER_FILES, refuseAsModel } from '../adapter-folder.ts'
import { ggufParts, ggufStem, isGguf } from '../gguf-names.ts'
import { FOLDER_FILES, WEIGHT_INDEX } from './choose-files.ts'
import type { FindOptions, FoundFile, FoundModel } from './found.ts'
import { remote, remoteConfig, smallFile } from './remote-config.ts'

/**
 * A model on any server: a `.gguf` with all of its parts, or a folder. Folders cannot be listed: what a model may be made of is
 * asked for by name.
 * @throws LapidaryError as `ModelRoom.lookUp`
 */
export async function findAtUrl(address: string, options: FindOptions): Promise<FoundModel> {
  const last = decodeURIComponent(new URL(address).pathname.split('/').at(-1) ?? '')
  const gguf = isGguf(last)
  const files = gguf ? await allAtUrl(ggufParts(last), address, options) : await folder(address, options)
  const { config, parameters, keeps } = await remoteConfig(files, options)
  const bare = shownAddress(address)
  return {
    remote: {
      address: { kind: 'url', address },
      name: gguf ? ggufStem(last) : nameOfFolder(bare),
      files: files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      keeps,
      config,
      parameters,
      licence: null,
      gated: false,
      readable: true,
      format: gguf ? 'gguf' : 'safetensors',
    },
    files,
    origin: { kind: 'url', address: bare },
  }
}

const nameOfFolder = (address: string) =>
  decodeURIComponent(address.split('/').filter(Boolean).slice(2).at(-1) ?? '') || new URL(address).host

async function folder(address: string, options: FindOptions): Promise<FoundFile[]> {
  const [needed, optional] = [FOLDER_FILES.slice(0, 2), FOLDER_FILES.slice(2)]
  const files = await allAtUrl(needed, address, options).catch(async (error: unknown) => {
    const [config] = isMissing(error) ? await perhaps(ADAPTER_FILES[0], address, options) : []
    if (!config) throw error
    return refuseAsModel(
      config.what,
      await readJson(await smallFile(config, options), config.name, options.signal),
    )
  })
  for (const name of optional) files.push(...(await perhaps(name, address, options)))
  const single = await perhaps('model.safetensors', address, options)
  if (single.length > 0) return [...files, ...single]
  const [index] = await perhaps(WEIGHT_INDEX, address, options)
  if (!index)
    fail(
      'missing_file',
      `There is neither model.safetensors nor ${WEIGHT_INDEX} at ${shownAddress(address)}.`,
      'Paste the address of a folder with both config.json and the weights.',
      { url: shownAddress(address) },
    )
  const shards = new Set((await readWeightIndex(await smallFile(index, options), options.signal)).values())
  return [...files, index, ...(await allAtUrl([...shards].sort(), address, options))]
}

/** Files of a folder, by name. @throws LapidaryError `missing_file`, `network` */
export async function allAtUrl(
  names: readonly string[],
  address: string,
  options: FindOptions,
): Promise<FoundFile[]> {
  const files: FoundFile[] = []
  for (const name of names) files.push(await probe(name, address, options))
  return files
}

async function perhaps(name: string, address: string, options: FindOptions): Promise<FoundFile[]> {
  try {
    return [await probe(name, address, options)]
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

const isMissing = (error: unknown) => error instanceof LapidaryError && error.code === 'missing_file'

/** What a server says of a file: its length and version. A query goes with every file of the folder: it may be a key. */
async function probe(name: string, address: string, options: FindOptions): Promise<FoundFile> {
  const url = new URL(encodeURIComponent(name), address)
  url.search = new URL(address).search
  const what = shownAddress(url.href)
  const client = new Client(url.href, { ...remote(options), what })
  const part = await client.get('bytes=0-0', options.signal)
  await part.body?.cancel()
  let [size, version] = [part.status === 200 ? null : totalOf(part), versionOf(part)]
  if (size === null) {
    // Servers need not show other origins how long the file is that they give a part of.
    const whole = part.status === 200 ? part : await client.get(null, options.signal)
    if (whole !== part) await whole.body?.cancel()
    const length = whole.headers.get('content-length')
    size = length === null || whole.headers.has('content-encoding') ? null : Number(length)
    version ??= versionOf(whole)
  }
  if (size === null)
    return fail(
      'network',
      `${what}: its server does not say how long the file is.`,
      'Download it in a browser tab, then drop it here.',
      { url: what },
    )
  return { name, url: url.href, what, size, sha256: null, git: null, version }
}
