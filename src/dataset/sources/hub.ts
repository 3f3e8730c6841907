import { repositoryUrl } from '../../files/hub.ts'
import { remoteJson, remoteSource } from '../../files/remote.ts'
import type { RemoteOptions } from '../../files/remote-client.ts'
import { shownAddress } from '../../lib/address.ts'
import { fail, LapidaryError } from '../../protocol/errors.ts'
import { approve } from '../../protocol/gate.ts'
import type { Finding, HubConfigs, HubDataset } from '../../protocol/studio.ts'
import type { NamedSource } from '../readers/reader.ts'
import { repositorySplits } from './hub-repository.ts'

const HUB = 'https://huggingface.co'
const SERVER = 'https://datasets-server.huggingface.co'

export interface HubOptions extends RemoteOptions {
  /** Where the two services are; for tests. */
  hub?: string | undefined
  server?: string | undefined
}

/** Data sets of the Hugging Face Hub that a search finds, those most downloaded first. */
export async function searchHub(query: string, options: HubOptions = {}): Promise<HubDataset[]> {
  const url = new URL('/api/datasets', options.hub ?? HUB)
  approve(url)
  const parameters = { search: query.trim(), sort: 'downloads', direction: '-1', limit: '20' }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  const found = await remoteJson(url.href, { ...options, what: "The Hub's search" })
  if (!Array.isArray(found)) return unexpected("The Hub's search", url.href)
  return found
    .filter((entry): entry is Record<string, unknown> => typeof entry?.id === 'string')
    .map((entry) => ({
      id: String(entry.id),
      downloads: Number(entry.downloads ?? 0),
      likes: Number(entry.likes ?? 0),
      summary: String(entry.description ?? '')
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, 300),
      size: tagged(entry.tags, 'size_categories:'),
      license: tagged(entry.tags, 'license:'),
      gated: Boolean(entry.gated),
      private: Boolean(entry.private),
    }))
}

function tagged(tags: unknown, prefix: string): string | null {
  const list = Array.isArray(tags) ? tags : []
  const tag = list.find((each) => typeof each === 'string' && each.startsWith(prefix)) as string | undefined
  return tag?.slice(prefix.length) ?? null
}

interface ParquetFile {
  config: string
  split: string
  url: string
  filename: string
  size: number
}

/** What there is to download of a data set. */
interface Listing {
  files: { config: string; split: string; url: string; name: string; size: number }[]
  /** Whether these are the first part only. */
  partial: boolean
  findings: Finding[]
}

/**
 * Configurations and splits of a data set, with the bytes of the files that hold them.
 * @throws LapidaryError `missing_file`, `network`, `unsupported_format` where there is nothing that can be read as rows
 */
export async function hubConfigs(dataset: string, options: HubOptions = {}): Promise<HubConfigs> {
  const { files, partial } = await listing(dataset, options)
  const configs = new Map<string, HubConfigs['configs'][number]>()
  for (const { config, split, size } of files) {
    const known = configs.get(config) ?? { name: config, splits: [] }
    configs.set(config, known)
    const part = known.splits.find(({ name }) => name === split)
    if (part) [part.bytes, part.files] = [part.bytes + size, part.files + 1]
    else known.splits.push({ name: split, bytes: size, files: 1 })
  }
  return { dataset, configs: [...configs.values()], partial }
}

/**
 * The files of one split, none of them asked for yet.
 * @throws LapidaryError as `hubConfigs`, and `bad_data` with what there is to choose from
 */
export async function hubFiles(
  dataset: string,
  config: string | undefined,
  split: string | undefined,
  options: HubOptions = {},
): Promise<{ name: string; sources: NamedSource[]; findings: Finding[] }> {
  const { files, partial, findings } = await listing(dataset, options)
  const configs = [...new Set(files.map((file) => file.config))]
  const chosen = choose('configuration', config, configs, 'default', dataset)
  const splits = [...new Set(files.filter((file) => file.config === chosen).map((file) => file.split))]
  const part = choose('split', split, splits, 'train', dataset)
  const own = files.filter((file) => file.config === chosen && file.split === part)
  const sources = own.map(
    ({ url, name, size }): NamedSource => ({
      name: own.length === 1 ? name.slice(name.lastIndexOf('/') + 1) : name,
      source: remoteSource(url, size, {
        ...options,
        // Whoever wrote the list: a token is for the Hub alone.
        token: isHub(url, options) ? options.token : undefined,
        what: `${dataset}/${name}`,
      }),
    }),
  )
  if (partial)
    findings.push({
      severity: 'warning',
      message: `The Hub offers only the first part of ${dataset} as Parquet; the rest is missing here.`,
      hint: 'It does so for very large data sets. For all of it, download its files, then drop them here.',
    })
  return { name: `${dataset} (${chosen === 'default' ? part : `${chosen}, ${part}`})`, sources, findings }
}

/** The Parquet files that the Hub makes of each data set; where it made none, the files of the data set itself. */
async function listing(dataset: string, options: HubOptions): Promise<Listing> {
  approve(options.hub ?? HUB, options.server ?? SERVER)
  const named = { ...options, what: `The data set ${dataset}` }
  const parquet = await service('parquet', dataset, named).catch((error: unknown) => {
    if (error instanceof LapidaryError) return error
    throw error
  })
  if (!(parquet instanceof LapidaryError)) {
    const files = listOf<ParquetFile>(parquet, 'parquet_files')
    const listed = files.map(({ filename, size, ...file }) => {
      return { ...file, name: `${file.split}/${filename}`, size: Number(size) }
    })
    if (files.length > 0) return { files: listed, partial: parquet.partial === true, findings: [] }
  }
  options.signal?.throwIfAborted()
  try {
    return await ownFiles(dataset, named)
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
    const { status } = error.detail ?? {}
    if (status === 401 || status === 403 || status === 404) return unseen(dataset, status, options)
    throw parquet instanceof LapidaryError && error.code !== 'unsupported_format' ? parquet : error
  }
}

async function ownFiles(dataset: string, options: HubOptions): Promise<Listing> {
  approve(options.hub ?? HUB, options.server ?? SERVER)
  const hub = options.hub ?? HUB
  const { splits, findings } = await repositorySplits(dataset, hub, options)
  const files = splits.flatMap(({ config, split, files }) =>
    files.map(({ path, size }) => ({
      config,
      split,
      url: repositoryUrl(hub, `datasets/${dataset}`, 'main', path),
      name: path,
      size,
    })),
  )
  return { files, partial: false, findings }
}

function isHub(url: string, { server, hub }: HubOptions): boolean {
  const { protocol, hostname } = new URL(url)
  if ([server, hub].some((own) => own !== undefined && new URL(own).hostname === hostname)) return true
  return protocol === 'https:' && /(^|\.)(huggingface\.co|hf\.co)$/.test(hostname)
}

function choose(
  what: string,
  wanted: string | undefined,
  all: string[],
  usual: string,
  dataset: string,
): string {
  const chosen = wanted ?? (all.includes(usual) ? usual : all[0]!)
  if (all.includes(chosen)) return chosen
  return fail('bad_data', `${dataset} has no ${what} "${chosen}".`, `Choose one of: ${all.join(', ')}.`, {
    dataset,
    [what]: chosen,
  })
}

type Answer = Record<string, unknown>

async function service(path: string, dataset: string, options: HubOptions): Promise<Answer> {
  const url = new URL(`/${path}`, options.server ?? SERVER)
  url.searchParams.set('dataset', dataset)
  const answer = await remoteJson(url.href, options)
  return typeof answer === 'object' && answer !== null ? (answer as Answer) : unexpected('The Hub', url.href)
}

/** The Hub tells the same of what does not exist and of what it may not show. */
function unseen(dataset: string, status: number, { token }: HubOptions): never {
  fail(
    status === 404 ? 'missing_file' : 'network',
    token
      ? `The data set ${dataset} does not exist, or this token may not read it.`
      : `The data set ${dataset} does not exist, or is private or gated.`,
    token
      ? 'Check its name, accept its terms on its page at the Hub, and see that the token may read it.'
      : 'Check its name. For a private or gated one, give an access token of the Hub; for a gated one, accept its terms on its page first.',
    { dataset, status },
  )
}

function listOf<T>(answer: Answer, field: string): T[] {
  const list = answer[field]
  return Array.isArray(list) ? (list as T[]) : unexpected('The Hub', field)
}

function unexpected(what: string, url: string): never {
  fail('network', `${what} gave an answer of another shape than expected.`, 'Try again later.', {
    url: shownAddress(url),
  })
}
