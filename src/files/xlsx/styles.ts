import { parseWhole } from './xml.ts'

/** Number formats that every program has, and that show a date or a time (ECMA-376 part 1, 18.8.30, East Asian ones included). */
const BUILT_IN: readonly [from: number, to: number][] = [
  [14, 22],
  [27, 36],
  [45, 47],
  [50, 58],
  [71, 81],
]

/** For each cell style by its number, whether it shows numbers as dates or times. */
export async function dateStyles(bytes: AsyncIterable<Uint8Array>): Promise<boolean[]> {
  const custom = new Map<number, boolean>()
  const styles: boolean[] = []
  let within = false
  await parseWhole(bytes, {
    open(name, attributes) {
      if (name === 'numFmt') custom.set(Number(attributes.numFmtId), showsDate(attributes.formatCode ?? ''))
      else if (name === 'cellXfs') within = true
      else if (name === 'xf' && within) {
        const format = Number(attributes.numFmtId ?? 0)
        styles.push(custom.get(format) ?? BUILT_IN.some(([from, to]) => format >= from && format <= to))
      }
    },
    close(name) {
      if (name === 'cellXfs') within = false
    },
  })
  return styles
}

/** Whether a format such as `yyyy-mm-dd` or `[h]:mm` has a part of a date or time beside what it writes out. */
export function showsDate(format: string): boolean {
  const code = format
    .replace(/"[^"]*"|\\.|_.|\*./g, '')
    .replace(/\[(h+|m+|s+)\]/gi, '$1')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/general/gi, '')
  // Parts of seconds are the only digits that a time has.
  return /[ymdhs]/i.test(code) && !/[#?0]/.test(code.replace(/s[.,]0+/gi, 's'))
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
