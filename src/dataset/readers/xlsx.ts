import type { Chunk } from '../../files/table-builder.ts'
import type { Cell, SheetRow } from '../../files/xlsx/sheet.ts'
import type { Workbook } from '../../files/xlsx/workbook.ts'
import { fail } from '../../protocol/errors.ts'
import { beginsWith } from './files.ts'
import { guarded } from './guard.ts'
import type { DataFile, ReadContext, Reader } from './reader.ts'

const FIRST_ROWS = 100
const CHUNK_ROWS = 16_384
const WHAT = 'Excel workbook'
const TEXT_DATE = /T00:00:00\.000Z$/

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
  const source = await file.source(signal)
  const { openWorkbook } = await import('../../files/xlsx/workbook.ts')
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
  yield* toChunks(rowsOf(book, wanted, name), name, wanted)
}

async function isFilledSheet(book: Workbook, sheet: string, file: string): Promise<boolean> {
  for await (const { cells } of rowsOf(book, sheet, file)) if (isFilled(cells)) return true
  return false
}

/** Rows of a sheet one by one; whatever is wrong with them says after which row. */
async function* rowsOf(book: Workbook, sheet: string, file: string): AsyncIterable<SheetRow> {
  const batches = book.rows(sheet)[Symbol.asyncIterator]()
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

async function* toChunks(rows: AsyncIterable<SheetRow>, file: string, sheet: string): AsyncIterable<Chunk> {
  let columns: SheetColumns | null = null
  let part: Cell[][] = []
  let [top, given] = [0, 0]
  for await (const { row, cells } of rows) {
    if (!isFilled(cells)) continue
    if (columns === null) {
      columns = new SheetColumns(cells, file, sheet)
      top = row
      continue
    }
    part.push(cells)
    if (part.length < (given === 0 ? FIRST_ROWS : CHUNK_ROWS)) continue
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

/** Columns with a name or with something in them. */
class SheetColumns {
  readonly #names = new Map<number, string>()
  readonly #file: string
  readonly #sheet: string

  constructor(header: readonly Cell[], file: string, sheet: string) {
    this.#file = file
    this.#sheet = sheet
    for (const [at, cell] of header.entries()) {
      const name = String(plain(cell) ?? '').trim()
      if (name !== '') this.#add(at, name)
    }
  }

  chunk(rows: readonly Cell[][]): Chunk {
    for (const cells of rows)
      for (let at = 0; at < cells.length; at++)
        if (!this.#names.has(at) && !isEmpty(cells[at])) this.#add(at, `column ${letters(at)}`)
    const columns = [...this.#names].sort(([a], [b]) => a - b)
    return {
      rows: rows.length,
      columns: columns.map(([at, name]) => ({ name, values: rows.map((cells) => plain(cells[at])) })),
    }
  }

  #add(at: number, name: string): void {
    if ([...this.#names.values()].includes(name))
      fail(
        'bad_data',
        `The sheet "${this.#sheet}" of ${this.#file} has two columns named "${name}".`,
        'Rename one of them.',
        { file: this.#file, sheet: this.#sheet, column: name },
      )
    this.#names.set(at, name)
  }
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
