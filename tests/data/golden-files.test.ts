import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { columnNames, columnReader } from '../../src/files/table.ts'
import { files, goldenFile, tables } from './golden-files.ts'

async function columnsOf(name: string, file = name) {
  const dataset = await openDataset({ name, source: bufferSource(goldenFile(file)) })
  const { table } = dataset
  const columns = Object.fromEntries(
    columnNames(table).map((column) => {
      const read = columnReader(table, column)!
      return [column, Array.from({ length: table.numRows }, (_, row) => read(row))]
    }),
  )
  return { dataset, columns }
}

describe('files of the official libraries, value by value', () => {
  test.each(Object.entries(files))('%s', async (file, table) => {
    const { dataset, columns } = await columnsOf(file)
    expect(columns).toEqual(tables[table])
    expect(dataset.format).toBe(/parquet|xlsx/.exec(file)?.[0] ?? 'arrow')
    expect(Object.keys(columns)).toEqual(Object.keys(tables[table]!))
  })

  test('under a name that misleads', async () => {
    for (const file of ['text-zstd.parquet', 'text-lz4.arrow', 'text-none.stream.arrow', 'workbook.xlsx']) {
      const { columns } = await columnsOf('data.csv', file)
      expect(columns).toEqual(tables[files[file]!])
    }
  })
})
