import type { ByteSource } from '../files/bytes.ts'
import { MAX_TABLE_BYTES, Room } from '../files/limits.ts'
import { refuseKnown } from '../files/magic.ts'
import { SPLIT } from '../files/split-names.ts'
import { type Chunk, TableBuilder } from '../files/table-builder.ts'
import { NotUtf8 } from '../files/utf8.ts'
import { breathe } from '../lib/breath.ts'
import { sha256Hex } from '../lib/hash.ts'
import { stretches } from '../lib/row-numbers.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding, ReadingOffers, ReadOptions } from '../protocol/studio.ts'
import type { Dataset } from './describe.ts'
import {
  byName,
  checkSameColumns,
  chooseFiles,
  foldersAside,
  nameOf,
  putTogether,
  splitsOf,
} from './file-sets.ts'
import { HashedSource } from './hashed-source.ts'
import { hiveOf, withFolders } from './hive.ts'
import { expandFiles } from './readers/expand.ts'
import { FOLDER_READERS, readerFor } from './readers/index.ts'
import { checkOptions, type ReaderOptions, readingOf, saidOptions } from './readers/options.ts'
import type { DataFile, NamedSource, ReadContext } from './readers/reader.ts'

export { type Dataset, describeColumns, describeDataset, describePreview } from './describe.ts'
export type { ReaderOptions } from './readers/options.ts'
export type { NamedSource } from './readers/reader.ts'

export interface OpenOptions extends ReadOptions, Pick<ReaderOptions, 'maxBytes' | 'maxUnpackedBytes'> {
  signal?: AbortSignal
  /** Hears of the first rows as soon as they are there, of the whole only from the promise. */
  onPreview?: (preview: Pick<Dataset, 'name' | 'format' | 'table'>) => void
  /** Bytes read, of all. */
  onProgress?: (bytes: number, total: number) => void
}

/**
 * Reads files of rows into one table. The format is told by content, so a name may mislead; gzip and ZIP archives are
 * looked into; several files of the same columns are put together.
 * @throws LapidaryError `bad_data`, `bad_file` or `unsupported_format`, located.
 */
export function openDataset(
  sources: NamedSource | readonly NamedSource[],
  options?: OpenOptions,
): Promise<Dataset>
export function openDataset(name: string, source: ByteSource, signal?: AbortSignal): Promise<Dataset>
export function openDataset(
  given: string | NamedSource | readonly NamedSource[],
  second?: ByteSource | OpenOptions,
  signal?: AbortSignal,
): Promise<Dataset> {
  if (typeof given === 'string')
    return openSources([{ name: given, source: second as ByteSource }], signal ? { signal } : {})
  const list = Array.isArray(given) ? (given as readonly NamedSource[]) : [given as NamedSource]
  return openSources(list, (second as OpenOptions | undefined) ?? {})
}

async function openSources(given: readonly NamedSource[], how: OpenOptions): Promise<Dataset> {
  const options = saidOptions(how)
  const { signal } = options
  checkOptions(options)
  const name = nameOf(given.map((source) => source.name))
  const total = given.reduce((sum, { source }) => sum + source.size, 0)
  if (total === 0) fail('bad_data', `${name} is empty.`, 'Choose a file with rows.', { file: name })
  let read = 0
  const progress = (bytes: number) => options.onProgress?.((read += bytes), total)
  const hashed = given.map(({ source }) => new HashedSource(source, progress))
  const sources = given.map((one, i): NamedSource => ({ name: one.name, source: hashed[i]! }))
  const { format, ...rows } = await readFiles(await expandFiles(sources, options), name, options)
  // In the order in which their rows follow each other: a folder gives its files in any.
  const ordered = sources.map(({ name }, i) => ({ name, source: hashed[i]! })).sort(byName)
  const hashes: string[] = []
  for (const { source } of ordered) hashes.push(await source.hash(signal))
  const bytes = hashes.length === 1 ? hashes[0]! : await sha256Hex(hashes.join('\n'))
  const reading = readingOf(format, options)
  if (!reading) return { name, hash: bytes, format, ...rows }
  // Other rows of the same bytes are another data set.
  const hash = await sha256Hex(`${bytes}\n${JSON.stringify(reading)}`)
  return { name, hash, format, ...rows, reading }
}

type Said = Omit<OpenOptions, keyof ReadOptions> & ReaderOptions
type Rows = Pick<Dataset, 'format' | 'table' | 'findings' | 'offers' | 'rowNumbers'>

async function readFiles(files: readonly DataFile[], name: string, options: Said): Promise<Rows> {
  const collected = new Collected(name, options)
  for (const reader of FOLDER_READERS) {
    const claimed = await reader.claims(files)
    if (!claimed) continue
    await collected.add(reader.format, (context) => reader.read(claimed, context), name)
    return collected.rows()
  }
  const { chosen, findings } = chooseFiles(files, name)
  collected.findings.push(...findings)
  const read: { name: string; rows: number }[] = []
  const names = chosen.map((file) => file.name)
  const [splits, hive] = [splitsOf(names), hiveOf(names)]
  collected.findings.push(...hive.findings, ...foldersAside(names, hive.columns !== null))
  let first: { name: string; columns: ReadonlySet<string> } | null = null
  for (const [i, file] of chosen.entries()) {
    const reader = readerFor(file)
    if (reader.isText) refuseKnown(file.head, file.name)
    const split = splits?.[i] ?? null
    const rowsOf = (context: ReadContext) =>
      withSplit(withFolders(reader.read(file, context), hive.columns?.[i] ?? null), split)
    const { rows, columns } = await collected.add(reader.format, rowsOf, file.name)
    read.push({ name: file.name, rows })
    if (first) checkSameColumns(first, { name: file.name, columns }, reader.format === 'json')
    else first = { name: file.name, columns }
  }
  collected.findings.push(...putTogether(read, splits))
  return collected.rows()
}

/** The same rows, with what they are for in a column of its own unless they have one. */
async function* withSplit(chunks: AsyncIterable<Chunk>, split: string | null): AsyncIterable<Chunk> {
  for await (const chunk of chunks)
    if (split === null || chunk.columns.some(({ name }) => name === SPLIT)) yield chunk
    else {
      const values = new Array<string>(chunk.rows).fill(split)
      yield { ...chunk, columns: [...chunk.columns, { name: SPLIT, values }] }
    }
}

/** A browser holds a timer back for some milliseconds, which many small files would wait for each. */
const BREATH_MS = 20

/** Lets a worker hear of an abort where all bytes are at hand and nothing else would let it. */
class Breath {
  #last = 0

  async take(): Promise<void> {
    if (performance.now() - this.#last < BREATH_MS) return
    await breathe()
    this.#last = performance.now()
  }
}

/** The rows read so far. */
class Collected {
  readonly findings: Finding[] = []
  readonly #name: string
  readonly #options: Said
  readonly #offers: ReadingOffers = {}
  readonly #builder = new TableBuilder()
  readonly #breath = new Breath()
  readonly #room: Room
  /** Of the rows of one file; several files' numbers say nothing together. */
  #numbers: number[] | null = null
  #files = 0
  #format = ''
  #previewed = false

  constructor(name: string, options: Said) {
    this.#name = name
    this.#options = options
    this.#room = new Room(options.maxBytes ?? MAX_TABLE_BYTES, name)
  }

  /** Reads one file; one that turns out not to be UTF-8 is read once more. */
  async add(
    format: string,
    read: (context: ReadContext) => AsyncIterable<Chunk>,
    file: string,
  ): Promise<{ rows: number; columns: ReadonlySet<string> }> {
    this.#format ||= format
    const builder = this.#builder
    const before = { chunks: builder.chunks, rows: builder.rows, findings: this.findings.length }
    for (const notUtf8 of [false, true]) {
      const columns = new Set<string>()
      const numbers: number[] = []
      try {
        for await (const chunk of read(this.#context(notUtf8))) {
          this.#options.signal?.throwIfAborted()
          builder.append(chunk)
          this.#room.needRows(builder.rows)
          this.#room.used = builder.bytes
          for (const number of chunk.numbers ?? []) numbers.push(number)
          for (const column of chunk.columns) columns.add(column.name)
          this.#preview()
          await this.#breath.take()
        }
        const rows = builder.rows - before.rows
        this.#numbers = this.#files++ === 0 && numbers.length === rows ? numbers : null
        if (rows === 0) fail('bad_data', `${file} has no rows.`, 'Choose a file with rows.', { file })
        return { rows, columns }
      } catch (error) {
        if (!(error instanceof NotUtf8) || notUtf8) throw error
        builder.rollback(before.chunks)
        this.findings.length = before.findings
        this.#previewed = before.chunks > 0
      }
    }
    throw new Error('Windows-1252 has a character for every byte.')
  }

  rows(): Rows {
    const offers = Object.keys(this.#offers).length > 0 ? { offers: this.#offers } : {}
    const found = this.#numbers ? stretches(this.#numbers) : []
    const rowNumbers = found.length > 0 ? { rowNumbers: found } : {}
    return {
      format: this.#format,
      table: this.#builder.table(),
      findings: this.findings,
      ...offers,
      ...rowNumbers,
    }
  }

  #context(notUtf8: boolean): ReadContext {
    const { signal } = this.#options
    return {
      signal,
      options: this.#options,
      notUtf8,
      room: this.#room,
      finding: (finding) => this.findings.push(finding),
      offer: (way, choices) => (this.#offers[way] ??= [...choices]),
    }
  }

  #preview(): void {
    if (this.#previewed) return
    this.#previewed = true
    this.#options.onPreview?.({ name: this.#name, format: this.#format, table: this.#builder.table() })
  }
}
