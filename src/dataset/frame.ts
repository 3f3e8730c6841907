import type { Table } from 'apache-arrow'
import { columnNames, columnReader, makeTable } from '../files/table.ts'
import { type RowNumbers, rowNumber } from '../lib/row-numbers.ts'
import { fail, listed } from '../protocol/errors.ts'

/**
 * The rows of a data set while steps work on them: columns of values that are read when first asked for, and for each row
 * the row of the data set that it came from. A frame is never changed; each change gives another that shares the rest.
 */
export class Frame {
  readonly names: readonly string[]
  /** [rows] row of the data set, 0-based. Several rows may come from one. */
  readonly source: Uint32Array
  /** What the file calls the rows of the data set. */
  readonly numbers: RowNumbers
  readonly #columns: ReadonlyMap<string, () => unknown[]>

  private constructor(
    columns: ReadonlyMap<string, () => unknown[]>,
    source: Uint32Array,
    numbers: RowNumbers,
  ) {
    this.names = [...columns.keys()]
    this.#columns = columns
    this.source = source
    this.numbers = numbers
  }

  /** @param rows rows taken, in this order; left out: all of them */
  static of(table: Table, rows?: Uint32Array, numbers: RowNumbers = []): Frame {
    const source = rows ?? Uint32Array.from({ length: table.numRows }, (_, i) => i)
    const columns = columnNames(table).map((name): [string, () => unknown[]] => {
      const read = columnReader(table, name)!
      return [name, once(() => Array.from(source, (row) => read(row)))]
    })
    return new Frame(new Map(columns), source, numbers)
  }

  static from(
    columns: Iterable<readonly [string, unknown[]]>,
    source: Uint32Array,
    numbers: RowNumbers = [],
  ): Frame {
    return new Frame(new Map([...columns].map(([name, values]) => [name, () => values])), source, numbers)
  }

  /** A row of the data set as messages name it. */
  number(row: number): string {
    return rowNumber(row, this.numbers)
  }

  get rows(): number {
    return this.source.length
  }

  has(name: string): boolean {
    return this.#columns.has(name)
  }

  /** Values of a column; missing ones are null. Not to be written to. @throws LapidaryError `missing_column` */
  column(name: string): readonly unknown[] {
    const read = this.#columns.get(name)
    if (!read)
      fail('missing_column', `There is no column "${name}".`, `Choose one of: ${listed(this.names)}.`, {
        column: name,
        columns: listed(this.names),
      })
    return read()
  }

  /** A column replaced in its place, or added at the end. */
  with(name: string, values: unknown[]): Frame {
    const columns = new Map(this.#columns)
    columns.set(name, () => values)
    return new Frame(columns, this.source, this.numbers)
  }

  without(names: readonly string[]): Frame {
    const kept = [...this.#columns].filter(([name]) => !names.includes(name))
    return new Frame(new Map(kept), this.source, this.numbers)
  }

  renamed(from: string, to: string): Frame {
    const columns = [...this.#columns].map(([name, read]): [string, () => unknown[]] => [
      name === from ? to : name,
      read,
    ])
    return new Frame(new Map(columns), this.source, this.numbers)
  }

  /** The rows at these indices, in this order. */
  pick(indices: Uint32Array): Frame {
    const columns = [...this.#columns].map(([name, read]): [string, () => unknown[]] => [
      name,
      once(() => {
        const values = read()
        return Array.from(indices, (i) => values[i])
      }),
    ])
    return new Frame(
      new Map(columns),
      indices.map((i) => this.source[i]!),
      this.numbers,
    )
  }

  /** A row by column, of these columns where there are such. */
  row(index: number, names: readonly string[] = this.names): Record<string, unknown> {
    const there = names.filter((name) => this.has(name))
    return Object.fromEntries(there.map((name) => [name, this.column(name)[index] ?? null]))
  }

  toTable(): Table {
    return makeTable(this.names.map((name) => ({ name, values: this.column(name) as unknown[] })))
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => (made ??= { value: make() }).value
}
