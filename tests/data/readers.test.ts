import { gzipSync } from 'node:zlib'
import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { downloadZip } from 'client-zip'
import { describe, expect, test } from 'vitest'
import { nameOf } from '../../src/dataset/file-sets.ts'
import { type NamedSource, type OpenOptions, openDataset } from '../../src/dataset/open.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { tableRows } from '../../src/files/table.ts'
import { TableBuilder } from '../../src/files/table-builder.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import { goldenFile } from './golden-files.ts'
import { failure, utf8 } from './helpers.ts'

type Content = string | Uint8Array<ArrayBuffer>

const bytesOf = (content: Content) => (typeof content === 'string' ? utf8(content) : content)
const sourcesOf = (files: Record<string, Content>): NamedSource[] =>
  Object.entries(files).map(([name, content]) => ({ name, source: bufferSource(bytesOf(content)) }))
const open = (files: Record<string, Content>, options?: OpenOptions) => openDataset(sourcesOf(files), options)
const rowsOf = async (files: Record<string, Content>, options?: OpenOptions) =>
  tableRows((await open(files, options)).table)
const gzip = (content: Content) => new Uint8Array(gzipSync(bytesOf(content)))
async function zip(files: Record<string, Content>): Promise<Uint8Array<ArrayBuffer>> {
  const entries = Object.entries(files).map(([name, content]) => ({ name, input: bytesOf(content) }))
  return new Uint8Array(await downloadZip(entries).arrayBuffer())
}

describe('archives', () => {
  test('gzip, of several members too, and ZIP are looked into, whatever they are called', async () => {
    const expected = [
      { q: 'a', a: 'b' },
      { q: 'c', a: 'd' },
    ]
    const [first, second] = ['q,a\na,b\n', 'c,d\n'] as const
    const members = Uint8Array.of(...gzip(first), ...gzip(second))
    for (const [name, bytes] of Object.entries({
      'x.csv.gz': gzip(first + second),
      'y.gz': members,
      'z.zip': await zip({ 'deep/er/rows.csv': first + second }),
      'w.csv': await zip({ 'rows.csv.gz': gzip(first + second) }),
    })) {
      const dataset = await open({ [name]: bytes })
      expect(tableRows(dataset.table)).toEqual(expected)
      expect(dataset.hash).toBe(await sha256Hex(bytes))
    }
  })

  test('all files of a ZIP are put together, clutter and descriptions left out', async () => {
    const archive = await zip({
      'data/b.csv': 'q,a\nc,d\n',
      'data/a.csv': 'q,a\na,b\n',
      'README.md': 'About, this\n',
      '__MACOSX/data/._a.csv': '\u0000\u0001',
      '.DS_Store': '\u0000',
    })
    const dataset = await open({ 'set.zip': archive })
    expect(tableRows(dataset.table).map(({ q }) => q)).toEqual(['a', 'c'])
    const said = dataset.findings.map(({ message }) => message).join(' ')
    expect(said).toContain('set.zip/data/a.csv (1 row), set.zip/data/b.csv (1 row)')
    expect(said).toContain('1 file was left out: set.zip/README.md')
    expect(said).not.toContain('MACOSX')
  })

  test('many small files of a ZIP take few reads, however they are ordered', async () => {
    const numbers = Array.from({ length: 400 }, (_, i) => i)
    const files = Object.fromEntries(numbers.map((i) => [`d/${i}.csv`, `q,a\nq${i},a${i}\n`]))
    const source = bufferSource(await zip(files))
    let reads = 0
    const counted = {
      ...source,
      read(from: number, to: number) {
        reads++
        return source.read(from, to)
      },
    }
    const { table } = await openDataset([{ name: 'many.zip', source: counted }])
    const inOrder = numbers.map(String).sort()
    expect(tableRows(table).map(({ q }) => q)).toEqual(inOrder.map((i) => `q${i}`))
    expect(reads).toBeLessThan(20)
    expect(table.batches).toHaveLength(1)
  })

  test('a Word document, an empty archive, a changed byte in a stored entry', async () => {
    const word = await zip({ 'word/document.xml': '<x/>' })
    expect((await failure(() => open({ 'a.zip': word }), 'unsupported_format')).message).toContain('Word')
    await failure(async () => open({ 'a.zip': await zip({ 'folder/.keep': '' }) }), 'bad_data')
    const stored = await zip({ 'a.csv': 'q,a\nsome,thing\n' })
    stored[new TextDecoder('latin1').decode(stored).indexOf('some,thing')]! ^= 1
    expect((await failure(() => open({ 'a.zip': stored }), 'bad_file')).message).toContain('check sum')
  })
})

describe('folders that name columns', () => {
  const file = (name: string, text: string) => ({ name, source: bufferSource(utf8(text)) })
  const given = [
    file('d/lang=de/year=2024/0.csv', 'q,a\n1,2\n'),
    file('d/lang=pt%20BR/year=__HIVE_DEFAULT_PARTITION__/0.csv', 'q,a\n3,4\n'),
  ]

  test('are columns, in every file or in none', async () => {
    const { table, findings } = await openDataset(given)
    expect(tableRows(table)).toEqual([
      { q: '1', a: '2', lang: 'de', year: '2024' },
      { q: '3', a: '4', lang: 'pt BR', year: null },
    ])
    expect(findings.map(({ message }) => message)).toContainEqual(
      'The columns "lang", "year" were made from the names of folders.',
    )
    const some = await openDataset([given[0]!, file('d/0.csv', 'q,a\n5,6\n')])
    expect(tableRows(some.table)[0]).toEqual({ q: '5', a: '6' })
    expect(some.findings.map(({ message }) => message)).toContainEqual(
      'Folders name columns ("lang", "year"), but not all files lie in such folders: these columns were left out.',
    )
  })

  test('a file keeps a column of its own, and only a folder called so says what rows are for', async () => {
    const own = await openDataset(file('d/lang=de/0.csv', 'q,lang\n1,fr\n'))
    expect(tableRows(own.table)).toEqual([{ q: '1', lang: 'fr' }])
    const valid = [file('d/valid=true/0.csv', 'q,a\n1,2\n'), file('d/valid=false/0.csv', 'q,a\n3,4\n')]
    expect(tableRows((await openDataset(valid)).table).map((row) => Object.keys(row))).toEqual([
      ['q', 'a', 'valid'],
      ['q', 'a', 'valid'],
    ])
    const parts = [file('d/split=test/0.csv', 'q,a\n1,2\n'), file('d/split=train/0.csv', 'q,a\n3,4\n')]
    expect(tableRows((await openDataset(parts)).table).map(({ split }) => split)).toEqual(['test', 'train'])
  })
})

test('small chunks share a record batch, each value as it was', () => {
  const builder = new TableBuilder()
  const values = [
    ['a', null],
    [null, null],
    ['é😀', ''],
  ]
  for (const [i, text] of values.entries())
    builder.append({
      rows: 2,
      columns: [
        { name: 'text', values: text },
        { name: 'number', values: [i, null] },
        { name: 'flag', values: [null, i === 1] },
        { name: 'mixed', values: [i === 1 ? 'x' : i, null] },
      ],
    })
  const table = builder.table()
  expect(table.batches.map(({ numRows }) => numRows)).toEqual([6])
  expect(tableRows(table)).toEqual(
    values.flatMap(([first, second], i) => [
      { text: first, number: i, flag: null, mixed: i === 1 ? 'x' : i },
      { text: second, number: null, flag: i === 1, mixed: null },
    ]),
  )
  builder.append({ rows: 2000, columns: [{ name: 'text', values: new Array(2000).fill('x') }] })
  expect(builder.table().batches.map(({ numRows }) => numRows)).toEqual([6, 2000])
})

describe('several files', () => {
  test('of the same columns follow each other, named in a finding; formats may differ', async () => {
    const files = { 'b.jsonl': '{"q":"c","a":"d"}\n', 'a.csv': 'q,a\na,b\n', 'c.csv.gz': gzip('a,q\nf,e\n') }
    const dataset = await open(files)
    expect(tableRows(dataset.table)).toEqual([
      { q: 'a', a: 'b' },
      { q: 'c', a: 'd' },
      { q: 'e', a: 'f' },
    ])
    expect(dataset.findings[0]!.message).toContain('3 files were put together: a.csv (1 row), b.jsonl')
    // What is left out is named in one order, too, in whichever a folder is given.
    const about = { 'd/README.md': 'x', 'd/LICENSE': 'y', 'd/a.csv': 'q,a\na,b\n' }
    expect((await open(about)).findings[0]!.message).toBe('2 files were left out: d/LICENSE, d/README.md.')
    // Known by their bytes in the order of their rows, in whatever order a folder gave them.
    const inOrder = ['a.csv', 'b.jsonl', 'c.csv.gz'] as const
    const hashes = await Promise.all(inOrder.map((name) => sha256Hex(bytesOf(files[name]))))
    expect(dataset.hash).toBe(await sha256Hex(hashes.join('\n')))
  })

  test('of text in folders of several names: what the folders say is in no column, and told', async () => {
    const said = async (files: Record<string, string>) =>
      (await open(files)).findings.find(({ severity }) => severity === 'warning')
    expect(await said({ 'm/pos/1.txt': 'good', 'm/pos/2.txt': 'fine', 'm/neg/1.txt': 'bad' })).toMatchObject({
      message: 'The files lie in folders (neg, pos) whose names are in no column.',
      hint: expect.stringContaining('label=neg, label=pos'),
    })
    // Where they say what rows are for, are a column already, or are one, nothing is lost.
    const whole: Record<string, string>[] = [
      { 'm/train/1.txt': 'a', 'm/test/1.txt': 'b' },
      { 'm/label=pos/1.txt': 'a', 'm/label=neg/1.txt': 'b' },
      { 'm/1.txt': 'a', 'm/2.txt': 'b' },
      { 'm/a/1.csv': 'q,a\na,b\n', 'm/b/1.csv': 'q,a\na,b\n' },
    ]
    for (const files of whole) expect(await said(files), JSON.stringify(files)).toBeUndefined()
    const dataset = await open({ 'm/label=pos/1.txt': 'a', 'm/label=neg/1.txt': 'b' })
    expect(tableRows(dataset.table)[0]).toMatchObject({ label: 'neg' })
  })

  test('of other columns are refused by name', async () => {
    const error = await failure(() => open({ 'a.csv': 'q,a\na,b\n', 'b.csv': 'q,answer\na,b\n' }), 'bad_data')
    expect(error.message).toContain('"answer" is in b.csv, but not in a.csv')
    const less = await failure(() => open({ 'a.csv': 'q,a\na,b\n', 'b.csv': 'q\na\n' }), 'bad_data')
    expect(less.message).toContain('"a" is in a.csv, but not in b.csv')
  })

  test('whose names say what they are for keep that in a column', async () => {
    const dataset = await open({
      'my set/train-00000-of-00001.csv': 'q,a\na,b\n',
      'my set/test.csv': 'q,a\nc,d\n',
      'my set/validation.csv': 'q,a\ne,f\n',
      'my set/dataset_info.json': '{}',
    })
    expect(dataset.name).toBe('my set')
    expect(tableRows(dataset.table)).toEqual([
      { q: 'c', a: 'd', split: 'test' },
      { q: 'a', a: 'b', split: 'train' },
      { q: 'e', a: 'f', split: 'validation' },
    ])
    expect(dataset.findings.some(({ message }) => message.includes('"split"'))).toBe(true)
    // A column of their own stays as it is, and one kind of file needs none.
    expect(await rowsOf({ 'train.csv': 'split\na\n', 'test.csv': 'split\nb\n' })).toEqual([
      { split: 'b' },
      { split: 'a' },
    ])
    expect(await rowsOf({ 'train1.csv': 'q\na\n', 'train2.csv': 'q\nb\n' })).toEqual([{ q: 'a' }, { q: 'b' }])
  })

  test('of which none has rows', async () => {
    const error = await failure(() => open({ 'a.png': 'x', 'b.bin': 'y' }), 'unsupported_format')
    expect(error.message).toContain('a.png, b.bin')
    expect(nameOf(['a/b/c.csv', 'a/b/d/e.csv'])).toBe('a/b')
    expect(nameOf(['c.csv', 'd.csv', 'e.csv'])).toBe('c.csv and 2 more')
  })
})

describe('options', () => {
  const poem = 'One\ntwo\n\n \nthree\r\nfour\n'
  test.each([
    [undefined, ['One', 'two', 'three', 'four']],
    ['line', ['One', 'two', 'three', 'four']],
    ['paragraph', ['One\ntwo', 'three\nfour']],
    ['file', ['One\ntwo\n\n \nthree\nfour']],
  ] as const)('text by %s', async (text, expected) => {
    const rows = await rowsOf({ 'poem.txt': poem }, text ? { text } : {})
    expect(rows.map((row) => (row.text as string).trimEnd())).toEqual(expected)
  })

  test('text whose lines are wrapped is read by paragraph, and says so', async () => {
    const words = 'it was the best of times and it was the worst of times for all of us here'.split(' ')
    const paragraph = (n: number) => {
      const lines = ['']
      for (let i = 0; i < 90; i++) {
        const word = words[(i * 7 + n) % words.length]!
        if (lines.at(-1)!.length + word.length > 68) lines.push('')
        lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim()
      }
      return `${lines.join('\n')}.`
    }
    const book = Array.from({ length: 9 }, (_, n) => paragraph(n)).join('\r\n\r\n')
    const read = await open({ 'book.txt': book })
    expect(read.table.numRows).toBe(9)
    expect(read.findings.map(({ message }) => message).join()).toContain('each paragraph became a row')
    const byLine = await open({ 'book.txt': book }, { text: 'line' })
    expect(byLine.table.numRows).toBeGreaterThan(40)
    expect(byLine.findings.map(({ message }) => message).join()).not.toContain('paragraph')
    // Sentences a line, with blank lines between some, are no wrapped text.
    const list = Array.from({ length: 60 }, (_, i) => `${words.slice(i % 5).join(' ')}.${i % 6 ? '' : '\n'}`)
    expect((await open({ 'list.txt': list.join('\n') })).table.numRows).toBe(60)
  })

  test('a workbook: its first sheet with rows, or the one asked for', async () => {
    const dataset = await open({ 'w.xlsx': goldenFile('workbook.xlsx') })
    expect(dataset.findings[0]!.message).toContain('"Examples" was read')
    const error = await failure(
      () => open({ 'w.xlsx': goldenFile('workbook.xlsx') }, { sheet: 'No' }),
      'bad_data',
    )
    expect(error.hint).toContain('"Empty", "Examples", "More"')
    await failure(() => open({ 'w.xlsx': goldenFile('workbook.xlsx') }, { sheet: 'More' }), 'bad_data')
  })
})

describe('while reading', () => {
  const long = (rows: number, last = '') =>
    `n,text\n${Array.from({ length: rows }, (_, i) => `${i},"some text, ${i}"\n`).join('')}${last}`

  test('the first rows are there long before the last, and bytes are counted', async () => {
    const bytes = utf8(long(100_000)).length
    const previews: number[] = []
    const progress: number[] = []
    const dataset = await open(
      { 'a.csv': long(100_000) },
      {
        onPreview: ({ table }) => {
          previews.push(table.numRows)
          expect(progress.at(-1)).toBeLessThan(bytes / 2)
        },
        onProgress: (read) => progress.push(read),
      },
    )
    expect(previews).toEqual([100])
    expect(progress.at(-1)).toBe(bytes)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(dataset.table.numRows).toBe(100_000)
    expect(dataset.hash).toBe(await sha256Hex(long(100_000)))
    expect(tableRows(tableFromIPC(tableToIPC(dataset.table)), 99_999)).toEqual([
      { n: '99999', text: 'some text, 99999' },
    ])
  })

  test('it can be stopped', async () => {
    const parquet = { 'a.parquet': goldenFile('text-zstd.parquet') }
    for (const files of [{ 'a.csv': long(200_000) }, parquet] as Record<string, Content>[]) {
      const stop = new AbortController()
      const work = open(files, { signal: stop.signal, onPreview: () => stop.abort() })
      await expect(work).rejects.toMatchObject({ name: 'AbortError' })
    }
  })

  test('a byte that is not UTF-8, far down, has the whole file read as Windows-1252', async () => {
    const bytes = utf8(long(100_000, 'x,Gr?n\n'))
    bytes[bytes.length - 3] = 0xfc
    const previews: number[] = []
    const { table, findings, hash } = await open(
      { 'a.csv': bytes },
      { onPreview: (preview) => previews.push(preview.table.numRows) },
    )
    expect(tableRows(table, 99_999)).toEqual([
      { n: '99999', text: 'some text, 99999' },
      { n: 'x', text: 'Grün' },
    ])
    expect(table.numRows).toBe(100_001)
    expect(findings.map(({ message }) => message)).toEqual([expect.stringContaining('Windows-1252')])
    expect(hash).toBe(await sha256Hex(bytes))
  })
})

describe('tables from chunks', () => {
  const tableOf = (...chunks: unknown[][]) => {
    const builder = new TableBuilder()
    for (const values of chunks) builder.append({ rows: values.length, columns: [{ name: 'x', values }] })
    return tableRows(builder.table()).map(({ x }) => x)
  }
  test.each([
    [
      'text',
      [
        ['a', null],
        ['', 'ü'],
      ],
    ],
    ['numbers', [[1, null], [2.5]]],
    ['truth', [[true, null], [false]]],
    ['nothing, then text', [[null, null], ['a']]],
    ['numbers, then text', [[1, null], ['a']]],
    ['text, then numbers, then objects', [['a'], [1, true], [{ b: [1] }, null]]],
    [
      'truth, then text',
      [
        [true, false],
        ['a', null],
      ],
    ],
  ])('%s come back as they were', (_, chunks) => {
    expect(tableOf(...(chunks as unknown[][]))).toEqual(chunks.flat())
  })

  test('whole numbers beyond 2^53 make their column text', () => {
    expect(tableOf([1, 2n], [2n ** 60n, null])).toEqual(['1', '2', String(2n ** 60n), null])
    expect(tableOf([1n, 2n], [-3n])).toEqual([1, 2, -3])
    expect(tableOf([{ n: 2n ** 60n, m: 3n }])).toEqual([{ n: String(2n ** 60n), m: 3 }])
  })

  test('chunks can be taken back, with the columns that only they had', () => {
    const builder = new TableBuilder()
    builder.append({ rows: 1, columns: [{ name: 'a', values: ['x'] }] })
    builder.append({ rows: 2, columns: [{ name: 'b', values: [1, 2] }] })
    expect(tableRows(builder.table()).length).toBe(3)
    builder.rollback(1)
    expect(tableRows(builder.table())).toEqual([{ a: 'x' }])
  })
})
