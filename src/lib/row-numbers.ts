import { grouped } from './counted.ts'

/**
 * What a file calls its rows, where that is not 1, 2, 3 ...: for each stretch of rows that follow each other, its first row (0-based,
 * of the data set) and that row's number in the file.
 */
export type RowNumbers = readonly (readonly [row: number, number: number])[]

/** A row's number as people count and as the file has it. */
export function numberOf(row: number, numbers: RowNumbers = []): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle]![0] <= row) low = middle + 1
    else high = middle
  }
  const stretch = numbers[low - 1]
  return stretch ? stretch[1] + row - stretch[0] : row + 1
}

/** The row of a number, 0-based; of one that no row has, the next row. */
export function rowOf(number: number, numbers: RowNumbers = []): number {
  const at = numbers.findLastIndex(([, first]) => first <= number)
  const [row, first] = numbers[at] ?? [0, 1]
  const end = numbers[at + 1]?.[0] ?? Number.POSITIVE_INFINITY
  return Math.max(0, Math.min(row + number - first, end))
}

/** The same as messages write it. */
export const rowNumber = (row: number, numbers?: RowNumbers): string => grouped(numberOf(row, numbers))

/** From the number of each row, in order. */
export function stretches(numbers: Iterable<number>): RowNumbers {
  const found: [number, number][] = []
  let [row, expected] = [0, 1]
  for (const number of numbers) {
    if (number !== expected) found.push([row, number])
    row++
    expected = number + 1
  }
  return found
}

/** Those of the rows that are left. @param gone rows left out, of `rows` in all */
export function withoutRows(numbers: RowNumbers, rows: number, gone: ReadonlySet<number>): RowNumbers {
  return stretches(
    (function* () {
      for (let row = 0; row < rows; row++) if (!gone.has(row)) yield numberOf(row, numbers)
    })(),
  )
}
