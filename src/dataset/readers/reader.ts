import type { ByteSource } from '../../files/bytes.ts'
import type { Room } from '../../files/limits.ts'
import type { Chunk } from '../../files/table-builder.ts'
import type { Finding, ReadOptions } from '../../protocol/studio.ts'
import type { ReaderOptions } from './options.ts'

/** Bytes under the name a person knows them by: a file's name, or its path in the chosen folder, with `/`. */
export interface NamedSource {
  name: string
  source: ByteSource
}

/** A file as readers see it: already out of its gzip or ZIP. */
export interface DataFile {
  /** Path with `/`: `train.csv`, `folder/train.csv`, `archive.zip/train.csv`. */
  readonly name: string
  /** Its first bytes, at most `HEAD_BYTES`; all of them where it is shorter. */
  readonly head: Uint8Array
  /** All bytes in order, in pieces; can be asked for again. Inflates on the way. */
  stream(signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** The bytes at random access; a compressed file is inflated into memory for it, once. */
  source(signal?: AbortSignal): Promise<ByteSource>
}

/** How much of a file a reader may look at to tell its format. */
export const HEAD_BYTES = 65_536

export interface ReadContext {
  readonly signal?: AbortSignal | undefined
  readonly options: ReaderOptions
  /** Whether the file turned out not to be UTF-8 and is read once more. */
  readonly notUtf8: boolean
  /** What the rows may take in memory. */
  readonly room: Room
  /** What a person should know of how the file was read. */
  finding(finding: Finding): void
  /** What the file itself has to choose from: the names of its sheets. */
  offer(way: keyof ReadOptions, choices: readonly string[]): void
}

/**
 * Reads one format. Readers are asked in the order of the registry (`index.ts`); the first that recognises a file gets
 * it, so those that know their format by its bytes come first and those that take any text last.
 *
 * Chunks hold consecutive rows. They may have different columns: what a chunk lacks is missing in its rows. Give a small
 * chunk first, since it becomes the preview, then some megabytes each.
 *
 * `read` throws LapidaryErrors only, located (row, line, byte, column), and checks `signal` at least once a chunk.
 */
export interface Reader {
  /** Stable and short: `csv`, `parquet`. */
  readonly format: string
  /** Set where it reads text: files known to be something else are then refused by name. */
  readonly isText?: true
  detects(file: DataFile): boolean
  read(file: DataFile, context: ReadContext): AsyncIterable<Chunk>
}

/** Reads a set of files that belong together, such as the shards and descriptions of one folder. */
export interface FolderReader {
  readonly format: string
  /** Those of the files that it would read as one data set, null where it finds nothing of its own. */
  claims(files: readonly DataFile[]): Promise<DataFile[] | null> | DataFile[] | null
  read(files: readonly DataFile[], context: ReadContext): AsyncIterable<Chunk>
}
