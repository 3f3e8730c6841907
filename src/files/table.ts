import {
  Bool,
  type Data,
  type DataType,
  Field,
  Float64,
  Schema,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'

/**
 * Rows of any kind as an Arrow table. Columns of text, numbers or truth values keep their type; anything else (lists,
 * objects, mixtures) is kept as JSON text, marked in the field's metadata, so that every value comes back as it was.
 */
export interface ColumnValues {
  name: string
  /** One value a row; null or undefined where it is missing. */
  values: unknown[]
}

export const JSON_MARK = 'lapidary.json'

export function makeTable(columns: readonly ColumnValues[]): Table {
  const encoded = columns.map(({ name, values }) => ({ name, ...encode(values) }))
  const fields = encoded.map(
    ({ name, type, json }) => new Field(name, type, true, new Map(json ? [[JSON_MARK, '1']] : [])),
  )
  const vectors = Object.fromEntries(
    encoded.map(({ name, type, values }) => [name, vectorFromArray(values as string[], type as Utf8)]),
  )
  return new Table(new Schema(fields), vectors)
}

/** Rows [offset, offset + count) as objects, of these columns where there are such; a missing value is null. */
export function tableRows(
  table: Table,
  offset = 0,
  count = table.numRows,
  columns: readonly string[] = columnNames(table),
): Record<string, unknown>[] {
  const end = Math.min(offset + count, table.numRows)
  const readers = columns.flatMap((name) => {
    const read = columnReader(table, name)
    return read ? [[name, read] as const] : []
  })
  return Array.from({ length: Math.max(0, end - offset) }, (_, i) =>
    Object.fromEntries(readers.map(([name, read]) => [name, read(offset + i)])),
  )
}

/** Reads one column by row; null where the table has no such column. */
export function columnReader(table: Table, name: string): ((row: number) => unknown) | null {
  const field = table.schema.fields.find((candidate) => candidate.name === name)
  const vector = field && table.getChild(name)
  if (!vector) return null
  if (!field.metadata.has(JSON_MARK)) return (row) => vector.get(row) ?? null
  return (row) => {
    const text = vector.get(row) as string | null
    return text === null ? null : JSON.parse(text)
  }
}

/**
 * Whether a row of a column surely holds a text that begins with a letter, digit or sign of ASCII: told by its first byte,
 * without making a string of it. Null for columns of another kind.
 */
export function plainTextTest(table: Table, name: string): ((row: number) => boolean) | null {
  const field = table.schema.fields.find((candidate) => candidate.name === name)
  const vector = field && table.getChild(name)
  if (!vector || field.metadata.has(JSON_MARK) || !(field.type instanceof Utf8)) return null
  const pieces = vector.data as readonly Data<Utf8>[]
  let [piece, start] = [0, 0]
  return (row) => {
    if (row < start) [piece, start] = [0, 0]
    while (row >= start + pieces[piece]!.length) start += pieces[piece++]!.length
    const data = pieces[piece]!
    const at = row - start
    if (data.nullCount > 0 && !data.getValid(at)) return false
    const begin = data.valueOffsets[at]!
    const byte = begin < data.valueOffsets[at + 1]! ? data.values[begin]! : 0
    return byte > 0x20 && byte < 0x7f
  }
}

export function columnNames(table: Table): string[] {
  return table.schema.fields.map((field) => field.name)
}

function encode(values: unknown[]): { type: DataType; values: unknown[]; json: boolean } {
  const known = values.map((value) => value ?? null)
  const all = (type: string) => known.every((value) => value === null || typeof value === type)
  if (all('string')) return { type: new Utf8(), values: known, json: false }
  if (all('boolean')) return { type: new Bool(), values: known, json: false }
  if (all('number')) return { type: new Float64(), values: known, json: false }
  const text = known.map((value) => (value === null ? null : JSON.stringify(value)))
  return { type: new Utf8(), values: text, json: true }
}
