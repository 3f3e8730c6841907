import { formatCount, formatNumber, formatWhole, useNumbers } from './numbers.ts'
import { t } from './t.ts'

export { formatCount, formatNumber }

/** Numbers as people read them. Every function names the unit of what it takes. */

let large = [0, 1].map((digits) => compact('en', digits))
/** English is what a page says by itself: its reader's own manner of dates then. */
let day = dates(undefined)

/** From here on numbers, sizes and dates are written as in this language: `en` until this is called. */
export function useFormats(tag: string): void {
  useNumbers(tag)
  large = [0, 1].map((digits) => compact(tag, digits))
  day = dates(tag)
}

function compact(tag: string, maximumFractionDigits: number): Intl.NumberFormat {
  return new Intl.NumberFormat(tag, { notation: 'compact', compactDisplay: 'long', maximumFractionDigits })
}

function dates(tag: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' })
}

/** "1.2 million", "270 million", "1 billion" for sizes of models; "2.7億" where one counts by ten thousands. */
export function formatLarge(value: number): string {
  if (value < 1e6) return formatWhole(value)
  // 270 million needs no tenth in English; 2.7億 does in Chinese. Of billions the tenth is always said.
  const whole = value >= 1e7 && value < 1e9 && large[0]!.resolvedOptions().locale.startsWith('en')
  return large[whole ? 0 : 1]!.format(value)
}

/**
 * A number as people type it: 0.00001, 1e-5, 1E-5, .5, 0,5 (decimal comma), 10^-5, 2x10^-5, 5 %. NaN where it is none.
 */
export function parseNumber(text: string): number {
  let body = text.trim().replace(/[\s_]/g, '').replace('−', '-')
  if (body === '') return Number.NaN
  let factor = 1
  if (body.endsWith('%')) {
    body = body.slice(0, -1)
    factor = 0.01
  }
  if (/^[^.,]*,[^.,]*$/.test(body)) body = body.replace(',', '.')
  const power = /^(?:([+-]?[\d.]+)[x×*])?10\^([+-]?\d+)$/i.exec(body)
  if (power) body = `${power[1] ?? '1'}e${power[2]}`
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(body) ? Number(body) * factor : Number.NaN
}

/** Loss in nats: 2.345, 0.0123, and 0.00012 where four digits behind the point would hide it. */
export function formatLoss(nats: number): string {
  if (!Number.isFinite(nats)) return '—'
  if (nats > 0 && nats < 0.001) return String(Number(nats.toPrecision(2)))
  return nats.toFixed(nats < 0.1 ? 4 : 3)
}

/** A figure without a unit of its own, such as a perplexity, in three digits: 1.02, 25,900. */
export function formatFigure(value: number): string {
  return formatCount(Number(value.toPrecision(3)))
}

/** A share of 1 as per cent. */
export function formatShare(share: number, digits = 0): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(digits)}%` : '—'
}

/** Decimal units, as disks and browsers count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${trim(bytes / 1e3, 0)} kB`
  if (bytes < 1e9) return `${trim(bytes / 1e6, bytes < 1e7 ? 1 : 0)} MB`
  return `${trim(bytes / 1e9, 1)} GB`
}

/** "8 s", "1 min 20 s", "2 h 5 min"; seconds are dropped where they no longer matter. `time` in seconds. */
export function formatDuration(time: number): string {
  if (!Number.isFinite(time)) return '—'
  const whole = Math.max(0, Math.round(time))
  if (whole < 60) return t('format.seconds', { seconds: whole })
  const minutes = Math.floor(whole / 60)
  const seconds = whole % 60
  if (minutes < 10 && seconds > 0) return t('format.minutesSeconds', { minutes, seconds })
  const rounded = Math.round(whole / 60)
  if (rounded < 60) return t('format.minutes', { minutes: rounded })
  const hours = Math.floor(rounded / 60)
  return rounded % 60 === 0
    ? t('format.hours', { hours })
    : t('format.hoursMinutes', { hours, minutes: rounded % 60 })
}

/** "3.2 ms", "85 µs": what is shorter than a second. */
export function formatBrief(seconds: number): string {
  if (seconds >= 1) return t('format.seconds', { seconds: String(trim(seconds, 2)) })
  return seconds >= 1e-3 ? `${trim(seconds * 1e3, 2)} ms` : `${trim(seconds * 1e6, 1)} µs`
}

/** "1.2 TFLOP/s": calculations a second. */
export function formatFlops(perSecond: number): string {
  if (perSecond >= 1e12) return `${trim(perSecond / 1e12, 2)} TFLOP/s`
  return `${trim(perSecond / 1e9, perSecond >= 1e10 ? 0 : 2)} GFLOP/s`
}

export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '—'
  return perSecond < 10 ? trim(perSecond, 1) : formatWhole(perSecond)
}

/** A moment in milliseconds since 1970, in the reader's own manner. */
export function formatTime(milliseconds: number): string {
  return day.format(milliseconds)
}

/** A language as its own speakers write it. */
export const nameOfLanguage = (tag: string): string =>
  new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)))
}
