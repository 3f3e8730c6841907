import { RecordBatchFileWriter, type Table, tableFromIPC, tableToIPC } from 'apache-arrow'
import { applyEdits } from '../dataset/edits.ts'
import { Frame } from '../dataset/frame.ts'
import { type Dataset, describeDataset } from '../dataset/open.ts'
import { firstToLearn, guessSplit } from '../dataset/split.ts'
import { splitOfName } from '../files/split-names.ts'
import { sha256Hex } from '../lib/hash.ts'
import { type RowNumbers, withoutRows } from '../lib/row-numbers.ts'
import type { SplitConfig } from '../protocol/data-steps.ts'
import { fail } from '../protocol/errors.ts'
import { isOfReading } from '../protocol/preparation.ts'
import type { DatasetInfo, Finding, RowEdit } from '../protocol/studio.ts'
import type { Database, StoredDataset } from '../storage/database.ts'
import { listDatasets, putDataset, readRows, removeDataset, updateDataset } from '../storage/datasets.ts'
import { tellKept } from './kept-news.ts'

/** Stored data sets; the one looked at last stays parsed. */
export class DatasetShelf {
  readonly #database: () => Promise<Database>
  #held: { id: string; created: number; hash: string; table: Table } | null = null

  constructor(database: () => Promise<Database>) {
    this.#database = database
  }

  /** Newest first. */
  async list(): Promise<DatasetInfo[]> {
    return listDatasets(await this.#database())
  }

  /** @throws LapidaryError `missing_file` */
  async find(id: string): Promise<StoredDataset> {
    const stored = await (await this.#database()).get('datasets', id)
    return (
      stored ??
      fail('missing_file', `There is no data set "${id}" in this browser.`, 'Open the file again.', {
        dataset: id,
      })
    )
  }

  /** Its rows, edits applied. */
  async table(stored: StoredDataset): Promise<Table> {
    const { id, created } = stored
    const { hash } = stored.info
    const held = this.#held
    if (held?.id === id && held.created === created && held.hash === hash) return held.table
    const rows = tableFromIPC(await readRows(await this.#database(), stored))
    const table = applyEdits(rows, stored.edits?.flatMap(({ edits }) => edits) ?? [])
    // Written examples are few, and are read beside the data set that they go with: that one stays.
    if (!stored.info.synthetic) this.#held = { id, created, hash, table }
    return table
  }

  async keep(info: DatasetInfo, table: Table, signal?: AbortSignal): Promise<DatasetInfo> {
    const rows = await ipcPieces(table)
    const stored = await putDataset(await this.#database(), { id: info.id, info }, rows, signal)
    tellKept('data')
    this.#held = { id: info.id, created: stored.created, hash: info.hash, table }
    return info
  }

  /** A table that was made here as a stored data set: its hash is that of its bytes. */
  async keepTable(
    name: string,
    table: Table,
    more: Partial<DatasetInfo> = {},
    signal?: AbortSignal,
  ): Promise<DatasetInfo> {
    const hash = await sha256Hex(tableToIPC(table, 'file') as Uint8Array<ArrayBuffer>)
    const info = described(hash.slice(0, 16), { name, hash, format: 'csv', table, findings: [] })
    return this.keep({ ...info, ...more }, table, signal)
  }

  async remove(id: string): Promise<void> {
    if (this.#held?.id === id) this.#held = null
    await removeDataset(await this.#database(), id)
    tellKept('data')
  }

  /** Changes rows: all of the edits, or none. */
  async edit(id: string, edits: RowEdit[]): Promise<DatasetInfo> {
    const stored = await this.find(id)
    if (edits.length === 0) return stored.info
    const before = stored.info
    const old = await this.table(stored)
    const table = applyEdits(old, edits)
    const rowNumbers = numbersAfter(before.rowNumbers, old.numRows, edits)
    const hash = await sha256Hex(`${before.hash}\n${JSON.stringify(edits)}`)
    // What reading the file brought up is still true of it.
    const findings = before.findings.filter(isOfReading)
    const info: DatasetInfo = {
      ...described(id, {
        name: before.name,
        hash,
        format: before.format ?? 'csv',
        table,
        findings,
        ...rowNumbers,
      }),
      ...(before.reading ? { reading: before.reading } : {}),
      ...(before.offers ? { offers: before.offers } : {}),
      ...(before.synthetic ? { synthetic: before.synthetic } : {}),
      edits: (stored.edits?.length ?? 0) + 1,
    }
    const kept = await updateDataset(await this.#database(), id, (now) => {
      if (now.info.hash !== before.hash)
        fail(
          'bad_state',
          'The data set was changed elsewhere meanwhile.',
          'Look at it again, then repeat the change.',
          { dataset: id },
        )
      return { ...now, info, edits: [...(now.edits ?? []), { before, edits }] }
    })
    if (!kept) await this.find(id)
    tellKept('data')
    this.#held = { id, created: stored.created, hash, table }
    return info
  }

  /** Takes back the last call of `edit`. */
  async undo(id: string): Promise<DatasetInfo> {
    const changed = await updateDataset(await this.#database(), id, (stored) => {
      const last = stored.edits?.at(-1)
      return last ? { ...stored, info: last.before, edits: stored.edits!.slice(0, -1) } : stored
    })
    const { info } = changed ?? (await this.find(id))
    tellKept('data')
    return info
  }
}

/** What the page shows, with the column that parts the rows where there is one. */
export function described(id: string, dataset: Dataset): DatasetInfo {
  const splitGuess = guessSplit(dataset.table)
  const info = describeDataset(id, dataset)
  if (!splitGuess) return info
  const frame = Frame.of(dataset.table)
  const preview = firstToLearn(frame, splitGuess, info.preview.length).map((row) => frame.row(row))
  return { ...info, findings: [...info.findings, ...unknownSplits(splitGuess)], preview, splitGuess }
}

/** Values of a column that parts the rows which say nothing of what their rows are for. */
function unknownSplits({ column, test_values: values }: SplitConfig): Finding[] {
  const unknown = values.filter(
    (value) => splitOfName(value) === null && !/^(?:true|false|yes|no|[01])$/.test(value),
  )
  if (unknown.length === 0 || column === null) return []
  const known = values.filter((value) => !unknown.includes(value))
  return [
    {
      kind: 'split_values',
      severity: 'warning',
      message: `"${column}" does not say what rows of ${unknown.map((value) => `"${value.slice(0, 40)}"`).join(', ')} are for: they are held out like test rows, and not learnt from.`,
      hint: 'Where they are meant to be learnt from, let them be trained on.',
      column,
      fix: {
        kind: 'split',
        label: 'Train on these rows, too',
        split: { method: 'column', column, test_values: known },
      },
    },
  ]
}

/** What the file calls the rows that edits leave; rows that were put in between are in no file, so that all are counted anew. */
function numbersAfter(
  numbers: RowNumbers | undefined,
  rows: number,
  edits: readonly RowEdit[],
): { rowNumbers?: RowNumbers } {
  if (!numbers) return {}
  let [left, now] = [rows, numbers]
  for (const edit of edits)
    if (edit.type === 'add') {
      if (edit.at < left) return {}
      left++
    } else if (edit.type === 'delete') {
      const gone = new Set(edit.rows)
      now = withoutRows(now, left, gone)
      left -= gone.size
    }
  return { rowNumbers: now }
}

/** A table as Arrow IPC, in pieces that are views of its own memory. */
async function ipcPieces(table: Table): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of RecordBatchFileWriter.writeAll(table)) pieces.push(piece)
  return pieces
}
