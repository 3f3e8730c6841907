import type { Chunk } from '../../files/table-builder.ts'
import { zipEntries } from '../../files/zip.ts'
import { fail } from '../../protocol/errors.ts'
import { beginsWith, wholeFile } from './files.ts'
import { guarded } from './guard.ts'
import type { DataFile, ReadContext, Reader } from './reader.ts'

const FIRST_ROWS = 100
const CHUNK_ROWS = 16_384
const WHAT = 'Excel workbook'
const TEXT_DATE = /T00:00:00\.000Z$/

type Cell = string | number | boolean | Date | null

/**
 * Excel workbooks (.xlsx), one sheet of them, the first row that is not empty as names. Dates become ISO text without a
 * time zone; formulas are read as what they gave when the file was saved.
 */
export const xlsx: Reader = {
  format: 'xlsx',
  // Other ZIP archives have been opened by now.
  detects: (file) => beginsWith(file, 'PK\u0003\u0004'),
  read: readXlsx,
}

async function* readXlsx(file: DataFile, context: ReadContext): AsyncIterable<Chunk> {
  const { name } = file
  const { signal, options } = context
  await checkSums(file, signal)
  const bytes = await wholeFile(file, signal)
  const buffer = bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer
  const { default: readWorkbook } = await import('read-excel-file/universal')
  const sheets = await guarded(WHAT, name, 'sheets', () => readWorkbook(buffer, { trim: false }))
  signal?.throwIfAborted()
  const all = sheets as { sheet: string; data: Cell[][] }[]
  const filled = all.filter(({ data }) => data.some(isFilled))
  const wanted = options.sheet === undefined ? filled[0] : all.find(({ sheet }) => sheet === options.sheet)
  const names = all.map(({ sheet }) => `"${sheet}"`).join(', ')
  if (!wanted)
    fail(
      'bad_data',
      options.sheet === undefined
        ? `The workbook ${name} is empty.`
        : `The workbook ${name} has no sheet "${options.sheet}".`,
      options.sheet === undefined ? 'Choose one with rows.' : `Choose one of: ${names}.`,
      { file: name },
    )
  if (filled.length > 1)
    context.finding({
      severity: 'note',
      message: `The workbook has ${filled.length} sheets with something in them (${names}); "${wanted.sheet}" was read.`,
      hint: 'To learn from another one, move it to the front or save it as a file of its own.',
    })
  yield* toChunks(wanted.data, name, wanted.sheet)
}

/** The reader itself does not look at them. */
async function checkSums(file: DataFile, signal: AbortSignal | undefined): Promise<void> {
  for (const entry of await zipEntries(await file.source(signal), file.name, signal))
    if (/\.(xml|rels)$/.test(entry.name)) for await (const _ of entry.stream(signal)) signal?.throwIfAborted()
}

function* toChunks(data: readonly Cell[][], file: string, sheet: string): Iterable<Chunk> {
  const top = data.findIndex(isFilled)
  const header = data[top] ?? []
  const rows = data
    .map((cells, i) => ({ cells, row: i + 1 }))
    .slice(top + 1)
    .filter(({ cells }) => isFilled(cells))
  if (rows.length === 0)
    fail('bad_data', `The sheet "${sheet}" of ${file} has no rows below its names.`, 'Add rows.', {
      file,
      sheet,
      row: top + 1,
    })
  const columns = namedColumns(header, rows, file, sheet)
  for (let at = 0; at < rows.length; ) {
    const end = Math.min(rows.length, at + (at === 0 ? FIRST_ROWS : CHUNK_ROWS))
    const part = rows.slice(at, end)
    yield {
      rows: part.length,
      columns: columns.map(({ name, at: i }) => ({ name, values: part.map(({ cells }) => plain(cells[i])) })),
    }
    at = end
  }
}

/** Columns with a name or with something in them. */
function namedColumns(
  header: readonly Cell[],
  rows: readonly { cells: readonly Cell[] }[],
  file: string,
  sheet: string,
): { name: string; at: number }[] {
  const width = rows.reduce((most, { cells }) => Math.max(most, cells.length), header.length)
  const columns: { name: string; at: number }[] = []
  for (let at = 0; at < width; at++) {
    const given = String(plain(header[at]) ?? '').trim()
    if (given === '' && !rows.some(({ cells }) => !isEmpty(cells[at]))) continue
    const name = given || `column ${letters(at)}`
    if (columns.some((column) => column.name === name))
      fail(
        'bad_data',
        `The sheet "${sheet}" of ${file} has two columns named "${name}".`,
        'Rename one of them.',
        {
          file,
          sheet,
          column: name,
        },
      )
    columns.push({ name, at })
  }
  return columns
}

/** A column as Excel counts: A to Z, AA ... */
function letters(at: number): string {
  return (at >= 26 ? letters(Math.floor(at / 26) - 1) : '') + String.fromCharCode(65 + (at % 26))
}

function isFilled(cells: readonly Cell[]): boolean {
  return cells.some((cell) => !isEmpty(cell))
}

function isEmpty(cell: Cell | undefined): boolean {
  return cell === null || cell === undefined || (typeof cell === 'string' && cell.trim() === '')
}

function plain(cell: Cell | undefined): string | number | boolean | null {
  if (cell === null || cell === undefined || cell === '') return null
  if (!(cell instanceof Date)) return cell
  if (Number.isNaN(cell.getTime())) return null
  const text = cell.toISOString()
  return TEXT_DATE.test(text) ? text.slice(0, 10) : text.replace(/(\.000)?Z$/, '')
}
