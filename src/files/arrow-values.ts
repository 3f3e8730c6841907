import {
  type Data,
  DataType,
  type Decimal,
  type Duration,
  type FixedSizeList,
  type Interval,
  IntervalUnit,
  type Time,
  type Timestamp,
  TimeUnit,
  Type,
  type Union,
  Vector,
} from 'apache-arrow'
import { Damaged } from './damage.ts'
import { bytesText, dayText, decimalText, mapOf, momentText, signedInteger, timeText } from './values.ts'

type Read = (row: number) => unknown

/**
 * Reads cells of one Arrow array as plain values: lists and objects for nested types, ISO text for dates and times (exact
 * to their unit), digits for decimals, text or base64 for bytes, bigint for whole numbers of 64 bits, null where missing.
 * @throws Error where offsets or indices point outside
 */
export function cellReader(data: Data): Read {
  const read = presentReader(data)
  return data.nullCount > 0 && !DataType.isUnion(data.type)
    ? (row) => (data.getValid(row) ? read(row) : null)
    : read
}

/**
 * Holds an array's buffers against its length, which apache-arrow does not.
 * @param length rows that the array must have; a nested one as many as are referred to, which its reader checks
 * @throws Error
 */
export function checkBuffers(data: Data, length = data.length): void {
  const { type, values, valueOffsets, nullBitmap } = data
  if (!(length < 2 ** 31)) throw new Damaged(`${length} rows`)
  if (data.length < length) throw new Damaged(`${data.length} of ${length} rows`)
  const stride = DataType.isDecimal(type)
    ? type.bitWidth / 32
    : DataType.isFixedSizeBinary(type)
      ? type.byteWidth
      : 1
  const rows = type.typeId === Type.Bool ? (length + 7) >> 3 : length * stride
  const hasValues =
    !isVariable(type) && data.children.length === 0 && !isView(type) && type.typeId !== Type.Null
  if (hasValues && (values?.length ?? 0) < rows) throw new Damaged(`values of ${rows} rows cut off`)
  if (isVariable(type) && length > 0 && (valueOffsets?.length ?? 0) <= length)
    throw new Damaged(`offsets of ${length} rows cut off`)
  if (data.nullCount > 0 && !DataType.isUnion(type) && nullBitmap && nullBitmap.length * 8 < length)
    throw new Damaged(`validity of ${length} rows cut off`)
  const inner = DataType.isStruct(type) ? length : DataType.isFixedSizeList(type) ? length * type.listSize : 0
  for (const child of data.children) checkBuffers(child, Math.max(inner, child.length))
}

function isView({ typeId }: DataType): boolean {
  return typeId === Type.Utf8View || typeId === Type.BinaryView || typeId === Type.Struct
}

function isVariable({ typeId }: DataType): boolean {
  return [
    Type.Utf8,
    Type.LargeUtf8,
    Type.Binary,
    Type.LargeBinary,
    Type.List,
    Type.LargeList,
    Type.Map,
  ].includes(typeId)
}

function presentReader(data: Data): Read {
  const { type } = data
  switch (type.typeId) {
    case Type.Null:
      return () => null
    case Type.Date:
      return dateReader(data)
    case Type.Timestamp: {
      const perSecond = unitsPerSecond((type as Timestamp).unit)
      const zoned = Boolean((type as Timestamp).timezone)
      return (row) => momentText(BigInt(data.values[row]), perSecond, zoned)
    }
    case Type.Time: {
      const perSecond = unitsPerSecond((type as Time).unit)
      return (row) => timeText(BigInt(data.values[row]), perSecond)
    }
    case Type.Duration: {
      const perSecond = Number(unitsPerSecond((type as Duration).unit))
      return (row) => Number(data.values[row]) / perSecond
    }
    case Type.Decimal:
      return decimalReader(data)
    case Type.Interval:
      return intervalReader(data)
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
    case Type.Map:
      return listReader(data)
    case Type.Struct:
      return structReader(data)
    case Type.Union:
      return unionReader(data)
    case Type.Dictionary:
      return dictionaryReader(data)
    default:
      return scalarReader(data)
  }
}

function scalarReader(data: Data): Read {
  const vector = new Vector([data])
  return (row) => {
    const value: unknown = vector.get(row)
    if (value instanceof Uint8Array) return bytesText(value)
    return ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value
  }
}

function dateReader(data: Data): Read {
  // Days, or milliseconds that may have a time of day.
  if (data.values instanceof Int32Array) return (row) => dayText(data.values[row])
  return (row) => {
    const count = BigInt(data.values[row])
    return count % 86_400_000n === 0n ? dayText(Number(count / 86_400_000n)) : momentText(count, 1000n, false)
  }
}

function decimalReader(data: Data): Read {
  const { scale, bitWidth } = data.type as Decimal
  const words = bitWidth / 32
  const values = data.values as Uint32Array
  return (row) => {
    const { buffer, byteOffset } = values
    const bytes = new Uint8Array(buffer, byteOffset + 4 * words * row, 4 * words)
    return decimalText(signedInteger(bytes, 'little'), scale)
  }
}

/** Spans of the calendar, whose parts have no common measure. */
function intervalReader(data: Data): Read {
  const { buffer, byteOffset } = data.values as Int32Array
  const view = new DataView(buffer, byteOffset)
  const part = (at: number) => view.getInt32(at, true)
  switch ((data.type as Interval).unit) {
    case IntervalUnit.YEAR_MONTH:
      return (row) => ({ months: part(4 * row) })
    case IntervalUnit.DAY_TIME:
      return (row) => ({ days: part(8 * row), milliseconds: part(8 * row + 4) })
    default:
      return (row) => ({
        months: part(16 * row),
        days: part(16 * row + 4),
        nanoseconds: Number(view.getBigInt64(16 * row + 8, true)),
      })
  }
}

/** Maps are lists of key and value; see `mapOf`. */
function listReader(data: Data): Read {
  const child = data.children[0]!
  const fixed = data.type.typeId === Type.FixedSizeList ? (data.type as FixedSizeList).listSize : 0
  const range = (row: number): [number, number] => {
    if (fixed) return [row * fixed, (row + 1) * fixed]
    return [Number(data.valueOffsets[row]), Number(data.valueOffsets[row + 1])]
  }
  const within = (row: number) => {
    const [start, end] = range(row)
    if (!(start >= 0 && start <= end && end <= child.length))
      throw new Damaged(`list of row ${row} out of range`)
    return [start, end] as const
  }
  if (data.type.typeId !== Type.Map) {
    const read = cellReader(child)
    return (row) => {
      const [start, end] = within(row)
      return Array.from({ length: end - start }, (_, i) => read(start + i))
    }
  }
  const [key, value] = child.children.map(cellReader) as [Read, Read]
  return (row) => {
    const [start, end] = within(row)
    const entries = Array.from({ length: end - start }, (_, i): [unknown, unknown] => [
      key(start + i),
      value(start + i),
    ])
    return mapOf(entries)
  }
}

function structReader(data: Data): Read {
  const fields = (data.type.children ?? []).map(
    ({ name }, i) => [name, cellReader(data.children[i]!)] as const,
  )
  return (row) => Object.fromEntries(fields.map(([name, read]) => [name, read(row)]))
}

function unionReader(data: Data): Read {
  const type = data.type as Union
  const readers = data.children.map(cellReader)
  const dense = data.valueOffsets?.length > 0
  return (row) => {
    const read = readers[type.typeIdToChildIndex[data.typeIds[row]!]!]
    if (!read) throw new Damaged(`union of row ${row} of unknown type`)
    return read(dense ? data.valueOffsets[row]! : row)
  }
}

function dictionaryReader(data: Data): Read {
  const words = (data.dictionary?.data ?? []).flatMap((part) => {
    const read = cellReader(part as Data)
    return Array.from({ length: part.length }, (_, i) => read(i))
  })
  return (row) => {
    const index = Number(data.values[row])
    if (!(index >= 0 && index < words.length)) throw new Damaged(`word ${index} of row ${row} out of range`)
    return words[index]
  }
}

function unitsPerSecond(unit: TimeUnit): bigint {
  return (
    10n **
    BigInt(
      {
        [TimeUnit.SECOND]: 0,
        [TimeUnit.MILLISECOND]: 3,
        [TimeUnit.MICROSECOND]: 6,
        [TimeUnit.NANOSECOND]: 9,
      }[unit],
    )
  )
}
