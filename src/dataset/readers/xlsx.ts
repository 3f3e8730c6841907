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
 * Excel workbooks (.xlsx, .xlsm), one sheet of them, the first row that is not empty as names (`headerRow` for another). Dates become
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
  for (const sheet of book.sheets) if (await isFilledSheet(book, sheet, name)) filled.push(sheet)
  const wanted = options.sheet ?? filled[0]
  if (wanted === undefined || !book.sheets.includes(wanted))
    fail(
      'bad_data',
      wanted === undefined
        ? `The workbook ${name} is empty.`
        : `The workbook ${name} has no sheet "${wanted}".`,
      wanted === undefined ? 'Choose one with rows.' : `Choose one of: ${all}.`,
      { file: name },
    )
  if (filled.length > 1)
    context.finding({
      severity: 'note',
      message: `The workbook has ${filled.length} sheets with something in them (${all}); "${wanted}" was read.`,
      hint: 'To learn from another one, move it to the front or save it as a file of its own.',
    })
  const odd = noOddCells()
  yield* toChunks(rowsOf(book, wanted, name, odd), {
    file: name,
    sheet: wanted,
    header: options.headerRow,
    said: (finding) => context.finding(finding),
  })
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

async function isFilledSheet(book: Workbook, sheet: string, file: string): Promise<boolean> {
  for await (const { cells } of rowsOf(book, sheet, file)) if (isFilled(cells)) return true
  return false
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

interface Place {
  file: string
  sheet: string
  /** Row with the names, 0 where there is none, undefined for the first that is not empty. */
  header: number | undefined
  said: (finding: Finding) => void
}

async function* toChunks(rows: AsyncIterable<SheetRow>, place: Place): AsyncIterable<Chunk> {
  const { file, sheet, header } = place
  let columns: SheetColumns | null = header === 0 ? new SheetColumns(null, place) : null
  let part: Map<number, Cell>[] = []
  let [top, given] = [0, 0]
  for await (const { row, cells } of header === undefined ? withoutTitle(rows, place) : rows) {
    if (!isFilled(cells)) continue
    if (columns === null) {
      if (header !== undefined && row < header) continue
      columns = new SheetColumns(cells, place)
      top = row
      continue
    }
    part.push(cells)
    columns.add(cells, given + part.length)
    const most = given === 0 ? FIRST_ROWS : CHUNK_ROWS
    if (part.length < most && part.length * columns.size < CHUNK_CELLS) continue
    given += part.length
    yield columns.chunk(part)
    part = []
  }
  if (columns !== null && part.length > 0) yield columns.chunk(part)
  else if (given === 0)
    fail('bad_data', `The sheet "${sheet}" of ${file} has no rows below its names.`, 'Add rows.', {
      file,
      sheet,
      row: top,
    })
}

/** Cells that the row below a title has at the least. */
const LEAST_NAMES = 3

/** The rows, but for a first one of a single text above one of several texts: a title, which a finding tells of. */
async function* withoutTitle(rows: AsyncIterable<SheetRow>, place: Place): AsyncIterable<SheetRow> {
  let first: SheetRow | null = null
  let decided = false
  for await (const row of rows) {
    if (decided || !isFilled(row.cells)) {
      yield row
      continue
    }
    if (first === null) {
      const alone = filledOf(row.cells).length === 1
      if (alone) first = row
      else {
        decided = true
        yield row
      }
      continue
    }
    decided = true
    const names = filledOf(row.cells)
    // Where two are the same, the columns could not be told apart.
    const differ = new Set(names.map((cell) => String(cell).trim())).size === names.length
    if (differ && names.length >= LEAST_NAMES && names.every((cell) => typeof cell === 'string')) {
      place.said({
        severity: 'warning',
        message: `Row ${first.row} of the sheet "${place.sheet}" was taken for a title and left out: "${String(filledOf(first.cells)[0]).slice(0, 80)}".`,
        hint: 'If the names of the columns stand in another row, say in which: the header row.',
        kind: 'title_lines',
        count: 1,
      })
    } else yield first
    yield row
  }
  if (first !== null && !decided) yield first
}

function filledOf(cells: ReadonlyMap<number, Cell>): Cell[] {
  return [...cells.values()].filter((cell) => !isEmpty(cell))
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

  /** Makes columns for what has no name. @param row of the rows below the names, from 1 */
  add(cells: ReadonlyMap<number, Cell>, row: number): void {
    const { file } = this.#place
    for (const [at, cell] of cells) {
      if (!this.#names.has(at) && !isEmpty(cell)) this.#add(at, `column ${lettersOf(at)}`)
      if (typeof cell === 'string') checkCell(cell.length, file, row, this.#names.get(at) ?? lettersOf(at))
    }
    checkWidth(this.#names, row, file)
  }

  chunk(rows: readonly ReadonlyMap<number, Cell>[]): Chunk {
    const columns = [...this.#names].sort(([a], [b]) => a - b)
    return {
      rows: rows.length,
      columns: columns.map(([at, name]) => ({ name, values: rows.map((cells) => plain(cells.get(at))) })),
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
