import { Damaged, Unsupported } from '../damage.ts'
import { MAX_CELL_BYTES, MAX_COLUMNS } from '../limits.ts'
import { shortSeconds } from '../values.ts'
import { type SharedStrings, unescaped } from './shared-strings.ts'
import { dateOfSerial, type Shown, timeOfSerial } from './styles.ts'
import { attribute, parseXml } from './xml.ts'

export type Cell = string | number | boolean | Date | null

export interface SheetRow {
  /** As Excel counts, from 1. */
  row: number
  /** By column, from 0; those that hold something. */
  cells: Map<number, Cell>
}

/** Cells that hold no value of their own. */
export interface OddCells {
  /** Errors of formulas (`#N/A`), which are read as text. */
  errors: number
  /** Formulas without what they gave when the file was saved, which are read as nothing. */
  uncomputed: number
  /** The first of each, such as `#N/A in B14`. */
  firstError: string
  firstUncomputed: string
}

export interface SheetContext {
  strings: SharedStrings
  /** By style, whether and how it shows dates. */
  dates: readonly (Shown | null)[]
  from1904: boolean
  odd: OddCells
}

interface RawCell {
  column: number
  type: string
  style: number
  value: string | null
  inline: string | null
  formula: boolean
}

/**
 * Rows of a sheet in order, some at a time as its XML comes in. Rows of nothing are left out.
 * @throws Error where a cell cannot be read, with its place
 */
export async function* sheetRows(
  bytes: AsyncIterable<Uint8Array>,
  context: SheetContext,
): AsyncIterable<SheetRow[]> {
  const raw: { row: number; cells: RawCell[] }[] = []
  for await (const _ of parseXml(bytes, rowCollector(raw))) {
    const last = raw
      .flatMap(({ cells }) => cells.filter(({ type }) => type === 's').map(({ value }) => Number(value)))
      .reduce((most, index) => Math.max(most, index), -1)
    if (!(last < 2 ** 32)) throw new Damaged(`text ${last} in row ${raw[0]?.row}`)
    await context.strings.need(last + 1)
    if (raw.length > 0)
      yield raw.splice(0).map(({ row, cells }) => ({ row, cells: valuesOf(cells, row, context) }))
  }
}

function rowCollector(rows: { row: number; cells: RawCell[] }[]) {
  let row = 0
  let cells: RawCell[] = []
  let cell: RawCell | null = null
  let [into, aloud, data] = [null as 'value' | 'inline' | null, false, false]
  return {
    open(name: string, attributes: Record<string, string>) {
      if (name === 'sheetData') data = true
      if (!data) return
      if (name === 'row') {
        const given = Number(attribute(attributes, 'r') ?? row + 1)
        if (!(Number.isInteger(given) && given > row)) throw new Damaged(`row ${given} after row ${row}`)
        row = given
        cells = []
      } else if (name === 'c') {
        const column = columnOf(attribute(attributes, 'r'), (cells.at(-1)?.column ?? -1) + 1)
        if (!(column < MAX_COLUMNS)) throw new Damaged(`row ${row} with more than ${MAX_COLUMNS} columns`)
        cell = {
          column,
          type: attributes.t ?? 'n',
          style: Number(attributes.s ?? -1),
          value: null,
          inline: null,
          formula: false,
        }
      } else if (cell) {
        if (name === 'v') [into, cell.value] = ['value', '']
        else if (name === 'is') cell.inline = ''
        else if (name === 'f') cell.formula = true
        else if (name === 'rPh') aloud = true
        else if (name === 't' && cell.inline !== null && !aloud) into = 'inline'
      }
    },
    close(name: string) {
      if (name === 'sheetData') data = false
      else if (name === 'row' && data) rows.push({ row, cells })
      else if (name === 'c' && cell) {
        cells.push(cell)
        cell = null
      } else if (name === 'rPh') aloud = false
      else if (name === 'v' || name === 't') into = null
    },
    text(part: string) {
      if (!cell || !into) return
      const text = (cell[into] ?? '') + part
      cell[into] = text
      if (text.length > MAX_CELL_BYTES)
        throw new Unsupported(`a cell of more than ${MAX_CELL_BYTES >> 20} MB, ${placeOf(cell.column, row)}`)
    },
  }
}

/** `AB12` is column 27, from 0. */
function columnOf(place: string | undefined, next: number): number {
  const letters = /^[A-Za-z]{1,3}/.exec(place ?? '')?.[0].toUpperCase()
  if (letters === undefined) return next
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

/** A column as Excel counts: A to Z, AA ... */
export function lettersOf(column: number): string {
  return (
    (column >= 26 ? lettersOf(Math.floor(column / 26) - 1) : '') + String.fromCharCode(65 + (column % 26))
  )
}

function placeOf(column: number, row: number): string {
  return `in ${lettersOf(column)}${row}`
}

function valuesOf(cells: readonly RawCell[], row: number, context: SheetContext): Map<number, Cell> {
  const values = new Map<number, Cell>()
  const { odd } = context
  for (const cell of cells) {
    const value = cellValue(cell, row, context)
    if (value !== null) values.set(cell.column, value)
    if (cell.type === 'e' && value !== null) {
      if (odd.errors++ === 0) odd.firstError = `${value} ${placeOf(cell.column, row)}`
    } else if (cell.formula && value === null && cell.type !== 'str') {
      if (odd.uncomputed++ === 0) odd.firstUncomputed = placeOf(cell.column, row)
    }
  }
  return values
}

/** A formula counts as what it gave when the file was saved; one that never gave anything as nothing. */
function cellValue(
  { type, style, value, inline, column }: RawCell,
  row: number,
  context: SheetContext,
): Cell {
  if (type === 'inlineStr') return inline === null ? null : unescaped(inline)
  if (value === null || value === '') return null
  switch (type) {
    case 's': {
      const index = Number(value)
      return Number.isInteger(index) && index >= 0 ? context.strings.at(index) : wrong(value, row, column)
    }
    case 'str':
    case 'e':
      return unescaped(value)
    case 'b':
      return value === '1' || value === 'true'
        ? true
        : value === '0' || value === 'false'
          ? false
          : wrong(value, row, column)
    case 'd':
      return isoValue(value) ?? wrong(value, row, column)
    case 'n': {
      const number = Number(value)
      if (Number.isNaN(number)) return wrong(value, row, column)
      const shown = context.dates[style]
      if (!shown) return number
      if (shown === 'span') return timeOfSerial(number)
      // Less than a day is none, but where the calendar begins with the first day of 1904.
      const isTime = number >= 0 && number < 1 && (shown === 'time' || !context.from1904)
      return isTime ? timeOfSerial(number) : dateOfSerial(number, context.from1904)
    }
    default:
      return wrong(type, row, column)
  }
}

/** ISO 8601: a day, a moment, a time of day or a span; null where it is none. */
function isoValue(value: string): Cell {
  const time = /^T?(\d\d:\d\d(:\d\d(\.\d+)?)?)Z?$/.exec(value)?.[1]
  if (time !== undefined) return time.length === 5 ? `${time}:00` : shortSeconds(time)
  const span = /^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(value)
  if (span) {
    const [days, hours, minutes, seconds] = span.slice(2).map((part) => Number(part ?? 0))
    const serial = days! + hours! / 24 + minutes! / 1440 + seconds! / 86_400
    return timeOfSerial(span[1] ? -serial : serial)
  }
  const date = new Date(/[zZ]|[+-]\d\d:\d\d$/.test(value) || !value.includes('T') ? value : `${value}Z`)
  return Number.isNaN(date.getTime()) ? null : date
}

function wrong(found: string, row: number, column: number): never {
  throw new Damaged(`"${found.slice(0, 40)}" in row ${row}, column ${column + 1} is no value of a cell`)
}
