import { LIMIT_FIELD, sized } from '../../files/limits.ts'
import type { ZipEntry } from '../../files/zip.ts'
import { fail } from '../../protocol/errors.ts'
import { beginsWith, packedFile, plainFile } from './files.ts'
import { MAX_UNPACKED_BYTES } from './options.ts'
import type { DataFile, NamedSource } from './reader.ts'

/** An archive in an archive in an archive is no data set. */
const MAX_DEPTH = 3
/** What folders and archives have beside the data. */
const CLUTTER = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(\/|$)/i
/** Archives that are documents, by their entries. */
const DOCUMENTS: [RegExp, string][] = [
  [/^word\/document\.xml$/, 'a Word document'],
  [/^ppt\/presentation\.xml$/, 'a PowerPoint presentation'],
  [/^xl\/workbook\.bin$/, 'a binary Excel workbook (XLSB)'],
  [/(^|\/)data\.pkl$/, 'a PyTorch file'],
  [/^Index\/.*\.iwa$/, 'a document of Apple Numbers, Pages or Keynote'],
  [/^META-INF\/MANIFEST\.MF$/, 'a Java archive'],
]
/** What the first entry of some documents says of them, in its text. */
const MIME_TYPES: [RegExp, string][] = [
  [/opendocument\.spreadsheet/, 'an OpenDocument spreadsheet (ODS)'],
  [/opendocument/, 'an OpenDocument file'],
  [/epub/, 'an EPUB book'],
]
/** The same of others. */
const CONTENT_TYPES: [RegExp, string][] = [
  [/ms-excel\.sheet\.binary/, 'a binary Excel workbook (XLSB)'],
  [/wordprocessingml/, 'a Word document'],
  [/presentationml/, 'a PowerPoint presentation'],
]
const WORKBOOK =
  /spreadsheetml\.(sheet|template)\.main\+xml|ms-excel\.(sheet|template)\.macroEnabled\.main\+xml/

/**
 * The files that were chosen, those in gzip and ZIP archives in place of the archives.
 * @throws LapidaryError `bad_file` for damaged archives, `unsupported_format` for those of other kinds
 */
export async function expandFiles(
  sources: readonly NamedSource[],
  { signal, maxUnpackedBytes = MAX_UNPACKED_BYTES }: { signal?: AbortSignal; maxUnpackedBytes?: number } = {},
): Promise<DataFile[]> {
  const files: DataFile[] = []
  const ceiling = new Ceiling(maxUnpackedBytes)
  for (const source of sources) {
    if (sources.length > 1 && (source.source.size === 0 || CLUTTER.test(source.name))) continue
    files.push(...(await expand(await plainFile(source, signal), 0, ceiling, signal)))
  }
  return files
}

async function expand(
  file: DataFile,
  depth: number,
  ceiling: Ceiling,
  signal: AbortSignal | undefined,
): Promise<DataFile[]> {
  if (depth > MAX_DEPTH)
    fail('unsupported_format', `${file.name} is packed more than ${MAX_DEPTH} times.`, 'Unpack it first.', {
      file: file.name,
    })
  if (file.head[0] === 0x1f && file.head[1] === 0x8b) {
    const { gunzip, saidLength } = await import('../../files/gzip.ts')
    const unpacked = (abort?: AbortSignal) => ceiling.count(gunzip(file.stream(abort), file.name), file.name)
    // What says that it is too much is counted before any of it is read as rows. Its word alone may be that of other bytes behind it.
    if (depth === 0 && ceiling.isOver(await saidLength(await file.source(signal), signal)))
      for await (const _ of unpacked(signal));
    const name = file.name.replace(/\.(gz|gzip)$/i, '').replace(/\.tgz$/i, '.tar')
    const inner = await packedFile(name, unpacked, signal)
    return expand(inner, depth + 1, ceiling, signal)
  }
  if (!beginsWith(file, 'PK\u0003\u0004') && !beginsWith(file, 'PK\u0005\u0006')) return [file]
  const { zipEntries } = await import('../../files/zip.ts')
  const entries = await zipEntries(await file.source(signal), file.name, signal)
  const kind = await kindOf(entries, signal)
  if (kind !== null && kind !== 'workbook')
    fail('unsupported_format', `${file.name} is ${kind}.`, 'Save the table in it as CSV or as .xlsx.', {
      file: file.name,
      found: kind,
    })
  const kept = entries.filter(({ name, size }) => size > 0 && !CLUTTER.test(name))
  ceiling.declare(
    (kind === 'workbook' ? entries : kept).reduce((sum, { size }) => sum + size, 0),
    file.name,
  )
  if (kind === 'workbook') return [file]
  if (kept.length === 0)
    fail('bad_data', `The archive ${file.name} has no files with anything in them.`, 'Choose another.', {
      file: file.name,
    })
  const files: DataFile[] = []
  for (const { name, stream } of kept) {
    const inner = await packedFile(`${file.name}/${name}`, stream, signal)
    files.push(...(await expand(inner, depth + 1, ceiling, signal)))
  }
  return files
}

/** What an archive is, where it is one document and not several files; `workbook` where that can be read. */
async function kindOf(entries: readonly ZipEntry[], signal: AbortSignal | undefined): Promise<string | null> {
  if (entries.some(({ name }) => name.toLowerCase() === 'xl/workbook.xml')) return 'workbook'
  const named = DOCUMENTS.find(([pattern]) => entries.some(({ name }) => pattern.test(name)))
  if (named) return named[1]
  if (entries.length > 0 && entries.every(({ name }) => name.endsWith('.npy')))
    return 'a set of NumPy arrays (NPZ)'
  const [mime, content] = await Promise.all([
    textOf(entries, 'mimetype', signal),
    textOf(entries, '[content_types].xml', signal),
  ])
  if (WORKBOOK.test(content)) return 'workbook'
  const said =
    MIME_TYPES.find(([pattern]) => pattern.test(mime)) ??
    CONTENT_TYPES.find(([pattern]) => pattern.test(content))
  return said ? said[1] : null
}

/** The beginning of a small entry; empty where there is none. */
async function textOf(
  entries: readonly ZipEntry[],
  wanted: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const entry = entries.find(({ name }) => name.toLowerCase() === wanted)
  if (!entry || entry.size > 1 << 20) return ''
  let text = ''
  for await (const piece of entry.stream(signal)) text += new TextDecoder().decode(piece)
  return text
}

/** Holds what comes out of archives against what may, so that a small file cannot fill the memory. */
class Ceiling {
  readonly #most: number
  #declared = 0
  /** Of each file that came out of a stream, which may be read more than once, the most that came. */
  readonly #streamed = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** Counts what an archive says that it holds. */
  declare(bytes: number, file: string): void {
    this.#declared += bytes
    if (this.#declared > this.#most) this.#refuse(file, this.#declared)
  }

  isOver(bytes: number): boolean {
    return this.#declared + bytes > this.#most
  }

  /** Counts what comes out of a stream, which says nothing before. */
  async *count(pieces: AsyncIterable<Uint8Array>, file: string): AsyncIterable<Uint8Array> {
    let [bytes, known] = [0, this.#streamed.get(file) ?? 0]
    for await (const piece of pieces) {
      bytes += piece.length
      if (bytes > known) {
        this.declare(bytes - known, file)
        this.#streamed.set(file, (known = bytes))
      }
      yield piece
    }
  }

  #refuse(file: string, bytes: number): never {
    fail(
      'unsupported_format',
      `${file} holds more than ${sized(this.#most)} unpacked.`,
      `If that is meant, raise the limit where it is asked how files are read (${LIMIT_FIELD}); or take a part of it.`,
      { file, bytes, most: this.#most, field: LIMIT_FIELD },
    )
  }
}
