import { dataInHeader, looksLikeData } from '../../files/csv-dialect.ts'
import { checkCell, checkName, checkWidth } from '../../files/limits.ts'
import type { Chunk } from '../../files/table-builder.ts'
import { shortSeconds } from '../../files/values.ts'
import { type Cell, lettersOf, type OddCells, type SheetRow } from '../../files/xlsx/sheet.ts'
import type { Workbook } from '../../files/xlsx/workbook.ts'
import { counted } from '../../lib/counted.ts'
import { fail } from '../../protocol/errors.ts'
import type { Finding } from '../../protocol/preparation.ts'
import { beginsWith } from './files.ts'
import { guarded } from './guard.ts'
import type { DataFile, ReadContext, Reader } from './reader.ts'

const FIRST_ROWS = 100
const CHUNK_ROWS = 16_384
const CHUNK_CELLS = 4 << 20
const WHAT = 'Excel workbook'
const TEXT_DATE = /T00:00:00\.000Z$/

/**
 * Excel workbooks (.xlsx, .xlsm), one sheet of them (the first with more than a single row), the first row that is not empty as names (`header_row` for another). Dates become
 * ISO text without a time zone, times of day and hours beyond 24 `HH:MM:SS`; formulas are read as what they gave when the file was
 * saved, errors as their text. Not read: .xls, .xlsb, .ods and workbooks with a password, which are refused by name; merged cells
 * hold their value in the first.
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
  const source = await file.source(signal)
  const { openWorkbook, noOddCells } = await import('../../files/xlsx/workbook.ts')
  const book = await guarded(WHAT, name, 'sheets', () => openWorkbook(source, name, signal))
  const all = book.sheets.map((sheet) => `"${sheet}"`).join(', ')
  const filled: string[] = []
  /** Of these the first that has more than a single row: a note to the reader is no table. */
  let first: string | undefined
  for (const sheet of book.sheets) {
    const rows = await rowsSeen(book, sheet, name)
    if (rows > 0) filled.push(sheet)
    if (rows > 1) first ??= sheet
  }
  const wanted = options.sheet ?? first ?? filled[0]
  if (wanted === undefined || !book.sheets.includes(wanted))
    fail(
      'bad_data',
      wanted === undefined
        ? `The workbook ${name} is empty.`
        : `The workbook ${name} has no sheet "${wanted}".`,
      wanted === undefined ? 'Choose one with rows.' : `Choose one of: ${all}.`,
      { file: name },
    )
  context.offer('sheet', filled)
  const other = filled.find((sheet) => sheet !== wanted)
  if (other !== undefined)
    context.finding({
      severity: 'note',
      message: `The workbook has ${filled.length} sheets with something in them (${filled.map((sheet) => `"${sheet}"`).join(', ')}); "${wanted}" was read.`,
      hint: 'To learn from another one, choose it among the ways of reading.',
      kind: 'sheets',
      count: filled.length,
      fix: {
        kind: 'reading',
        label: `Read "${other}"`,
        reading: { sheet: other },
      },
    })
  const odd = noOddCells()
  const place = { file: name, sheet: wanted, header: options.header_row }
  const said = (finding: Finding) => context.finding(finding)
  const rows = filledRows(rowsOf(book, wanted, name, odd))
  yield* toChunks(options.header_row === undefined ? withoutTitle(rows, said) : rows, place, said)
  sayOdd(odd, context)
}

function sayOdd({ errors, uncomputed, firstError, firstUncomputed }: OddCells, context: ReadContext): void {
  if (errors > 0)
    context.finding({
      severity: 'warning',
      message: `${counted(errors, 'cell holds', 'cells hold')} an error in place of a value: the first is ${firstError}.`,
      hint: 'Such a cell is read as that text. Correct the formula, or leave these rows out.',
      kind: 'error_values',
      count: errors,
    })
  if (uncomputed > 0)
    context.finding({
      severity: 'warning',
      message: `${counted(uncomputed, 'formula has', 'formulas have')} no value in the file: the first is ${firstUncomputed}.`,
      hint: 'They are read as empty cells. Open the workbook in a spreadsheet program and save it, so that they are computed.',
      kind: 'error_values',
      count: uncomputed,
    })
}

/** Rows of a sheet with something in them, counted to two. */
async function rowsSeen(book: Workbook, sheet: string, file: string): Promise<number> {
  let rows = 0
  for await (const { cells } of rowsOf(book, sheet, file)) if (isFilled(cells) && ++rows === 2) break
  return rows
}

/** Rows of a sheet one by one; whatever is wrong with them says after which row. */
async function* rowsOf(book: Workbook, sheet: string, file: string, odd?: OddCells): AsyncIterable<SheetRow> {
  const batches = book.rows(sheet, odd)[Symbol.asyncIterator]()
  let row = 0
  try {
    for (;;) {
      const next = await guarded(WHAT, file, `sheet "${sheet}"`, () => batches.next(), { sheet, row })
      if (next.done) return
      for (const each of next.value) {
        row = each.row
        yield each
      }
    }
  } finally {
    await batches.return?.()
  }
}

async function* filledRows(rows: AsyncIterable<SheetRow>): AsyncIterable<SheetRow> {
  for await (const each of rows) if (isFilled(each.cells)) yield each
}

/** Rows that are looked at to tell a title from the names of columns. */
const LOOKED_AT = 12

/** Without lines of a title, a cell each, above rows of several cells; says what it was, and where a first row looks like data. */
async function* withoutTitle(
  rows: AsyncIterable<SheetRow>,
  said: (finding: Finding) => void,
): AsyncIterable<SheetRow> {
  let first: SheetRow[] | null = []
  for await (const each of rows) {
    if (first === null) yield each
    else if (first.push(each) === LOOKED_AT) {
      yield* titled(first, said)
      first = null
    }
  }
  if (first) yield* titled(first, said)
}

function titled(rows: SheetRow[], said: (finding: Finding) => void): SheetRow[] {
  const filled = rows.map(({ cells }) => [...cells.values()].filter((cell) => !isEmpty(cell)))
  const names = filled.findIndex((cells) => cells.length > 1)
  const below = filled.slice(names + 1)
  // A single word is the name of a column.
  const isName = names === 1 && /^\s*\S+\s*$/.test(String(plain(filled[0]![0])))
  const own = filled[names] ?? []
  // Where two names are the same, the columns could not be told apart.
  const differ = new Set(own.map((cell) => String(cell).trim())).size === own.length
  const areTexts = own.length > 0 && own.every((cell) => typeof cell === 'string')
  // A row may lack a value or two.
  const several = below.filter((cells) => cells.length > 1).length
  const looksSo = names > 0 && !isName && areTexts && several * 2 > below.length
  const isTitle = looksSo && differ
  const kept = isTitle ? rows.slice(names) : rows
  const [top, ...rest] = kept
  if (looksSo && !differ) {
    const texts = own.map((cell) => String(cell).trim())
    const twice = texts.find((text, i) => texts.indexOf(text) < i)!
    said({
      severity: 'warning',
      message: `Row ${rows[0]!.row} was taken as the names of the columns. Row ${rows[names]!.row} looks more like them, but "${twice.slice(0, 80)}" is there twice.`,
      hint: `Give every column a name of its own in the sheet, then say that the names are in row ${rows[names]!.row}: the header row.`,
      kind: 'title_lines',
      row: 0,
    })
  }
  if (isTitle)
    said({
      severity: 'warning',
      message: `${counted(names, 'row', 'rows')} above the names of the columns ${names === 1 ? 'was' : 'were'} left out: "${String(plain(filled[0]![0])).slice(0, 80)}"${names > 1 ? ' ...' : ''}. Row ${top!.row} was taken as the names.`,
      hint: 'If the names stand in another row, say in which: the header row.',
      kind: 'title_lines',
      count: names,
      fix: {
        kind: 'reading',
        label: `The names are in row ${top!.row}`,
        reading: { header_row: top!.row },
      },
    })
  const texts = (cells: ReadonlyMap<number, Cell>) =>
    Array.from({ length: Math.max(0, ...cells.keys()) + 1 }, (_, at) => String(plain(cells.get(at)) ?? ''))
  const odd =
    top &&
    dataInHeader(
      texts(top.cells),
      rest.map(({ cells }) => texts(cells)),
    )
  if (odd) said(looksLikeData(odd))
  return kept
}

interface Place {
  file: string
  sheet: string
  /** Row with the names, 0 where there is none, undefined for the first that is not empty. */
  header: number | undefined
}

async function* toChunks(
  rows: AsyncIterable<SheetRow>,
  place: Place,
  said: (finding: Finding) => void,
): AsyncIterable<Chunk> {
  const { file, sheet, header } = place
  let columns: SheetColumns | null = header === 0 ? new SheetColumns(null, place) : null
  let part: SheetRow[] = []
  let [top, given] = [0, 0]
  /** Rows of the sheet above which all have been given or counted as blank; sheets leave blank ones out. */
  let [last, blank, firstBlank] = [0, 0, 0]
  for await (const { row, cells } of rows) {
    if (columns === null) {
      if (header !== undefined && row < header) continue
      columns = new SheetColumns(cells, place)
      top = last = row
      continue
    }
    if (last > 0 && row > last + 1) {
      if (blank === 0) firstBlank = last + 1
      blank += row - last - 1
    }
    last = row
    part.push({ row, cells })
    columns.add(cells, row)
    const most = given === 0 ? FIRST_ROWS : CHUNK_ROWS
    if (part.length < most && part.length * columns.size < CHUNK_CELLS) continue
    given += part.length
    yield columns.chunk(part)
    part = []
  }
  if (blank > 0)
    said({
      severity: 'note',
      message: `${counted(blank, 'blank row was', 'blank rows were')} left out of the sheet "${sheet}", row ${firstBlank} of it first.`,
      hint: 'Nothing is lost: rows keep the numbers that they have in the sheet.',
      kind: 'blank_rows',
      count: blank,
    })
  if (columns !== null && part.length > 0) yield columns.chunk(part)
  else if (given === 0)
    fail('bad_data', `The sheet "${sheet}" of ${file} has no rows below its names.`, 'Add rows.', {
      file,
      sheet,
      row: top,
    })
}

/** Columns with a name or with something in them. */
class SheetColumns {
  readonly #names = new Map<number, string>()
  readonly #taken = new Set<string>()
  readonly #place: Place

  constructor(header: ReadonlyMap<number, Cell> | null, place: Place) {
    this.#place = place
    for (const [at, cell] of header ?? []) {
      const name = String(plain(cell) ?? '').trim()
      if (name !== '') this.#add(at, name)
    }
  }

  get size(): number {
    return this.#names.size
  }

  /** Makes columns for what has no name. @param row of the sheet, from 1 */
  add(cells: ReadonlyMap<number, Cell>, row: number): void {
    const { file } = this.#place
    for (const [at, cell] of cells) {
      if (!this.#names.has(at) && !isEmpty(cell)) this.#add(at, `column ${lettersOf(at)}`)
      if (typeof cell === 'string') checkCell(cell.length, file, row, this.#names.get(at) ?? lettersOf(at))
    }
    checkWidth(this.#names, row, file)
  }

  chunk(rows: readonly SheetRow[]): Chunk {
    const columns = [...this.#names].sort(([a], [b]) => a - b)
    return {
      rows: rows.length,
      columns: columns.map(([at, name]) => ({ name, values: rows.map(({ cells }) => plain(cells.get(at))) })),
      numbers: rows.map(({ row }) => row),
    }
  }

  #add(at: number, name: string): void {
    const { file, sheet } = this.#place
    checkName(name, file)
    if (this.#taken.has(name))
      fail(
        'bad_data',
        `The sheet "${sheet}" of ${file} has two columns named "${name}".`,
        'Rename one of them.',
        { file, sheet, column: name },
      )
    this.#taken.add(name)
    this.#names.set(at, name)
  }
}

function isFilled(cells: ReadonlyMap<number, Cell>): boolean {
  for (const cell of cells.values()) if (!isEmpty(cell)) return true
  return false
}

function isEmpty(cell: Cell | undefined): boolean {
  return cell === null || cell === undefined || (typeof cell === 'string' && cell.trim() === '')
}

function plain(cell: Cell | undefined): string | number | boolean | null {
  if (cell === null || cell === undefined || cell === '') return null
  if (!(cell instanceof Date)) return cell
  if (Number.isNaN(cell.getTime())) return null
  const text = cell.toISOString()
  return TEXT_DATE.test(text) ? text.slice(0, 10) : shortSeconds(text.slice(0, -1))
}
