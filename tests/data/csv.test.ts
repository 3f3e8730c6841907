import { describe, expect, test } from 'vitest'
import { csvDelimiter, parseCsv } from '../../src/files/csv.ts'
import { decodeText } from '../../src/files/text.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { failure, seeded, utf8 } from './helpers.ts'

const parse = (text: string, name = 'data.csv') =>
  Object.fromEntries(parseCsv(text, name).map((column) => [column.name, column.values]))

describe('CSV', () => {
  test.each([
    ['commas', 'prompt,response\nhi,ho\n'],
    ['semicolons', 'prompt;response\nhi;ho\n'],
    ['tabs', 'prompt\tresponse\nhi\tho\n'],
    ['bars', 'prompt|response\nhi|ho'],
    ['quotes', '"prompt","response"\n"hi","ho"\n'],
    ['white space around names', ' prompt , response \nhi,ho\n'],
    ['quoted names after a space', 'prompt, "response"\nhi,ho\n'],
    ['blank lines', '\n\nprompt,response\n\nhi,ho\n , \n\n'],
    ['delimiters left behind', 'prompt,response,,\nhi,ho,,\n'],
    ['delimiters left behind below only', 'prompt,response\nhi,ho,\n'],
  ])('%s', (_, text) => {
    expect(parse(text)).toEqual({ prompt: ['hi'], response: ['ho'] })
  })

  test('quoted delimiters, quotes and line breaks; empty fields are missing', () => {
    const text = 'a,b\n"x, ""y""\nz",\n,"  w "\n'
    expect(parse(text)).toEqual({ a: ['x, "y"\nz', null], b: [null, '  w '] })
  })

  test('one column of plain text with commas', () => {
    expect(parse('text\nHello, world\nOne, two, three\n')).toEqual({
      text: ['Hello, world', 'One, two, three'],
    })
  })

  test('semicolons with commas inside', () => {
    expect(parse('q;a\nWell, is it?;Yes, so\nOr, not, really?;No\n').a).toEqual(['Yes, so', 'No'])
  })

  test('a .tsv is read by tabs, whatever is more frequent', () => {
    expect(parse('q\ta\na,b,c\td,e,f\n', 'x.tsv')).toEqual({ q: ['a,b,c'], a: ['d,e,f'] })
  })

  test('a column without a name, as pandas writes its index', () => {
    expect(parse(',q\n0,a\n1,b\n')).toEqual({ 'column 1': ['0', '1'], q: ['a', 'b'] })
  })

  test('ragged rows are located by row and line', async () => {
    const text = 'a,b\n1,"two\nlines"\n\n3,4,5\n'
    const error = await failure(() => parse(text), 'bad_data')
    expect(error.detail).toMatchObject({ row: 2, line: 5, expected: 2, found: 3 })
    const short = await failure(() => parse('a,b,c\n1,2,3\n4,5\n'), 'bad_data')
    expect(short.message).toContain('Row 2 of data.csv (line 3) has 2 fields, the header 3')
  })

  test('quotes left open are located', async () => {
    const error = await failure(() => parse('a,b\n1,2\n"3,4\n5,6\n'), 'bad_data')
    expect(error.detail).toMatchObject({ row: 2, line: 3 })
    const inside = await failure(() => parse('a,b\n1,2\n3,"x" y\n5,6\n'), 'bad_data')
    expect(inside.detail).toMatchObject({ row: 2, line: 3 })
  })

  test.each([
    ['nothing', '', 'empty'],
    ['blank lines', '\n \n', 'empty'],
    ['a header alone', 'a,b\n', 'no rows'],
    ['a name twice', 'a, a\n1,2\n', 'two columns named "a"'],
  ])('%s', async (_, text, message) => {
    expect((await failure(() => parse(text), 'bad_data')).message).toContain(message)
  })

  test('any table comes back, written with any delimiter and quoting', () => {
    const random = seeded(21)
    const pieces = ['a', ' ', ',', ';', '\t', '"', '\n', 'é', '🙂', 'word', '|', '0.5']
    for (let round = 0; round < 150; round++) {
      const width = 2 + Math.floor(random() * 3)
      const cell = () => {
        let text = ''
        while (random() < 0.7) text += pieces[Math.floor(random() * pieces.length)]
        return text
      }
      // A first cell that is never blank keeps a row from being a blank line.
      const rows = Array.from({ length: 1 + Math.floor(random() * 8) }, () =>
        Array.from({ length: width }, (_, i) => (i === 0 ? `x${cell()}` : cell())),
      )
      const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
      const names = Array.from({ length: width }, (_, i) => `c${i}`)
      const text = [names, ...rows].map((row) => row.map(quote).join(',')).join('\n')
      const table = parse(text)
      names.forEach((name, i) => {
        expect(table[name]).toEqual(rows.map((row) => row[i] || null))
      })
    }
  })

  test('damage gives a located error or a table, never a crash', () => {
    const random = seeded(22)
    const text = `prompt,response\n${Array.from({ length: 20 }, (_, i) => `"Question ${i}, really?",answer ${i}`).join('\n')}\n`
    const bytes = utf8(text)
    for (let round = 0; round < 1500; round++) {
      const damaged = bytes.slice(0, round % 3 ? bytes.length : Math.floor(random() * bytes.length))
      for (let flips = 0; flips < 3; flips++)
        if (damaged.length) damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8)
      try {
        const columns = parseCsv(decodeText(damaged, 'x.csv').text, 'x.csv')
        expect(new Set(columns.map((column) => column.values.length)).size).toBe(1)
      } catch (error) {
        if (!(error instanceof LapidaryError)) throw error
        expect(error.code).toMatch(/bad_data|unsupported_format/)
      }
    }
  })

  test('finds out whether a text is a table at all', () => {
    expect(csvDelimiter('a,b\n1,2\n3,4\n')).toBe(',')
    expect(csvDelimiter('Dear all,\nthis, as you see, is a letter.\nYours\nP.S. x\n')).toBe(null)
    expect(csvDelimiter('just\nlines\n')).toBe(null)
  })
})

describe('text encodings', () => {
  const text = 'prompt,response\nÄpfel?,Grün — ja\n'
  function utf16(little: boolean, mark: boolean): Uint8Array {
    const units = (mark ? '\ufeff' : '') + text
    const bytes = new Uint8Array(units.length * 2)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < units.length; i++) view.setUint16(2 * i, units.charCodeAt(i), little)
    return bytes
  }
  test.each([
    ['utf-8', utf8(text)],
    ['utf-8', utf8(`\ufeff${text}`)],
    ['utf-16le', utf16(true, true)],
    ['utf-16be', utf16(false, true)],
    ['utf-16le', utf16(true, false)],
    ['utf-16be', utf16(false, false)],
  ])('%s', (encoding, bytes) => {
    expect(decodeText(bytes, 'x')).toEqual({ text, encoding })
  })

  test('line ends become one kind, old code pages are read as such', () => {
    expect(decodeText(utf8('a\r\nb\rc\n'), 'x').text).toBe('a\nb\nc\n')
    expect(decodeText(Uint8Array.of(0x47, 0x72, 0xfc, 0x6e), 'x')).toEqual({
      text: 'Grün',
      encoding: 'windows-1252',
    })
  })

  test.each([
    ['a Parquet file', 'PAR1xxxx'],
    ['a ZIP archive', 'PK\x03\x04xxxx'],
    ['a PDF', '%PDF-1.7'],
    ['not a text file', 'ab\0cd and much more text that has no zero at all'],
  ])('%s is refused by name', async (what, content) => {
    expect((await failure(() => decodeText(utf8(content), 'f'), 'unsupported_format')).message).toContain(
      what,
    )
  })
})
