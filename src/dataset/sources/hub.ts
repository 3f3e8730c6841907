import { remoteJson, remoteSource } from '../../files/remote.ts'
import type { RemoteOptions } from '../../files/remote-client.ts'
import { fail, LapidaryError } from '../../protocol/errors.ts'
import type { Finding, HubConfigs, HubDataset } from '../../protocol/studio.ts'
import type { NamedSource } from '../readers/reader.ts'

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

/**
 * Configurations and splits of a data set, with the bytes of their Parquet files.
 * @throws LapidaryError `missing_file`, `network`
 */
export async function hubConfigs(dataset: string, options: HubOptions = {}): Promise<HubConfigs> {
  const named = { ...options, what: `The data set ${dataset}` }
  const [splits, parquet] = await Promise.all([
    service('splits', dataset, named),
    service('parquet', dataset, named),
  ])
  const list = listOf<{ config: string; split: string }>(splits, 'splits')
  const files = listOf<ParquetFile>(parquet, 'parquet_files')
  const configs = new Map<string, HubConfigs['configs'][number]>()
  for (const { config, split } of [...list, ...files]) {
    const known = configs.get(config) ?? { name: config, splits: [] }
    configs.set(config, known)
    if (known.splits.some(({ name }) => name === split)) continue
    const own = files.filter((file) => file.config === config && file.split === split)
    known.splits.push({
      name: split,
      bytes: own.reduce((sum, { size }) => sum + Number(size), 0),
      files: own.length,
    })
  }
  if (configs.size === 0)
    fail(
      'unsupported_format',
      `The Hub shows no table of the data set ${dataset}.`,
      'It may be too large, run a script of its own, or still be in the making. Download a file of it, then drop it here.',
      { dataset },
    )
  return { dataset, configs: [...configs.values()], partial: parquet.partial === true }
}

/**
 * The Parquet files of one split, none of them asked for yet.
 * @throws LapidaryError `missing_file`, `network`, `bad_data` with what there is to choose from
 */
export async function hubFiles(
  dataset: string,
  config: string | undefined,
  split: string | undefined,
  options: HubOptions = {},
): Promise<{ name: string; sources: NamedSource[]; findings: Finding[] }> {
  const named = { ...options, what: `The data set ${dataset}` }
  const answer = await service('parquet', dataset, named)
  const files = listOf<ParquetFile>(answer, 'parquet_files')
  const configs = [...new Set(files.map((file) => file.config))]
  const chosen = choose('configuration', config, configs, 'default', dataset)
  const splits = [...new Set(files.filter((file) => file.config === chosen).map((file) => file.split))]
  const part = choose('split', split, splits, 'train', dataset)
  const own = files.filter((file) => file.config === chosen && file.split === part)
  const name = `${dataset} (${chosen === 'default' ? part : `${chosen}, ${part}`})`
  const sources = own.map(
    ({ url, filename, size }): NamedSource => ({
      name: own.length === 1 ? filename : `${part}/${filename}`,
      source: remoteSource(url, Number(size), {
        ...named,
        // Whoever wrote the list: a token is for the Hub alone.
        token: isHub(url, options) ? options.token : undefined,
        what: `${dataset}/${filename}`,
      }),
    }),
  )
  const findings: Finding[] =
    answer.partial === true
      ? [
          {
            severity: 'warning',
            message: `The Hub offers only the first part of ${dataset} as Parquet; the rest is missing here.`,
            hint: 'It does so for very large data sets. For all of it, download its files, then drop them here.',
          },
        ]
      : []
  return { name, sources, findings }
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
  const chosen = wanted ?? (all.includes(usual) ? usual : all[0])
  if (chosen !== undefined && all.includes(chosen)) return chosen
  return fail(
    all.length === 0 ? 'unsupported_format' : 'bad_data',
    wanted === undefined
      ? `The Hub has no Parquet files of ${dataset}.`
      : `${dataset} has no ${what} "${wanted}".`,
    all.length === 0 ? 'Download its files, then drop them here.' : `Choose one of: ${all.join(', ')}.`,
    { dataset, [what]: wanted ?? null },
  )
}

type Answer = Record<string, unknown>

/** One answer of the datasets server. It tells 401 for all that it may not show, whether it exists or not. */
async function service(path: string, dataset: string, options: HubOptions): Promise<Answer> {
  const url = new URL(`/${path}`, options.server ?? SERVER)
  url.searchParams.set('dataset', dataset)
  try {
    const answer = await remoteJson(url.href, options)
    if (typeof answer === 'object' && answer !== null) return answer as Answer
    return unexpected('The Hub', url.href)
  } catch (error) {
    const status = error instanceof LapidaryError ? error.detail?.status : undefined
    if (status !== 401 && status !== 404) throw error
    return fail(
      status === 404 ? 'missing_file' : 'network',
      options.token
        ? `The data set ${dataset} does not exist, or this token may not read it.`
        : `The data set ${dataset} does not exist, or is private or gated.`,
      options.token
        ? 'Check its name, accept its terms on its page at the Hub, and see that the token may read it.'
        : 'Check its name. For a private or gated one, give an access token of the Hub; for a gated one, accept its terms on its page first.',
      { dataset, status: status as number },
    )
  }
}

function listOf<T>(answer: Answer, field: string): T[] {
  const list = answer[field]
  return Array.isArray(list) ? (list as T[]) : unexpected('The Hub', field)
}

function unexpected(what: string, url: string): never {
  fail('network', `${what} gave an answer of another shape than expected.`, 'Try again later.', { url })
}
