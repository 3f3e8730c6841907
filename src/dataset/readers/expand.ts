import { fail } from '../../protocol/errors.ts'
import { beginsWith, packedFile, plainFile } from './files.ts'
import type { DataFile, NamedSource } from './reader.ts'

/** An archive in an archive in an archive is no data set. */
const MAX_DEPTH = 3
/** What folders and archives have beside the data. */
const CLUTTER = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(\/|$)/i
const OFFICE: [RegExp, string][] = [
  [/^word\/document\.xml$/, 'a Word document'],
  [/^ppt\/presentation\.xml$/, 'a PowerPoint presentation'],
  [/^xl\/workbook\.bin$/, 'a binary Excel workbook'],
  [/^content\.xml$/, 'an OpenDocument file'],
]

/**
 * The files that were chosen, those in gzip and ZIP archives in place of the archives.
 * @throws LapidaryError `bad_file` for damaged archives, `unsupported_format` for those of other kinds
 */
export async function expandFiles(
  sources: readonly NamedSource[],
  signal?: AbortSignal,
): Promise<DataFile[]> {
  const files: DataFile[] = []
  for (const source of sources) {
    if (sources.length > 1 && (source.source.size === 0 || CLUTTER.test(source.name))) continue
    files.push(...(await expand(await plainFile(source, signal), 0, signal)))
  }
  return files
}

async function expand(file: DataFile, depth: number, signal?: AbortSignal): Promise<DataFile[]> {
  if (depth > MAX_DEPTH)
    fail('unsupported_format', `${file.name} is packed more than ${MAX_DEPTH} times.`, 'Unpack it first.', {
      file: file.name,
    })
  if (file.head[0] === 0x1f && file.head[1] === 0x8b) {
    const { gunzip } = await import('../../files/gzip.ts')
    const name = file.name.replace(/\.(gz|gzip)$/i, '').replace(/\.tgz$/i, '.tar')
    const inner = await packedFile(name, (abort) => gunzip(file.stream(abort), file.name), signal)
    return expand(inner, depth + 1, signal)
  }
  if (!beginsWith(file, 'PK\u0003\u0004') && !beginsWith(file, 'PK\u0005\u0006')) return [file]
  const { zipEntries } = await import('../../files/zip.ts')
  const entries = await zipEntries(await file.source(signal), file.name, signal)
  if (entries.some(({ name }) => name === 'xl/workbook.xml')) return [file]
  for (const [pattern, what] of OFFICE)
    if (entries.some(({ name }) => pattern.test(name)))
      fail('unsupported_format', `${file.name} is ${what}.`, 'Save the table in it as CSV or as .xlsx.', {
        file: file.name,
        found: what,
      })
  const kept = entries.filter(({ name, size }) => size > 0 && !CLUTTER.test(name))
  if (kept.length === 0)
    fail('bad_data', `The archive ${file.name} has no files with anything in them.`, 'Choose another.', {
      file: file.name,
    })
  const files: DataFile[] = []
  for (const { name, stream } of kept) {
    const inner = await packedFile(`${file.name}/${name}`, stream, signal)
    files.push(...(await expand(inner, depth + 1, signal)))
  }
  return files
}
