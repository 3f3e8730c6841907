import { timeText } from '../values.ts'
import { parseWhole } from './xml.ts'

/** What a number is shown as: a day (perhaps with a time), a time of day, or hours that go on beyond 24. */
export type Shown = 'date' | 'time' | 'span'

/**
 * Number formats that every program has, and that show a date or a time (ECMA-376 part 1, 18.8.30). Of the East Asian ones some are
 * times in one language and days in another; as days, they still show a time where there is no day.
 */
const BUILT_IN: readonly [from: number, to: number, shown: Shown][] = [
  [14, 17, 'date'],
  [18, 21, 'time'],
  [22, 22, 'date'],
  [27, 31, 'date'],
  [32, 33, 'time'],
  [34, 36, 'date'],
  [45, 45, 'time'],
  [46, 46, 'span'],
  [47, 47, 'time'],
  [50, 58, 'date'],
  [71, 74, 'date'],
  [75, 76, 'time'],
  [77, 77, 'date'],
  [78, 78, 'time'],
  [79, 79, 'span'],
  [80, 80, 'time'],
  [81, 81, 'date'],
]

/** For each cell style by its number, whether and how it shows numbers as dates or times. */
export async function dateStyles(bytes: AsyncIterable<Uint8Array>): Promise<(Shown | null)[]> {
  const custom = new Map<number, Shown | null>()
  const styles: (Shown | null)[] = []
  let within = false
  await parseWhole(bytes, {
    open(name, attributes) {
      if (name === 'numFmt') custom.set(Number(attributes.numFmtId), shownAs(attributes.formatCode ?? ''))
      else if (name === 'cellXfs') within = true
      else if (name === 'xf' && within) {
        const format = Number(attributes.numFmtId ?? 0)
        const builtIn = BUILT_IN.find(([from, to]) => format >= from && format <= to)
        styles.push(custom.has(format) ? custom.get(format)! : (builtIn?.[2] ?? null))
      }
    },
    close(name) {
      if (name === 'cellXfs') within = false
    },
  })
  return styles
}

/** What a format such as `yyyy-mm-dd` or `[h]:mm` shows beside what it writes out; null where that is no date or time. */
export function shownAs(format: string): Shown | null {
  // Behind the first ; stands how negative numbers look.
  const code = format.replace(/"[^"]*"|\\.|_.|\*./g, '').split(';')[0]!
  const parts = code
    .replace(/\[(h+|m+|s+)\]/gi, '$1')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/general/gi, '')
  // Parts of seconds are the only digits that a time has.
  if (!/[ymdhsbe]/i.test(parts) || /[#?0]/.test(parts.replace(/s[.,]0+/gi, 's'))) return null
  if (/\[(h+|m+|s+)\]/i.test(code)) return 'span'
  // An m is a month, unless beside hours or seconds.
  return /[ydbe]/i.test(parts.replace(/am\/pm|a\/p/gi, '')) || !/[hs]/i.test(parts) ? 'date' : 'time'
}

const DAY_MS = 86_400_000
/** 1970-01-01 as the days that Excel counts, from 1900 and from 1904. */
const UNIX_EPOCH = 25_569
const YEARS_1904 = 1462

/** The moment on the clock that a number of days stands for, as UTC. Excel has a 29 February 1900 that never was. */
export function dateOfSerial(serial: number, from1904: boolean): Date {
  const days = from1904 ? serial + YEARS_1904 : serial < 60 ? serial + 1 : serial
  return new Date(Math.round((days - UNIX_EPOCH) * DAY_MS))
}

/** `HH:MM:SS` with parts of a second, of a part of a day; hours may be more than 24. */
export function timeOfSerial(serial: number): string {
  const thousandths = Math.round(Math.abs(serial) * DAY_MS)
  return (serial < 0 && thousandths > 0 ? '-' : '') + timeText(BigInt(thousandths), 1000n)
}
