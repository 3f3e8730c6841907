import { readJson, readText } from '../../files/bytes.ts'
import type { Chunk } from '../../files/table-builder.ts'
import { parseExample } from '../../files/tf-example.ts'
import { type TfdsColumn, tfdsSchema } from '../../files/tfds-features.ts'
import { fail } from '../../protocol/errors.ts'
import type { DataFile, FolderReader, ReadContext } from './reader.ts'
import { inferSchema } from './tfds-infer.ts'
import {
  baseName,
  folderOf,
  formatOf,
  isInfo,
  looseShards,
  promisedShards,
  type Shard,
  shardRecords,
} from './tfds-shards.ts'

/** Rows of the first chunk, which becomes the preview. */
const PREVIEW_ROWS = 50

/**
 * Data sets as TensorFlow Datasets prepares them (TFRecord, ArrayRecord or Parquet shards of `tf.train.Example`, read by
 * `features.json` and `dataset_info.json`), and loose files of such records. Every shard must be there and have as many
 * rows as it should. With several splits, the column `split` says which a row belongs to.
 */
export const tfds: FolderReader = {
  format: 'tfds',

  claims(files) {
    const info = files.find(isInfo)
    if (info) return files.filter((file) => folderOf(file) === folderOf(info))
    const records = files.filter(formatOf)
    if (records.length === 0) return null
    const folders = new Set(records.map(folderOf))
    return files.filter((file) => records.includes(file) || (folders.has(folderOf(file)) && isAbout(file)))
  },

  async *read(files, context) {
    const info = files.find(isInfo)
    const shards = info ? await promisedShards(info, files, context) : looseShards(files, context)
    const splits = new Set(shards.map(({ split }) => split))
    const columns = (await ownSchema(files, context)) ?? (await inferSchema(shards, context))
    const splitColumn =
      splits.size < 2 ? null : columns.some(({ name }) => name === 'split') ? 'tfds_split' : 'split'
    let preview = true
    for (const shard of shards) {
      let count = 0
      for await (const records of shardRecords(shard, context.signal)) {
        context.signal?.throwIfAborted()
        const parts = preview ? [records.slice(0, PREVIEW_ROWS), records.slice(PREVIEW_ROWS)] : [records]
        preview = false
        for (const part of parts) {
          if (part.length > 0) yield decode(part, columns, shard, count, splitColumn)
          count += part.length
        }
      }
      if (shard.rows !== null && count !== shard.rows) wrongCount(shard, count)
    }
  },
}

function decode(
  records: readonly Uint8Array[],
  columns: readonly TfdsColumn[],
  shard: Shard,
  before: number,
  splitColumn: string | null,
): Chunk {
  const cells: { name: string; values: unknown[] }[] = columns.map(({ name }) => ({ name, values: [] }))
  records.forEach((record, i) => {
    try {
      const example = parseExample(record)
      columns.forEach((column, c) => {
        cells[c]!.values.push(column.read(example))
      })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      const { name } = shard.file
      const row = before + i
      fail(
        'bad_file',
        `${name} is not what features.json promises: its record ${row + 1} has ${error.message}.`,
        'Use the features.json that TFDS wrote next to the shards, or prepare the data set again.',
        { file: name, row, reason: error.message },
      )
    }
  })
  if (splitColumn) cells.push({ name: splitColumn, values: records.map(() => shard.split) })
  return { rows: records.length, columns: cells }
}

/** Columns by features.json, null where there is none. */
async function ownSchema(files: readonly DataFile[], context: ReadContext): Promise<TfdsColumn[] | null> {
  const features = files.find((file) => baseName(file) === 'features.json')
  if (!features) return null
  const labels = new Map<string, string[]>()
  for (const file of files.filter((one) => one.name.endsWith('.labels.txt'))) {
    const text = await readText(await file.source(context.signal), file.name, context.signal)
    // As TFDS reads them: a name a line, blank lines left out.
    const names = text.split('\n').map((name) => name.trim())
    labels.set(
      baseName(file),
      names.filter((name) => name !== ''),
    )
  }
  const json = await readJson(await features.source(context.signal), features.name, context.signal)
  const { columns, left } = tfdsSchema(json, (file) => labels.get(file))
  for (const { name, what } of left)
    context.finding({
      severity: 'warning',
      message: `The column "${name}" holds ${what} and was left out.`,
      hint: 'Only text, numbers and lists of these can be learnt from.',
      column: name,
    })
  if (columns.length === 0)
    fail('unsupported_format', 'No column of this TFDS folder can be read.', 'Choose one with text.', {
      file: features.name,
    })
  return columns
}

function wrongCount({ file, rows, split }: Shard, found: number): never {
  fail(
    'bad_file',
    `${file.name} has ${found} rows, but dataset_info.json promises ${rows}.`,
    'The file or dataset_info.json is of another version; fetch the folder again.',
    { file: file.name, split, expected: rows, found },
  )
}

function isAbout(file: DataFile): boolean {
  return baseName(file) === 'features.json' || file.name.endsWith('.labels.txt')
}
