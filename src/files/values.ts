/** Values of typed formats (Parquet, Arrow) as the plain ones that tables hold: text, numbers, lists, objects, null. */

/** `YYYY-MM-DD` of a day counted from 1970-01-01. */
export function dayText(days: number): string | null {
  const date = new Date(days * 86_400_000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, -14)
}

/**
 * ISO 8601 of a moment, exact to its unit, with no more decimals of a second than it has.
 * @param count units since 1970-01-01, of which `perSecond` make a second
 * @param zoned whether it is a moment in time (`Z`), not a time on the wall
 */
export function momentText(count: bigint, perSecond: bigint, zoned: boolean): string | null {
  const fraction = ((count % perSecond) + perSecond) % perSecond
  const date = new Date(Number((count - fraction) / perSecond) * 1000)
  if (Number.isNaN(date.getTime())) return null
  return `${date.toISOString().slice(0, -5)}${decimals(fraction, perSecond)}${zoned ? 'Z' : ''}`
}

/** Without the zeros that a part of a second ends with, and without the point where nothing is left. */
export function shortSeconds(text: string): string {
  return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
}

/** `HH:MM:SS` with decimals, of a time of day. */
export function timeText(count: bigint, perSecond: bigint): string {
  const seconds = Number(count / perSecond)
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60]
  const text = parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')
  return text + decimals(count % perSecond, perSecond)
}

function decimals(fraction: bigint, perSecond: bigint): string {
  if (fraction === 0n) return ''
  const digits = String(fraction).padStart(String(perSecond).length - 1, '0')
  return `.${digits.replace(/0+$/, '')}`
}

/** A decimal number with all its digits: 12345 of scale 2 is `123.45`. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** A whole number in two's complement. */
export function signedInteger(bytes: Uint8Array, order: 'big' | 'little'): bigint {
  let value = 0n
  for (let i = 0; i < bytes.length; i++)
    value = (value << 8n) | BigInt(bytes[order === 'big' ? i : bytes.length - 1 - i]!)
  return bytes.length > 0 ? BigInt.asIntN(8 * bytes.length, value) : 0n
}

/** Bytes that are UTF-8 text as that, others, and those with a zero in them, as base64. */
export function bytesText(bytes: Uint8Array): string {
  try {
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // They are no text.
  }
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

/** An object where all keys are text and no two the same; else pairs of key and value, so that none is lost. */
export function mapOf(entries: [unknown, unknown][]): unknown {
  const keys = new Set(entries.map(([key]) => key))
  const isObject = keys.size === entries.length && entries.every(([key]) => typeof key === 'string')
  return isObject ? Object.fromEntries(entries) : entries
}

export function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** A number of 16 bits (IEEE 754), little-endian. */
export function halfNumber(bytes: Uint8Array): number {
  const bits = bytes[0]! | (bytes[1]! << 8)
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  const size =
    exponent === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25)
  return bits >> 15 ? -size : size
}
