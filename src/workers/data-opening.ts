import type { Table } from 'apache-arrow'
import { describePreview, type NamedSource, type OpenOptions, openDataset } from '../dataset/open.ts'
import { blobSource, bufferSource, httpSource } from '../files/bytes.ts'
import { makeTable } from '../files/table.ts'
import { fail } from '../protocol/errors.ts'
import type { Call, DataRoom, DatasetInfo, DatasetPreview, ReadOptions } from '../protocol/studio.ts'
import {
  type FoundRows,
  hubConfigs,
  resumingOpener,
  searchHub,
  sourcesOfHub,
  sourcesOfUrl,
} from './data-sources.ts'
import { type DatasetShelf, described } from './dataset-shelf.ts'
import { listSamples, sampleIndex } from './samples.ts'

/** Ways into a data set; `base` is the address that bundled ones lie under. */
export function dataOpening(
  shelf: DatasetShelf,
  base: () => string,
): Pick<
  DataRoom,
  | 'samples'
  | 'openSample'
  | 'openFile'
  | 'openFiles'
  | 'openUrl'
  | 'searchHub'
  | 'hubConfigs'
  | 'openHub'
  | 'openPasted'
  | 'createDataset'
> {
  const resuming = resumingOpener()

  async function open(id: string | null, sources: NamedSource[], options?: OpenOptions) {
    const dataset = await openDataset(sources, options)
    return { dataset, info: described(id ?? dataset.hash.slice(0, 16), dataset) }
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
    return shelf.keep(titled({ ...info, findings: [...findings, ...info.findings] }), dataset.table, signal)
  }

  return {
    samples: () => listSamples(base()),

    async openSample(id, call = {}) {
      const entry = (await sampleIndex(base())).find((sample) => sample.id === id)
      if (!entry)
        fail('missing_file', `There is no sample data set "${id}".`, 'Choose one of the list.', {
          sample: id,
        })
      const source = await httpSource(new URL(`datasets/${entry.file}`, base()).href)
      const { dataset, info } = await open(`sample-${id}`, [{ name: entry.file, source }], reading(call))
      const { prompt, response } = entry
      const reason = `"${prompt}" is what is asked and "${response}" what is to be answered.`
      info.guess = { ...info.guess, prompt, response, messages: null, text: null, reason }
      return shelf.keep(info, dataset.table, call.signal)
    },

    openFile: (file, call) => openFiles([file], {}, call),
    openFiles,

    async openUrl(url, access, options, call) {
      return resuming(
        JSON.stringify([url.trim(), access ?? {}]),
        () => sourcesOfUrl(url, access, call?.signal, reading(call).onProgress, options),
        (found) => openFound(found, options, call),
      )
    },
    searchHub: (query, access, call) => searchHub(query, access, call?.signal),
    hubConfigs: (dataset, access, call) => hubConfigs(dataset, access, call?.signal),
    async openHub(choice, access, call) {
      return resuming(
        JSON.stringify([choice, access ?? {}]),
        () => sourcesOfHub(choice, access, call?.signal),
        (found) => openFound(found, choice.reading, call),
      )
    },

    async openPasted(text, name = 'Pasted cells', { header = true } = {}, call = {}) {
      const cells = header ? text : `${headerFor(text)}\n${text}`
      const source = bufferSource(new TextEncoder().encode(cells))
      const { dataset, info } = await open(null, [{ name: `${name}.tsv`, source }], reading(call))
      return shelf.keep({ ...info, name }, dataset.table, call.signal)
    },

    async createDataset(name, columns, rows, call) {
      return shelf.keepTable(name, typedTable(columns, rows), {}, call?.signal)
    },
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
