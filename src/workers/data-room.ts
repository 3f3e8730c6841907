import { RecordBatchFileWriter, type Table, tableFromIPC, tableToIPC } from 'apache-arrow'
import { allColumnStats } from '../dataset/columns.ts'
import { applyEdits } from '../dataset/edits.ts'
import { Frame } from '../dataset/frame.ts'
import {
  type Dataset,
  describeDataset,
  describePreview,
  type NamedSource,
  type OpenOptions,
  openDataset,
} from '../dataset/open.ts'
import { guessSplit } from '../dataset/split.ts'
import { blobSource, bufferSource, httpSource, readJson } from '../files/bytes.ts'
import { makeTable, tableRows } from '../files/table.ts'
import { sha256Hex } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
import type {
  Call,
  DataRoom,
  DatasetInfo,
  DatasetPreview,
  ReadOptions,
  RowEdit,
  SampleInfo,
} from '../protocol/studio.ts'
import { type Database, openDatabase, type StoredDataset } from '../storage/database.ts'
import { putDataset, readRows, removeDataset, updateDataset } from '../storage/datasets.ts'
import type { Opened } from './bridge.ts'
import { exportData } from './data-export.ts'
import {
  type FoundRows,
  hubConfigs,
  resumingOpener,
  searchHub,
  sourcesOfHub,
  sourcesOfUrl,
} from './data-sources.ts'
import { Library } from './library.ts'
import { Preparation } from './preparation.ts'
import { synthesiser } from './synthesis.ts'

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
  let models: Promise<Library> | null = null
  const library = () => (models ??= database().then((opened) => new Library(opened, base)))
  const resuming = resumingOpener()
  /** The data set looked at last, parsed. */
  let held: { id: string; created: number; hash: string; table: Table } | null = null

  async function sampleIndex(): Promise<SampleEntry[]> {
    const url = new URL('datasets/index.json', base).href
    return (await readJson(await httpSource(url), 'datasets/index.json')) as SampleEntry[]
  }

  async function open(id: string | null, sources: NamedSource[], options?: OpenOptions) {
    const dataset = await openDataset(sources, options)
    return { dataset, info: describe(id ?? dataset.hash.slice(0, 16), dataset) }
  }

  async function keep(info: DatasetInfo, table: Table, signal?: AbortSignal): Promise<DatasetInfo> {
    const rows = await ipcPieces(table)
    const stored = await putDataset(await database(), { id: info.id, info }, rows, signal)
    held = { id: info.id, created: stored.created, hash: info.hash, table }
    return info
  }

  /** What the page shows, with the column that parts the rows where there is one. */
  function describe(id: string, dataset: Dataset): DatasetInfo {
    const splitGuess = guessSplit(Frame.of(dataset.table))
    return { ...describeDataset(id, dataset), ...(splitGuess ? { splitGuess } : {}) }
  }

  const openFiles: DataRoom['openFiles'] = async (files, options, call) => {
    const sources = files.map((given): NamedSource => {
      const [file, path] =
        given instanceof File ? [given, given.webkitRelativePath] : [given.file, given.path]
      return { name: path || file.name, source: blobSource(file) }
    })
    return openFound({ sources, findings: [] }, options, call)
  }

  async function openFound(
    { name, sources, findings }: FoundRows,
    options: ReadOptions = {},
    call: Call<DatasetPreview> = {},
  ): Promise<DatasetInfo> {
    const { signal, onPreview } = call
    const titled = <Each extends { name: string }>(each: Each): Each => (name ? { ...each, name } : each)
    const { dataset, info } = await open(null, sources, {
      ...options,
      ...reading(call),
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
    const { id, created } = stored
    const { hash } = stored.info
    if (held?.id === id && held.created === created && held.hash === hash) return held.table
    const rows = tableFromIPC(await readRows(await database(), stored))
    const table = applyEdits(rows, stored.edits?.flatMap(({ edits }) => edits) ?? [])
    // Written examples are few, and are read beside the data set that they go with: that one stays.
    if (!stored.info.synthetic) held = { id, created, hash, table }
    return table
  }

  /** A table that was made here as a stored data set: its hash is that of its bytes. */
  async function keepTable(
    name: string,
    table: Table,
    more: Partial<DatasetInfo> = {},
  ): Promise<DatasetInfo> {
    const hash = await sha256Hex(tableToIPC(table, 'file') as Uint8Array<ArrayBuffer>)
    const info = describe(hash.slice(0, 16), { name, hash, format: 'csv', table, findings: [] })
    return keep({ ...info, ...more }, table)
  }

  async function edited(id: string, edits: RowEdit[]): Promise<DatasetInfo> {
    const stored = await find(id)
    const before = stored.info
    const table = applyEdits(await tableOf(stored), edits)
    const hash = await sha256Hex(`${before.hash}\n${JSON.stringify(edits)}`)
    // What reading the file brought up is still true of it.
    const findings = before.findings.filter(({ kind }) => kind === undefined)
    const info: DatasetInfo = {
      ...describe(id, { name: before.name, hash, format: before.format ?? 'csv', table, findings }),
      ...(before.reading ? { reading: before.reading } : {}),
      ...(before.synthetic ? { synthetic: before.synthetic } : {}),
      edits: (stored.edits?.length ?? 0) + 1,
    }
    const kept = await updateDataset(await database(), id, (now) => {
      if (now.info.hash !== before.hash)
        fail(
          'bad_state',
          'The data set was changed elsewhere meanwhile.',
          'Look at it again, then repeat the change.',
          {
            dataset: id,
          },
        )
      return { ...now, info, edits: [...(now.edits ?? []), { before, edits }] }
    })
    if (!kept) await find(id)
    held = { id, created: stored.created, hash, table }
    return info
  }

  const preparation = new Preparation({ database, library, find, table: tableOf })

  return {
    open(options) {
      base = options.base
    },

    async samples() {
      return (await sampleIndex()).map(({ id, title, summary, rows }) => ({ id, title, summary, rows }))
    },

    async openSample(id, call = {}) {
      const entry = (await sampleIndex()).find((sample) => sample.id === id)
      if (!entry)
        fail('missing_file', `There is no sample data set "${id}".`, 'Choose one of the list.', {
          sample: id,
        })
      const source = await httpSource(new URL(`datasets/${entry.file}`, base).href)
      const { dataset, info } = await open(`sample-${id}`, [{ name: entry.file, source }], reading(call))
      const { prompt, response } = entry
      const reason = `"${prompt}" is what is asked and "${response}" what is to be answered.`
      info.guess = { ...info.guess, prompt, response, messages: null, text: null, reason }
      return keep(info, dataset.table, call.signal)
    },

    openFile: (file, call) => openFiles([file], {}, call),
    openFiles,

    async openUrl(url, access, options, call) {
      return resuming(
        JSON.stringify([url.trim(), access ?? {}]),
        () => sourcesOfUrl(url, access, call?.signal, reading(call).onProgress),
        (found) => openFound(found, options, call),
      )
    },
    searchHub: (query, access, call) => searchHub(query, access, call?.signal),
    hubConfigs: (dataset, access, call) => hubConfigs(dataset, access, call?.signal),
    async openHub(choice, access, call) {
      return resuming(
        JSON.stringify([choice, access ?? {}]),
        () => sourcesOfHub(choice, access, call?.signal),
        (found) => openFound(found, {}, call),
      )
    },

    async list() {
      const all = await (await database()).getAll('datasets')
      return all.sort((a, b) => b.created - a.created).map(({ info }) => info)
    },

    async rows(dataset, { offset, count }) {
      return tableRows(await tableOf(await find(dataset)), offset, count)
    },

    async remove(dataset) {
      if (held?.id === dataset) held = null
      await removeDataset(await database(), dataset)
    },

    async columnStats(dataset, call) {
      return allColumnStats(await tableOf(await find(dataset)), call?.signal)
    },

    inspect: (recipe, call) => preparation.inspect(recipe, call?.signal),
    runSteps: (recipe, sample, call) => preparation.steps(recipe, sample, call?.signal),
    rowsAfter: (recipe, page, call) => preparation.rowsAfter(recipe, page, call?.signal),
    estimate: (recipe, call) => preparation.estimate(recipe, call?.signal),
    prepare: (recipe, { signal, onProgress } = {}) =>
      preparation.prepare(recipe, signal, onProgress && ((share) => onProgress({ share }))),
    examples: (recipe, split, page, call) => preparation.examples(recipe, split, page, call?.signal),
    tokenSamples: (recipe, split, page, call) => preparation.tokenSamples(recipe, split, page, call?.signal),

    exportData: (recipe, format, call) => exportData(preparation, library, recipe, format, call),

    async edit(dataset, edits) {
      return edits.length === 0 ? (await find(dataset)).info : edited(dataset, edits)
    },

    async undo(dataset) {
      const changed = await updateDataset(await database(), dataset, (stored) => {
        const last = stored.edits?.at(-1)
        return last ? { ...stored, info: last.before, edits: stored.edits!.slice(0, -1) } : stored
      })
      return (changed ?? (await find(dataset))).info
    },

    async openPasted(text, name = 'Pasted cells', { header = true } = {}, call = {}) {
      const cells = header ? text : `${headerFor(text)}\n${text}`
      const source = bufferSource(new TextEncoder().encode(cells))
      const { dataset, info } = await open(null, [{ name: `${name}.tsv`, source }], reading(call))
      return keep({ ...info, name }, dataset.table, call.signal)
    },

    async createDataset(name, columns, rows) {
      return keepTable(name, typedTable(columns, rows))
    },

    synthesise: synthesiser(preparation, find, keepTable),
  }
}

/** A call as reading takes it, in bytes. */
function reading({ signal, onProgress }: Call = {}) {
  return {
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: (done: number, total: number) =>
        onProgress({
          share: total > 0 ? done / total : null,
          bytes: { done, total: total > 0 ? total : null },
        }),
    }),
  }
}

/** Names for the columns of tab-separated cells, by how many the first row has. */
function headerFor(text: string): string {
  let [columns, quoted] = [1, false]
  for (const letter of text) {
    if (letter === '"') quoted = !quoted
    else if (letter === '\t' && !quoted) columns++
    else if (letter === '\n' && !quoted) break
  }
  if (columns === 2) return 'prompt\tresponse'
  return Array.from({ length: columns }, (_, i) => `column ${i + 1}`).join('\t')
}

/** Cells typed by hand as a table. @throws LapidaryError `bad_data` for names that are missing or there twice */
function typedTable(columns: readonly string[], rows: readonly (string | null)[][]): Table {
  if (columns.length === 0)
    fail('bad_data', 'A data set needs a column.', 'Name at least one, such as "prompt".')
  for (const [i, name] of columns.entries())
    if (name.trim() === '' || columns.indexOf(name) !== i)
      fail(
        'bad_data',
        name.trim() === '' ? `Column ${i + 1} has no name.` : `There are two columns "${name}".`,
        'Give each column a name of its own.',
        { column: name },
      )
  const long = rows.findIndex((row) => row.length > columns.length)
  if (long >= 0)
    fail(
      'bad_data',
      `Row ${long + 1} has ${rows[long]!.length} cells, but there are ${columns.length} columns.`,
      'Name the further columns, or leave these cells out.',
      { row: long },
    )
  const cell = (value: string | null | undefined) => (value === undefined || value === '' ? null : value)
  return makeTable(columns.map((name, c) => ({ name, values: rows.map((row) => cell(row[c])) })))
}

/** A table as Arrow IPC, in pieces that are views of its own memory. */
async function ipcPieces(table: Table): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of RecordBatchFileWriter.writeAll(table)) pieces.push(piece)
  return pieces
}
