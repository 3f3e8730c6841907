import { arrow } from './arrow.ts'
import { csv } from './csv.ts'
import { json } from './json.ts'
import { parquet } from './parquet.ts'
import type { DataFile, FolderReader, Reader } from './reader.ts'
import { text } from './text.ts'
import { tfds } from './tfds.ts'
import { xlsx } from './xlsx.ts'

/** In the order in which they are asked: those that know their format by its bytes first, those that take any text last. */
export const READERS: readonly Reader[] = [parquet, arrow, xlsx, json, text, csv]

/** Asked before any of the above. */
export const FOLDER_READERS: readonly FolderReader[] = [tfds]

export function readerFor(file: DataFile): Reader {
  return READERS.find((reader) => reader.detects(file))!
}
