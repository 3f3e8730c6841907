import { RecordBatchFileWriter, type Table, tableFromIPC } from 'apache-arrow'
import {
  describeDataset,
  describePreview,
  type NamedSource,
  type OpenOptions,
  openDataset,
} from '../dataset/open.ts'
import { mapRows } from '../dataset/rows.ts'
import { splitRows } from '../dataset/split.ts'
import { blobSource, httpSource, readJson } from '../files/bytes.ts'
import { tableRows } from '../files/table.ts'
import { sha256Hex } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
import type {
  DataRoom,
  DatasetInfo,
  DatasetPreview,
  PreparedInfo,
  PrepareRequest,
  ReadOptions,
  SampleInfo,
} from '../protocol/studio.ts'
import { type Database, openDatabase, type StoredDataset } from '../storage/database.ts'
import { putDataset, putTokens, readRows, removeDataset } from '../storage/datasets.ts'
import { prepareExamples } from '../tokens/prepare.ts'
import { writeTokenTable } from '../tokens/table.ts'
import type { Opened } from './bridge.ts'
import { type FoundRows, hubConfigs, searchHub, sourcesOfHub, sourcesOfUrl } from './data-sources.ts'
import { Library } from './library.ts'

/** Part of a token table's key: counts up when the same request would give other tokens. */
const TOKENS_VERSION = 1

/** An entry of `datasets/index.json`. */
interface SampleEntry extends SampleInfo {
  file: string
  prompt: string
  response: string
}

export function dataRoom(): DataRoom & Opened {
  let base = ''
  let opened: Promise<Database> | null = null
  const database = () => (opened ??= openDatabase())
  const library = async () => new Library(await database(), base)
  /** The data set looked at last, parsed. */
  let held: { id: string; created: number; table: Table } | null = null

  async function sampleIndex(): Promise<SampleEntry[]> {
    const url = new URL('datasets/index.json', base).href
    return (await readJson(await httpSource(url), 'datasets/index.json')) as SampleEntry[]
  }

  async function open(id: string | null, sources: NamedSource[], options?: OpenOptions) {
    const dataset = await openDataset(sources, options)
    const info = describeDataset(id ?? dataset.hash.slice(0, 16), dataset)
    return { dataset, info }
  }

  async function keep(info: DatasetInfo, table: Table, signal?: AbortSignal): Promise<DatasetInfo> {
    const rows = await ipcPieces(table)
    const stored = await putDataset(await database(), { id: info.id, info }, rows, signal)
    held = { id: info.id, created: stored.created, table }
    return info
  }

  const openFiles: DataRoom['openFiles'] = async (files, onPreview, signal, options, onProgress) => {
    const sources = files.map((given): NamedSource => {
      const [file, path] =
        given instanceof File ? [given, given.webkitRelativePath] : [given.file, given.path]
      return { name: path || file.name, source: blobSource(file) }
    })
    return openFound({ sources, findings: [] }, onPreview, signal, options, onProgress)
  }

  async function openFound(
    { name, sources, findings }: FoundRows,
    onPreview: ((preview: DatasetPreview) => void) | undefined,
    signal: AbortSignal | undefined,
    options: ReadOptions | undefined,
    onProgress: ((bytes: number, total: number) => void) | undefined,
  ): Promise<DatasetInfo> {
    const titled = <Each extends { name: string }>(each: Each): Each => (name ? { ...each, name } : each)
    const { dataset, info } = await open(null, sources, {
      ...options,
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
      ...(onPreview ? { onPreview: (first) => onPreview(describePreview(titled(first))) } : {}),
    })
    return keep(titled({ ...info, findings: [...findings, ...info.findings] }), dataset.table, signal)
  }

  async function find(id: string): Promise<StoredDataset> {
    const stored = await (await database()).get('datasets', id)
    return (
      stored ??
      fail('missing_file', `There is no data set "${id}" in this browser.`, 'Open the file again.', {
        dataset: id,
      })
    )
  }

  async function tableOf(stored: StoredDataset): Promise<Table> {
    if (held?.id === stored.id && held.created === stored.created) return held.table
    const table = tableFromIPC(await readRows(await database(), stored))
    held = { id: stored.id, created: stored.created, table }
    return table
  }

  return {
    open(options) {
      base = options.base
    },

    async samples() {
      return (await sampleIndex()).map(({ id, title, summary, rows }) => ({ id, title, summary, rows }))
    },

    async openSample(id) {
      const entry = (await sampleIndex()).find((sample) => sample.id === id)
      if (!entry)
        fail('missing_file', `There is no sample data set "${id}".`, 'Choose one of the list.', {
          sample: id,
        })
      const source = await httpSource(new URL(`datasets/${entry.file}`, base).href)
      const { dataset, info } = await open(`sample-${id}`, [{ name: entry.file, source }])
      const { prompt, response } = entry
      const reason = `"${prompt}" is what is asked and "${response}" what is to be answered.`
      info.guess = { ...info.guess, prompt, response, messages: null, text: null, reason }
      return keep(info, dataset.table)
    },

    openFile: (file, signal) => openFiles([file], undefined, signal),
    openFiles,

    async openUrl(url, access, onPreview, signal, options, onProgress) {
      const found = await sourcesOfUrl(url, access, signal, onProgress)
      return openFound(found, onPreview, signal, options, onProgress)
    },
    searchHub,
    hubConfigs,
    async openHub(choice, access, onPreview, signal, onProgress) {
      return openFound(await sourcesOfHub(choice, access, signal), onPreview, signal, {}, onProgress)
    },

    async list() {
      const all = await (await database()).getAll('datasets')
      return all.sort((a, b) => b.created - a.created).map(({ info }) => info)
    },

    async rows(dataset, offset, count) {
      return tableRows(await tableOf(await find(dataset)), offset, count)
    },

    async remove(dataset) {
      if (held?.id === dataset) held = null
      await removeDataset(await database(), dataset)
    },

    async prepare(request, signal) {
      const db = await database()
      const stored = await find(request.dataset)
      const model = await (await library()).open(request.model)
      const id = await tokensKey(request, stored.info.hash, model.info.hash)
      const known = await db.get('tokens', id)
      if (known) return known.info
      const { rows, findings } = mapRows(await tableOf(stored), request.mapping)
      const { validationShare, seed } = request
      const { examples, info } = await prepareExamples(
        splitRows(rows, validationShare, seed),
        await model.chat(),
        {
          maxLength: request.maxLength,
          completionOnly: request.completionOnlyLoss ?? true,
          vocabSize: model.info.config.vocabSize,
          ...(signal ? { signal } : {}),
        },
      )
      const prepared: PreparedInfo = { ...info, tokens: id, findings: [...findings, ...info.findings] }
      const parts = { id, dataset: stored.id, model: model.info.hash, info: prepared }
      await putTokens(db, parts, writeTokenTable(examples), signal)
      return prepared
    },
  }
}

/** A table as Arrow IPC, in pieces that are views of its own memory. */
async function ipcPieces(table: Table): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of RecordBatchFileWriter.writeAll(table)) pieces.push(piece)
  return pieces
}

/** The same request on the same bytes is the same table. */
async function tokensKey(request: PrepareRequest, data: string, model: string): Promise<string> {
  const { mapping, maxLength, completionOnlyLoss, validationShare, seed } = request
  const { prompt, response, system, messages, text } = mapping
  const key = [
    TOKENS_VERSION,
    data,
    model,
    [prompt, response, system, messages, text],
    [maxLength, completionOnlyLoss ?? true, validationShare, seed],
  ]
  return (await sha256Hex(JSON.stringify(key))).slice(0, 32)
}
