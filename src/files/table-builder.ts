import {
  Bool,
  type Data,
  type DataType,
  Field,
  Float64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
} from 'apache-arrow'
import { JSON_MARK } from './table.ts'

/** Consecutive rows as columns; all columns have `rows` cells. */
export interface Chunk {
  rows: number
  columns: { name: string; values: readonly unknown[] | TextCells }[]
  /** [rows] what the file calls its rows, where it numbers them. */
  numbers?: readonly number[]
}

/** Cells of text as Arrow keeps them. Without `present`, an empty cell is a missing one. */
export class TextCells {
  /** Cell i is `bytes[offsets[i], offsets[i + 1])`, UTF-8. */
  readonly bytes: Uint8Array
  /** rows + 1 ascending numbers. */
  readonly offsets: Int32Array
  /** A bit a row, the lowest first. */
  readonly present: Uint8Array | null

  constructor(bytes: Uint8Array, offsets: Int32Array, present: Uint8Array | null = null) {
    this.bytes = bytes
    this.offsets = offsets
    this.present = present
  }

  isMissing(row: number): boolean {
    if (this.present) return !(this.present[row >> 3]! & (1 << (row & 7)))
    return this.offsets[row] === this.offsets[row + 1]
  }
}

/**
 * What a column's cells of one chunk are. `digits` are whole numbers of which some are too large for a double, as text;
 * `json` is anything that no simpler kind holds.
 */
type Kind = 'empty' | 'text' | 'number' | 'digits' | 'boolean' | 'json'

interface Piece {
  kind: Kind
  rows: number
  data: Data | null
}

/** Chunks of many small files, which are put together; the others are as large as readers make them. */
const SMALL_ROWS = 1024
const SMALL_BYTES = 64 << 10
const RUN_ROWS = 65_536
const RUN_BYTES = 8 << 20

/**
 * Puts chunks together to one Arrow table, a record batch each, so that nothing is held twice; small ones share one. A column
 * keeps a type as long as all chunks agree on it; where they do not, its cells become JSON text (marked in the field, see
 * `table.ts`), and every value comes back as it was. Whole numbers beyond 2^53 make their column text.
 */
export class TableBuilder {
  readonly #columns = new Map<string, Piece[]>()
  readonly #rows: number[] = []
  /** Bytes of each chunk. */
  readonly #bytes: number[] = []
  #total = 0
  #allBytes = 0

  get rows(): number {
    return this.#total
  }

  get chunks(): number {
    return this.#rows.length
  }

  /** Bytes that the rows so far take. */
  get bytes(): number {
    return this.#allBytes
  }

  append(chunk: Chunk): void {
    const { rows } = chunk
    if (rows === 0) return
    for (const { name, values } of chunk.columns) {
      let pieces = this.#columns.get(name)
      if (!pieces) {
        pieces = this.#rows.map((before) => nothing(before))
        this.#columns.set(name, pieces)
      }
      pieces.push(values instanceof TextCells ? fromCells(values, rows) : fromValues(values))
    }
    this.#rows.push(rows)
    this.#total += rows
    let bytes = 0
    for (const pieces of this.#columns.values()) {
      if (pieces.length < this.#rows.length) pieces.push(nothing(rows))
      const last = pieces.at(-1)!
      // What is missing takes offsets all the same.
      bytes += last.data?.byteLength ?? last.rows * 4
    }
    this.#bytes.push(bytes)
    this.#allBytes += bytes
  }

  /** Forgets the rows of all chunks but the first `chunks`, and the columns that only they had. */
  rollback(chunks: number): void {
    for (const [name, pieces] of this.#columns) {
      pieces.length = chunks
      if (pieces.every(({ kind }) => kind === 'empty')) this.#columns.delete(name)
    }
    this.#rows.length = chunks
    this.#bytes.length = chunks
    this.#allBytes = this.#bytes.reduce((sum, bytes) => sum + bytes, 0)
    this.#total = this.#rows.reduce((sum, rows) => sum + rows, 0)
  }

  /** All rows so far. More may be appended afterwards. */
  table(): Table {
    const columns = Array.from(this.#columns, ([name, pieces]) => ({ name, ...unify(pieces) }))
    const schema = new Schema(
      columns.map(
        ({ name, type, json }) => new Field(name, type, true, new Map(json ? [[JSON_MARK, '1']] : [])),
      ),
    )
    const batches = this.#runs().map(([start, end]) => {
      const children = columns.map(({ data }) => together(data.slice(start, end)))
      const rows = this.#rows.slice(start, end).reduce((sum, each) => sum + each, 0)
      return new RecordBatch(
        schema,
        makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children }),
      )
    })
    return new Table(schema, batches)
  }

  /** Chunks `[start, end)` that become a record batch each: whatever is asked of a table takes its time for every batch. */
  #runs(): [start: number, end: number][] {
    const runs: [number, number][] = []
    let [rows, bytes] = [0, 0]
    for (let i = 0; i < this.#rows.length; i++) {
      const run = runs.at(-1)
      const fits = rows + this.#rows[i]! <= RUN_ROWS && bytes + this.#bytes[i]! <= RUN_BYTES
      if (run && fits && this.#isSmall(i) && this.#isSmall(i - 1)) run[1] = i + 1
      else {
        runs.push([i, i + 1])
        ;[rows, bytes] = [0, 0]
      }
      rows += this.#rows[i]!
      bytes += this.#bytes[i]!
    }
    return runs
  }

  #isSmall(chunk: number): boolean {
    return this.#rows[chunk]! < SMALL_ROWS && this.#bytes[chunk]! < SMALL_BYTES
  }
}

/** Pieces of one column, of one type, as one. */
function together(pieces: readonly Data[]): Data {
  if (pieces.length === 1) return pieces[0]!
  const values = pieces.flatMap((data) => Array.from({ length: data.length }, (_, i) => valueAt(data, i)))
  const { type } = pieces[0]!
  if (type instanceof Utf8) return textData(values as (string | null)[])
  return fixedData(type instanceof Float64 ? 'number' : 'boolean', values)
}

function nothing(rows: number): Piece {
  return { kind: 'empty', rows, data: null }
}

/** One type for all pieces of a column. */
function unify(pieces: readonly Piece[]): { type: DataType; json: boolean; data: Data[] } {
  const kinds = new Set(pieces.map(({ kind }) => kind))
  kinds.delete('empty')
  const exact = kinds.has('digits') && [...kinds].every((kind) => kind === 'digits' || kind === 'number')
  const kind = exact ? 'text' : kinds.size > 1 ? 'json' : ([...kinds][0] ?? 'text')
  const type = kind === 'number' ? new Float64() : kind === 'boolean' ? new Bool() : new Utf8()
  const data = pieces.map((piece) => {
    if (piece.data === null) return empty(type, piece.rows)
    if (piece.kind === kind || (exact && piece.kind === 'digits')) return piece.data
    const values = Array.from({ length: piece.rows }, (_, i) => valueAt(piece.data!, i))
    if (exact) return textData(values.map((value) => (value === null ? null : String(value))))
    return textData(values.map((value) => (value === null ? null : JSON.stringify(value))))
  })
  return { type, json: kind === 'json', data }
}

function fromCells(cells: TextCells, rows: number): Piece {
  const { offsets, bytes } = cells
  const validity = new Uint8Array((rows + 7) >> 3)
  let missing = 0
  for (let i = 0; i < rows; i++)
    if (cells.isMissing(i)) missing++
    else validity[i >> 3]! |= 1 << (i & 7)
  if (missing === rows) return nothing(rows)
  return { kind: 'text', rows, data: utf8Data(rows, missing, validity, offsets, bytes) }
}

function fromValues(values: readonly unknown[]): Piece {
  const rows = values.length
  const kind = kindOf(values)
  if (kind === 'empty') return nothing(rows)
  if (kind === 'number' || kind === 'boolean') return { kind, rows, data: fixedData(kind, values) }
  if (kind === 'text') return { kind, rows, data: textData(values as string[]) }
  const write = kind === 'digits' ? String : jsonOf
  const text = values.map((value) => (value === null || value === undefined ? null : write(value)))
  return { kind, rows, data: textData(text) }
}

function kindOf(values: readonly unknown[]): Kind {
  const seen = new Set<Kind>()
  for (const value of values) {
    if (value === null || value === undefined) continue
    const type = typeof value
    if (type === 'string') seen.add('text')
    else if (type === 'number') seen.add('number')
    else if (type === 'boolean') seen.add('boolean')
    else if (type === 'bigint') seen.add(isSafe(value as bigint) ? 'number' : 'digits')
    else return 'json'
  }
  if (seen.size === 2 && seen.has('digits') && seen.has('number')) return 'digits'
  return seen.size > 1 ? 'json' : ([...seen][0] ?? 'empty')
}

function isSafe(value: bigint): boolean {
  return value >= -9007199254740991n && value <= 9007199254740991n
}

/** What JSON has no form for: whole numbers beyond 2^53 become their digits. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? (isSafe(part) ? Number(part) : String(part)) : part,
  )
}

function textData(values: readonly (string | null | undefined)[]): Data {
  const rows = values.length
  const validity = new Uint8Array((rows + 7) >> 3)
  const offsets = new Int32Array(rows + 1)
  let units = 0
  for (const value of values) units += value?.length ?? 0
  // A UTF-16 unit takes at most three bytes of UTF-8; most text is Latin, so room is made as it is needed.
  let bytes = new Uint8Array(units + (units >> 3) + 64)
  let [end, missing] = [0, 0]
  for (let i = 0; i < rows; i++) {
    const value = values[i]
    if (value === null || value === undefined) missing++
    else {
      validity[i >> 3]! |= 1 << (i & 7)
      if (bytes.length - end < value.length * 3) bytes = grown(bytes, end, value.length * 3)
      end += encoder.encodeInto(value, bytes.subarray(end)).written
    }
    offsets[i + 1] = end
  }
  return utf8Data(rows, missing, validity, offsets, bytes.subarray(0, end))
}

function grown(bytes: Uint8Array<ArrayBuffer>, used: number, wanted: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes.length * 1.5, used + wanted))
  larger.set(bytes.subarray(0, used))
  return larger
}

const encoder = new TextEncoder()

function utf8Data(
  length: number,
  nullCount: number,
  nullBitmap: Uint8Array,
  valueOffsets: Int32Array,
  data: Uint8Array,
): Data {
  return makeData({ type: new Utf8(), length, nullCount, nullBitmap, valueOffsets, data })
}

function fixedData(kind: 'number' | 'boolean', values: readonly unknown[]): Data {
  const length = values.length
  const nullBitmap = new Uint8Array((length + 7) >> 3)
  const numbers = new Float64Array(kind === 'number' ? length : 0)
  const bits = new Uint8Array(kind === 'boolean' ? (length + 7) >> 3 : 0)
  let nullCount = 0
  for (let i = 0; i < length; i++) {
    const value = values[i]
    // Programs that know no missing numbers write NaN for them.
    if (value === null || value === undefined || Number.isNaN(value)) {
      nullCount++
      continue
    }
    nullBitmap[i >> 3]! |= 1 << (i & 7)
    if (kind === 'number') numbers[i] = Number(value)
    else if (value) bits[i >> 3]! |= 1 << (i & 7)
  }
  return kind === 'number'
    ? makeData({ type: new Float64(), length, nullCount, nullBitmap, data: numbers })
    : makeData({ type: new Bool(), length, nullCount, nullBitmap, data: bits })
}

/** A column's piece in which every row is missing. */
function empty(type: DataType, length: number): Data {
  const nullBitmap = new Uint8Array((length + 7) >> 3)
  if (type instanceof Float64)
    return makeData({ type, length, nullCount: length, nullBitmap, data: new Float64Array(length) })
  if (type instanceof Bool)
    return makeData({ type, length, nullCount: length, nullBitmap, data: new Uint8Array(nullBitmap.length) })
  return utf8Data(length, length, nullBitmap, new Int32Array(length + 1), new Uint8Array(0))
}

function valueAt(data: Data, row: number): unknown {
  if (data.nullBitmap.length > 0 && !(data.nullBitmap[row >> 3]! & (1 << (row & 7)))) return null
  if (data.type instanceof Utf8)
    return decoder.decode(data.values.subarray(data.valueOffsets[row], data.valueOffsets[row + 1]))
  if (data.type instanceof Float64) return data.values[row]
  return (data.values[row >> 3] & (1 << (row & 7))) !== 0
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
