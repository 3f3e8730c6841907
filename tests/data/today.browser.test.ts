import { expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { httpSource } from '../../src/files/bytes.ts'
import { tableRows } from '../../src/files/table.ts'

/** What readers take from inside of libraries has to be the same code in a browser's bundle as in Node. */
test.each(['polars-typed-lz4.arrow', 'pyarrow-nested-default.parquet', 'openpyxl-plain.xlsx'])(
  'in a browser: %s',
  async (name) => {
    const base = new URL('/tests/golden/today/', location.origin)
    const expected = (await (await fetch(new URL(`${name}.expected.json`, base))).json()) as Record<
      string,
      unknown[]
    >
    const source = await httpSource(new URL(name, base).href)
    const rows = tableRows((await openDataset({ name, source })).table)
    for (const [column, values] of Object.entries(expected))
      expect(rows.map((row) => row[column])).toEqual(values)
  },
)
