import type { SchemaElement } from 'hyparquet'
import { Unsupported } from './damage.ts'
import { parseJson } from './json-parse.ts'
import {
  bytesText,
  dayText,
  decimalText,
  halfNumber,
  momentText,
  signedInteger,
  timeText,
  uuidText,
} from './values.ts'

/** Makes of a stored value (number, bigint, bytes, text, truth value) what its type says. */
export type LeafType = (value: unknown) => unknown

const PER_SECOND = { MILLIS: 1000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n }

/**
 * How values of one type are read: dates and times as ISO text, decimals as their digits, bytes as text or base64.
 * Source: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
 * @throws Unsupported
 */
export function leafType(element: SchemaElement, path: readonly string[]): LeafType {
  const { converted_type: old, logical_type: logical } = element
  if (logical?.type === 'DECIMAL' || old === 'DECIMAL') {
    const scale = (logical?.type === 'DECIMAL' ? logical.scale : undefined) ?? element.scale ?? 0
    return (value) => decimalText(integerOf(value), scale)
  }
  if (logical?.type === 'TIME' || old === 'TIME_MILLIS' || old === 'TIME_MICROS') {
    const perSecond =
      PER_SECOND[logical?.type === 'TIME' ? logical.unit : old === 'TIME_MILLIS' ? 'MILLIS' : 'MICROS']
    return (value) => timeText(BigInt(value as number), perSecond)
  }
  if (logical?.type === 'TIMESTAMP' || old === 'TIMESTAMP_MILLIS' || old === 'TIMESTAMP_MICROS') {
    const of = logical?.type === 'TIMESTAMP' ? logical : null
    const perSecond = PER_SECOND[of ? of.unit : old === 'TIMESTAMP_MILLIS' ? 'MILLIS' : 'MICROS']
    return (value) => momentText(BigInt(value as bigint), perSecond, of?.isAdjustedToUTC ?? true)
  }
  if (element.type === 'INT96')
    return (value) => momentText(int96(value as Uint8Array), 1_000_000_000n, false)
  if (logical?.type === 'DATE' || old === 'DATE') return (value) => dayText(value as number)
  if (logical?.type === 'UUID') return (value) => uuidText(value as Uint8Array)
  if (logical?.type === 'FLOAT16') return (value) => halfNumber(value as Uint8Array)
  if (old === 'INTERVAL') return (value) => interval(value as Uint8Array)
  if (logical?.type === 'JSON' || old === 'JSON') return (value) => jsonOrText(bytesText(value as Uint8Array))
  if (logical?.type === 'BSON' || old === 'BSON')
    throw new Unsupported(`the column "${path.join('.')}" is of type BSON`)
  return (value) => (value instanceof Uint8Array ? bytesText(value) : value)
}

/** 1970-01-01 as days of Julius Scaliger's count. */
const JULIAN_EPOCH = 2_440_588n

/**
 * Nanoseconds since 1970 of days and nanoseconds, of which neither UTC nor a time zone is said. Some writers give days that were cut
 * towards 1970, and negative nanoseconds.
 */
function int96(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12)
  const days = BigInt(view.getInt32(8, true)) - JULIAN_EPOCH
  return days * 86_400_000_000_000n + view.getBigInt64(0, true)
}

function integerOf(value: unknown): bigint {
  return value instanceof Uint8Array ? signedInteger(value, 'big') : BigInt(value as number)
}

function interval(bytes: Uint8Array): Record<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12)
  const [months, days, milliseconds] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ]
  return { months, days, milliseconds }
}

function jsonOrText(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}
