import { fail } from '../protocol/errors.ts'

/** @throws LapidaryError `bad_data` where there are no rows, or what belongs together is not of one length */
export function requireRows(what: string, rows: number, found: number): void {
  if (rows > 0 && rows === found) return
  fail(
    'bad_data',
    rows === 0
      ? `There are no rows to measure ${what} on.`
      : `${what} is of ${found} values, not of ${rows}.`,
    'Give at least one row, and a value for each.',
    { expected: rows, found },
  )
}

/** @throws LapidaryError `bad_data` where a row names a class that there is not */
export function requireClass(index: number, least: number, classes: number, row: number): void {
  if (Number.isInteger(index) && index >= least && index < classes) return
  fail(
    'bad_data',
    `Row ${row + 1} is of class ${index}; there are classes ${least} to ${classes - 1}.`,
    'Number the labels from 0.',
    { row, found: index },
  )
}
