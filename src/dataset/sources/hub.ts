import { fetchRemote, type RemoteFile, type RemoteOptions, rangedRemote } from '../../files/remote.ts'
import { fail, LapidaryError } from '../../protocol/errors.ts'
import type { HubConfigs, HubDataset } from '../../protocol/studio.ts'
import { getJson } from './json.ts'

/** Where the Hugging Face Hub answers: pages and files, and the dataset viewer's API. */
export interface HubBases {
  hub: string
  viewer: string
}

export const HUB: HubBases = {
  hub: 'https://huggingface.co',
  viewer: 'https://datasets-server.huggingface.co',
}

const FOUND = 20
const DATA = /\.(parquet|csv|tsv|jsonl?|ndjson|arrow|txt)(\.gz)?$/i
const SPLIT_WORDS = ['train', 'validation', 'valid', 'dev', 'test']

interface HubFile {
  /** Path below the data set, for people. */
  path: string
  url: string
  size: number | null
}

/** A data set's files of one split. */
interface SplitFiles {
  config: string
  split: string
  files: HubFile[]
}

type Options = RemoteOptions & { token?: string | undefined }

/** Public data sets (with a token, one's own too) by words, most downloaded first. */
export async function searchHub(query: string, options: Options, bases = HUB): Promise<HubDataset[]> {
  const url = new URL('/api/datasets', bases.hub)
  url.search = new URLSearchParams({ search: query, limit: String(FOUND), sort: 'downloads' }).toString()
  const found = await getJson(url.href, authorised(url.href, options, bases))
  if (!Array.isArray(found)) return unexpected(url)
  return found.flatMap((entry): HubDataset[] => {
    const { id, downloads, likes, lastModified, description, gated, private: own } = entry ?? {}
    if (typeof id !== 'string') return []
    return [
      {
        id,
        downloads: Number(downloads ?? 0),
        likes: Number(likes ?? 0),
        updated: typeof lastModified === 'string' ? lastModified : null,
        description: typeof description === 'string' ? description.trim().slice(0, 300) : '',
        gated: Boolean(gated),
        private: Boolean(own),
      },
    ]
  })
}

/**
 * Configurations and splits of a data set, by the dataset viewer; where that does not know it (private, new or large ones),
 * by the files of the repository.
 */
export async function hubConfigs(id: string, options: Options, bases = HUB): Promise<HubConfigs> {
  const { splits, complete } = await listSplits(id, options, bases)
  const rows = await splitRows(id, options, bases)
  const configs = new Map<string, HubConfigs['configs'][number]>()
  for (const { config, split, files } of splits) {
    const entry = configs.get(config) ?? { name: config, splits: [] }
    configs.set(config, entry)
    const sizes = files.map(({ size }) => size)
    entry.splits.push({
      name: split,
      rows: rows.get(`${config}/${split}`) ?? null,
      bytes: sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + size!, 0),
      files: files.length,
    })
  }
  return { id, configs: [...configs.values()], complete }
}

/** Files of one split; Parquet is read by ranges, others whole. */
export async function openHubSplit(
  request: { id: string; config: string; split: string },
  options: Options,
  bases = HUB,
): Promise<RemoteFile[]> {
  const { id, config, split } = request
  const { splits } = await listSplits(id, options, bases)
  const found = splits.find((one) => one.config === config && one.split === split)
  if (!found)
    fail(
      'missing_file',
      `${id} has no split "${split}" in its configuration "${config}".`,
      `It has ${splits.map((one) => `${one.config}/${one.split}`).join(', ')}.`,
      { dataset: id, config, split },
    )
  const progress = shared(found.files, options)
  const opened: RemoteFile[] = []
  for (const [i, { path, url }] of found.files.entries()) {
    const open = /\.parquet$/i.test(path) ? rangedRemote : fetchRemote
    const name = `${id}/${path}`
    opened.push(await open(url, { ...authorised(url, options, bases), name, onProgress: progress(i) }))
  }
  return opened
}

/** Progress of several files as one. */
function shared(
  files: readonly HubFile[],
  { onProgress }: Options,
): (file: number) => (received: number, total: number | null) => void {
  const received = files.map(() => 0)
  const totals = files.map(({ size }) => size)
  return (file) => (bytes, total) => {
    received[file] = bytes
    totals[file] ??= total
    const all = totals.includes(null) ? null : totals.reduce<number>((sum, size) => sum + size!, 0)
    onProgress?.(
      received.reduce((sum, part) => sum + part, 0),
      all,
    )
  }
}

async function listSplits(
  id: string,
  options: Options,
  bases: HubBases,
): Promise<{ splits: SplitFiles[]; complete: boolean }> {
  try {
    return await viewerSplits(id, options, bases)
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
    try {
      return { splits: await repositorySplits(id, options, bases), complete: true }
    } catch (second) {
      // The Hub's own word on a data set (no such one, no permission) says more than the viewer's.
      throw gatedHint(second, id, options)
    }
  }
}

/** The viewer's conversion of a data set to Parquet: `/parquet` of datasets-server. */
async function viewerSplits(
  id: string,
  options: Options,
  bases: HubBases,
): Promise<{ splits: SplitFiles[]; complete: boolean }> {
  const url = new URL('/parquet', bases.viewer)
  url.searchParams.set('dataset', id)
  const answer = (await getJson(url.href, authorised(url.href, options, bases))) as {
    parquet_files?: unknown
    partial?: unknown
  }
  if (!Array.isArray(answer?.parquet_files) || answer.parquet_files.length === 0) return unexpected(url)
  const splits = new Map<string, SplitFiles>()
  for (const file of answer.parquet_files) {
    const { config, split, url: address, filename, size } = file ?? {}
    if (typeof config !== 'string' || typeof split !== 'string' || typeof address !== 'string') continue
    const key = `${config}/${split}`
    const entry = splits.get(key) ?? { config, split, files: [] }
    entry.files.push({
      path: `${key}/${filename}`,
      url: address,
      size: typeof size === 'number' ? size : null,
    })
    splits.set(key, entry)
  }
  return { splits: [...splits.values()], complete: answer.partial !== true }
}

/** Data files of the repository itself, a configuration a folder and a split by the words in their names. */
async function repositorySplits(id: string, options: Options, bases: HubBases): Promise<SplitFiles[]> {
  const url = new URL(`/api/datasets/${id}/tree/main`, bases.hub)
  url.searchParams.set('recursive', 'true')
  const tree = await getJson(url.href, authorised(url.href, options, bases))
  if (!Array.isArray(tree)) return unexpected(url)
  const splits = new Map<string, SplitFiles>()
  for (const { type, path, size } of tree) {
    if (type !== 'file' || typeof path !== 'string' || !DATA.test(path)) continue
    const parts = path.split('/')
    const config = parts.length > 1 && parts[0] !== 'data' ? parts[0]! : 'default'
    const words = path.toLowerCase().split(/[^a-z]+/)
    const split = SPLIT_WORDS.find((word) => words.includes(word)) ?? 'train'
    const key = `${config}/${split}`
    const entry = splits.get(key) ?? { config, split, files: [] }
    const address = new URL(
      `/datasets/${id}/resolve/main/${parts.map(encodeURIComponent).join('/')}`,
      bases.hub,
    )
    entry.files.push({ path, url: address.href, size: typeof size === 'number' ? size : null })
    splits.set(key, entry)
  }
  if (splits.size === 0)
    fail(
      'unsupported_format',
      `${id} has no file that can be read as rows.`,
      'Choose a data set of Parquet, CSV or JSON files.',
      { dataset: id },
    )
  return [...splits.values()]
}

/** Rows of each split, where the viewer has counted them; knowing them is no more than nice. */
async function splitRows(id: string, options: Options, bases: HubBases): Promise<Map<string, number>> {
  const url = new URL('/size', bases.viewer)
  url.searchParams.set('dataset', id)
  const rows = new Map<string, number>()
  try {
    const answer = (await getJson(url.href, authorised(url.href, options, bases))) as {
      size?: { splits?: { config?: unknown; split?: unknown; num_rows?: unknown }[] }
    }
    for (const { config, split, num_rows } of answer?.size?.splits ?? [])
      if (typeof num_rows === 'number') rows.set(`${config}/${split}`, num_rows)
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
  }
  return rows
}

/** A token goes to the Hub and its viewer, to no other host. */
function authorised(url: string, { token, ...options }: Options, bases: HubBases): RemoteOptions {
  const { origin } = new URL(url)
  const known = [bases.hub, bases.viewer].some((base) => new URL(base).origin === origin)
  return token && known
    ? { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } }
    : options
}

function gatedHint(error: unknown, id: string, { token }: Options): unknown {
  const status = error instanceof LapidaryError ? error.detail?.status : null
  if (status !== 401 && status !== 403) return error
  return new LapidaryError({
    code: 'network',
    message: token
      ? `This token may not read ${id}, or there is no such data set.`
      : `${id} is private, or its terms must be accepted first, or there is no such data set.`,
    hint: `Sign in at huggingface.co/datasets/${id}, accept its terms, and give a token with read access.`,
    detail: { dataset: id, status },
  })
}

function unexpected(url: URL): never {
  fail('network', `${url.host} answered otherwise than expected.`, 'Try again later.', {
    url: url.origin + url.pathname,
  })
}
