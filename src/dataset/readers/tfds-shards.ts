import { isArrayRecord, readArrayRecords } from '../../files/array-record.ts'
import { type ByteSource, readJson } from '../../files/bytes.ts'
import { readTfdsInfo } from '../../files/tfds-info.ts'
import { isTfRecord, readTfRecords } from '../../files/tfrecord.ts'
import { fail } from '../../protocol/errors.ts'
import type { DataFile, ReadContext } from './reader.ts'

/** A file of records, and what is known of it. */
export interface Shard {
  file: DataFile
  format: 'tfrecord' | 'array_record' | 'parquet'
  split: string | null
  /** Rows that `dataset_info.json` promises, null where there is none. */
  rows: number | null
}

const RECORD_NAME = /\.(tfrecords?|array_record)(-|\.|$)/i

/** Records of one shard, in batches. */
export async function* shardRecords(
  { file, format }: Shard,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array[]> {
  if (format === 'tfrecord') {
    yield* readTfRecords(file.stream(signal), file.name)
    return
  }
  const source: ByteSource = await file.source(signal)
  if (format === 'array_record') yield* readArrayRecords(source, file.name, signal)
  else {
    const { readParquetRecords } = await import('../../files/parquet-records.ts')
    yield* readParquetRecords(source, file.name, signal)
  }
}

/** Shards that dataset_info.json names. A split of which nothing is there was not wanted; half of one is a fault. */
export async function promisedShards(
  info: DataFile,
  files: readonly DataFile[],
  context: ReadContext,
): Promise<Shard[]> {
  const { signal } = context
  const { format, splits } = readTfdsInfo(await readJson(await info.source(signal), info.name, signal))
  const known = new Map(files.map((file) => [file.name, file]))
  const folder = folderOf(info)
  const shards: Shard[] = []
  for (const split of splits) {
    const found = split.shards.map(({ file }) => known.get(folder + file))
    const missing = found.findIndex((file) => !file)
    if (found.every((file) => !file)) {
      context.finding({
        severity: 'warning',
        message: `The split "${split.name}" is not there: none of its ${split.shards.length} file(s).`,
        hint: 'Its rows are left out. Choose its files too if you want them.',
      })
      continue
    }
    if (missing >= 0) missingShard(split.name, missing, split.shards.length, split.shards[missing]!.file)
    split.shards.forEach(({ rows }, i) => {
      shards.push({ file: found[i]!, format, split: split.name, rows })
    })
  }
  if (shards.length === 0)
    fail(
      'missing_file',
      `None of the files that ${info.name} names is there.`,
      `Choose the whole folder, with its ${format} files.`,
      { file: info.name, expected: splits[0]?.shards[0]?.file ?? null },
    )
  return shards
}

/** Files of records without a description: splits and numbers by their names, where these tell them. */
export function looseShards(files: readonly DataFile[], context: ReadContext): Shard[] {
  const shards = files.flatMap((file) => {
    const format = formatOf(file)
    const split =
      /(?:^|[-_.])([A-Za-z]\w*)\.(?:tfrecords?|array_record)-\d+/i.exec(baseName(file))?.[1] ?? null
    return format ? [{ file, format, split, rows: null }] : []
  })
  shards.sort((a, b) => (a.file.name < b.file.name ? -1 : 1))
  const sets = new Map<string, { indices: Set<number>; total: number }>()
  for (const { file } of shards) {
    const [, before, index, total] = /^(.*)-(\d{5,})-of-(\d{5,})/.exec(file.name) ?? []
    if (before === undefined) continue
    const set = sets.get(before) ?? { indices: new Set(), total: Number(total) }
    set.indices.add(Number(index))
    sets.set(before, set)
  }
  for (const [before, { indices, total }] of sets) {
    const missing = Array.from({ length: total }, (_, i) => i).filter((i) => !indices.has(i))
    if (missing.length === 0) continue
    const named = missing.slice(0, 3).map((i) => i + 1)
    context.finding({
      severity: 'warning',
      message: `"${before.replace(/^.*\//, '')}" has ${total} files, of which ${missing.length} are not there: number ${named.join(', ')}${missing.length > 3 ? ' ...' : ''}.`,
      hint: 'Their rows are left out. Choose the whole folder if you want them.',
    })
  }
  return shards
}

function missingShard(split: string, index: number, total: number, file: string): never {
  fail(
    'missing_file',
    `Part ${index + 1} of ${total} of "${split}" is missing: ${file}.`,
    'Choose the whole folder, with all of its files.',
    { split, shard: index, shards: total, file },
  )
}

/** A `dataset_info.json` by TFDS; the Hugging Face library writes one, too. */
export function isInfo(file: DataFile): boolean {
  if (baseName(file) !== 'dataset_info.json') return false
  return /"(shardLengths|fileFormat)"/.test(new TextDecoder().decode(file.head))
}

export function formatOf(file: DataFile): 'tfrecord' | 'array_record' | null {
  if (isArrayRecord(file.head)) return 'array_record'
  if (isTfRecord(file.head)) return 'tfrecord'
  // Damaged and zlib-compressed ones are known by their names only.
  const named = RECORD_NAME.exec(baseName(file))?.[1]?.toLowerCase()
  return named === undefined ? null : named === 'array_record' ? named : 'tfrecord'
}

export function baseName(file: DataFile): string {
  return file.name.replace(/^.*\//, '')
}

/** With its `/`; empty for a file by itself. */
export function folderOf(file: DataFile): string {
  return file.name.replace(/[^/]*$/, '')
}
