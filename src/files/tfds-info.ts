import { fail } from '../protocol/errors.ts'

/** What `dataset_info.json` of TFDS (tensorflow_datasets/core/proto/dataset_info.proto as JSON) says of the files. */
export interface TfdsInfo {
  name: string
  version: string
  format: 'tfrecord' | 'array_record' | 'parquet'
  splits: TfdsSplit[]
}

export interface TfdsSplit {
  name: string
  shards: { file: string; rows: number }[]
}

const TEMPLATE = '{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}'
/** TFDS pads shard numbers to five digits, or as many as they need. */
const SHARD_DIGITS = 5

/** @throws LapidaryError `bad_file` (with `field`), `unsupported_format`. */
export function readTfdsInfo(value: unknown): TfdsInfo {
  const info = record(value, 'its top')
  // Before 2022 there was but one format, which was not named.
  const format = String(info.fileFormat ?? 'tfrecord')
  if (format !== 'tfrecord' && format !== 'array_record' && format !== 'parquet')
    fail(
      'unsupported_format',
      `The shards of this TFDS folder are ${format} files, which cannot be read.`,
      'Prepare it again with file_format="array_record".',
      { file: 'dataset_info.json', field: 'fileFormat', format },
    )
  const name = String(info.name ?? '')
  if (!Array.isArray(info.splits)) bad('splits', 'it names no splits')
  const splits = info.splits.map((entry, i) => readSplit(record(entry, `splits[${i}]`), i, name, format))
  return { name, version: String(info.version ?? ''), format, splits }
}

function readSplit(
  split: Record<string, unknown>,
  index: number,
  dataset: string,
  format: string,
): TfdsSplit {
  const field = `splits[${index}]`
  const name = split.name
  if (typeof name !== 'string' || name === '') bad(`${field}.name`, 'it is no text')
  const lengths = split.shardLengths ?? []
  if (!Array.isArray(lengths)) bad(`${field}.shardLengths`, 'it is no list')
  const template = typeof split.filepathTemplate === 'string' ? split.filepathTemplate : TEMPLATE
  const shards = lengths.map((length, i) => {
    const rows = Number(length)
    if (!Number.isSafeInteger(rows) || rows < 0) bad(`${field}.shardLengths[${i}]`, 'it is no count')
    return {
      file: shardFile(template || TEMPLATE, { dataset, split: name, format }, i, lengths.length),
      rows,
    }
  })
  return { name, shards }
}

function shardFile(
  template: string,
  names: { dataset: string; split: string; format: string },
  index: number,
  count: number,
): string {
  const digits = Math.max(SHARD_DIGITS, String(count).length)
  const [x, y] = [index, count].map((number) => String(number).padStart(digits, '0'))
  const values: Record<string, string> = {
    DATASET: names.dataset,
    SPLIT: names.split,
    FILEFORMAT: names.format,
    SHARD_INDEX: x!,
    NUM_SHARDS: y!,
    SHARD_X_OF_Y: `${x}-of-${y}`,
  }
  // What follows a per cent sign tells how TFDS itself is to open it.
  return template.replace(/%.*$/, '').replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)
}

function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) bad(field, 'it is no JSON object')
  return value as Record<string, unknown>
}

function bad(field: string, what: string): never {
  fail(
    'bad_file',
    `dataset_info.json cannot be read at ${field}: ${what}.`,
    'Use the dataset_info.json that TFDS wrote next to the shards.',
    { file: 'dataset_info.json', field },
  )
}
