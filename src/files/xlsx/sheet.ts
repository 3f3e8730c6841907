import { type SharedStrings, unescaped } from './shared-strings.ts'
import { dateOfSerial } from './styles.ts'
import { attribute, parseXml } from './xml.ts'

export type Cell = string | number | boolean | Date | null

export interface SheetRow {
  /** As Excel counts, from 1. */
  row: number
  /** By column; there may be holes, and none behind the last that holds something. */
  cells: Cell[]
}

export interface SheetContext {
  strings: SharedStrings
  /** By style, whether it shows dates. */
  dates: readonly boolean[]
  from1904: boolean
}

/** More columns than Excel has are no sheet. */
const MOST_COLUMNS = 16_384

interface RawCell {
  column: number
  type: string
  style: number
  value: string | null
  inline: string | null
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
    if (!(last < 2 ** 32)) throw new Error(`text ${last} in row ${raw[0]?.row}`)
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
        if (!(Number.isInteger(given) && given > row)) throw new Error(`row ${given} after row ${row}`)
        row = given
        cells = []
      } else if (name === 'c') {
        const column = columnOf(attribute(attributes, 'r'), (cells.at(-1)?.column ?? -1) + 1)
        if (!(column < MOST_COLUMNS)) throw new Error(`row ${row} with more than ${MOST_COLUMNS} columns`)
        cell = {
          column,
          type: attributes.t ?? 'n',
          style: Number(attributes.s ?? -1),
          value: null,
          inline: null,
        }
      } else if (cell) {
        if (name === 'v') [into, cell.value] = ['value', '']
        else if (name === 'is') cell.inline = ''
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
      if (cell && into) cell[into] = (cell[into] ?? '') + part
    },
  }
}

/** `AB12` is column 27, from 0. */
function columnOf(place: string | undefined, next: number): number {
  const letters = /^[A-Za-z]{1,3}/.exec(place ?? '')?.[0].toUpperCase()
  if (letters === undefined) return next
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

function valuesOf(cells: readonly RawCell[], row: number, context: SheetContext): Cell[] {
  const values: Cell[] = []
  for (const cell of cells) {
    const value = cellValue(cell, row, context)
    if (value === null) continue
    while (values.length < cell.column) values.push(null)
    values[cell.column] = value
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
    case 'd': {
      const date = new Date(/[zZ]|[+-]\d\d:\d\d$/.test(value) || !value.includes('T') ? value : `${value}Z`)
      return Number.isNaN(date.getTime()) ? wrong(value, row, column) : date
    }
    case 'n': {
      const number = Number(value)
      if (Number.isNaN(number)) return wrong(value, row, column)
      return context.dates[style] === true ? dateOfSerial(number, context.from1904) : number
    }
    default:
      return wrong(type, row, column)
  }
}

function wrong(found: string, row: number, column: number): never {
  throw new Error(`"${found.slice(0, 40)}" in row ${row}, column ${column + 1} is no value of a cell`)
}
