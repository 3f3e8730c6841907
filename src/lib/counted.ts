const separated = new Intl.NumberFormat('en')

/** A number as messages write it: 1,291. */
export const grouped = (value: number): string => separated.format(value)

/** `1 row`, `1,291 rows`; with a verb, `1 row has`, `1,291 rows have`. */
export function counted(count: number, one: string, other: string): string {
  return `${grouped(count)} ${count === 1 ? one : other}`
}
