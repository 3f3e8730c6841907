import { describe, expect, test } from 'vitest'
import { readCsv } from '../../src/files/csv.ts'
import { csvDelimiter } from '../../src/files/csv-dialect.ts'
import { refuseKnown } from '../../src/files/magic.ts'
import { tableRows } from '../../src/files/table.ts'
import { TableBuilder } from '../../src/files/table-builder.ts'
import { encodingOf, NotUtf8, utf8Pieces } from '../../src/files/utf8.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { failure, seeded, utf8 } from './helpers.ts'

/** Columns by name, the bytes cut into pieces of `size`. */
async function parse(text: string | Uint8Array, name = 'data.csv', size = Number.POSITIVE_INFINITY) {
  const bytes = typeof text === 'string' ? utf8(text) : text
  const table = new TableBuilder()
  for await (const chunk of readCsv(cut(bytes, size), name)) table.append(chunk)
  const rows = tableRows(table.table())
  return Object.fromEntries(Object.keys(rows[0]!).map((column) => [column, rows.map((row) => row[column])]))
}

function* cut(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, Math.min(at + size, bytes.length))
}

async function* arriving(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  yield* cut(bytes, size)
}

function decode(bytes: Uint8Array, size: number, encoding: string = encodingOf(bytes)) {
  const facts = { encoding, damaged: 0, firstDamaged: -1 }
  return { facts, pieces: utf8Pieces(arriving(bytes, size), 'x', facts) }
}

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
  ])('%s', async (_, text) => {
    expect(await parse(text)).toEqual({ prompt: ['hi'], response: ['ho'] })
  })

  test('quoted delimiters, quotes and line breaks; empty fields are missing', async () => {
    const text = 'a,b\n"x, ""y""\nz",\n,"  w "\n'
    expect(await parse(text)).toEqual({ a: ['x, "y"\nz', null], b: [null, '  w '] })
  })

  test('one column of plain text with commas', async () => {
    expect(await parse('text\nHello, world\nOne, two, three\n')).toEqual({
      text: ['Hello, world', 'One, two, three'],
    })
  })

  test('semicolons with commas inside', async () => {
    expect((await parse('q;a\nWell, is it?;Yes, so\nOr, not, really?;No\n')).a).toEqual(['Yes, so', 'No'])
  })

  test('a .tsv is read by tabs, whatever is more frequent', async () => {
    expect(await parse('q\ta\na,b,c\td,e,f\n', 'x.tsv')).toEqual({ q: ['a,b,c'], a: ['d,e,f'] })
  })

  test('a column without a name, as pandas writes its index', async () => {
    expect(await parse(',q\n0,a\n1,b\n')).toEqual({ 'column 1': ['0', '1'], q: ['a', 'b'] })
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

  test('any table comes back, written with any delimiter and quoting', async () => {
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
      const table = await parse(text)
      names.forEach((name, i) => {
        expect(table[name]).toEqual(rows.map((row) => row[i] || null))
      })
    }
  })

  test('cut into pieces anywhere, long files come out the same', async () => {
    const random = seeded(23)
    const cell = (i: number) =>
      ['plain', `"quoted, ""${i}"""`, '"two\r\nlines"', 'ü🙂', ''][Math.floor(random() * 5)]
    const lines = Array.from({ length: 12_000 }, (_, i) => `${i},${cell(i)},${cell(i)}`)
    for (const end of ['\n', '\r\n', '\r']) {
      const bytes = utf8(`id,a,b${end}${lines.join(end)}${end}`)
      const whole = await parse(bytes)
      expect(whole.id?.length).toBe(12_000)
      for (const size of [70_001, 65_537, 99_991]) expect(await parse(bytes, 'data.csv', size)).toEqual(whole)
    }
  })

  test('the delimiter of a first line such as sep=;', async () => {
    expect(await parse('sep=;\r\na,x;b\r\n1;2\r\n')).toEqual({ 'a,x': ['1'], b: ['2'] })
  })

  test('damage gives a located error or a table, never a crash', async () => {
    const random = seeded(22)
    const text = `prompt,response\n${Array.from({ length: 20 }, (_, i) => `"Question ${i}, really?",answer ${i}`).join('\n')}\n`
    const bytes = utf8(text)
    for (let round = 0; round < 1500; round++) {
      const damaged = bytes.slice(0, round % 3 ? bytes.length : Math.floor(random() * bytes.length))
      for (let flips = 0; flips < 3; flips++)
        if (damaged.length) damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8)
      try {
        const pieces = decode(damaged, damaged.length).pieces
        let rows = 0
        for await (const chunk of readCsv(pieces, 'x.csv')) rows += chunk.rows
        expect(rows).toBeGreaterThan(0)
      } catch (error) {
        if (error instanceof NotUtf8) continue
        if (!(error instanceof LapidaryError)) throw error
        expect(error.code).toMatch(/bad_data|unsupported_format/)
      }
    }
  })

  test('finds out whether a text is a table at all', () => {
    expect(csvDelimiter(utf8('a,b\n1,2\n3,4\n'))).toBe(',')
    expect(csvDelimiter(utf8('Dear all,\nthis, as you see, is a letter.\nYours\nP.S. x\n'))).toBe(null)
    expect(csvDelimiter(utf8('just\nlines\n'))).toBe(null)
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
  ])('%s, in pieces of any size', async (encoding, bytes) => {
    const found = encodingOf(bytes)
    expect(found).toBe(encoding)
    for (const size of [1, 2, 3, 5, 1000]) expect(await textOf(decode(bytes, size, found).pieces)).toBe(text)
  })

  test('old code pages are told from UTF-8 with a few damaged bytes', async () => {
    const old = Uint8Array.of(0x47, 0x72, 0xfc, 0x6e)
    await expect(textOf(decode(old, 2).pieces)).rejects.toBeInstanceOf(NotUtf8)
    expect(await textOf(decode(old, 2, 'windows-1252').pieces)).toBe('Grün')
    const { facts, pieces } = decode(Uint8Array.of(...utf8('Äpfel, Grün, '), 0xe4, ...utf8('ß')), 4)
    expect(await textOf(pieces)).toBe('Äpfel, Grün, \ufffdß')
    expect(facts).toMatchObject({ damaged: 1, firstDamaged: 15 })
  })

  test('UTF-16 that is cut off is a located error', async () => {
    const cutOff = utf16(true, true).slice(0, -1)
    expect((await failure(() => textOf(decode(cutOff, 1000).pieces), 'bad_file')).detail).toMatchObject({
      encoding: 'utf-16le',
    })
  })

  test.each([
    ['a PDF', '%PDF-1.7 \u00e2\u00e3'],
    ['an SQLite database', 'SQLite format 3\0'],
    ['a tar archive', `${'x'.repeat(257)}ustar`],
  ])('%s is refused by name', async (what, content) => {
    expect((await failure(() => refuseKnown(utf8(content), 'f'), 'unsupported_format')).message).toContain(
      what,
    )
  })

  test('a zero is no text', async () => {
    const binary = utf8('ab\0cd and much more text that has no zero at all')
    expect(
      (await failure(() => textOf(decode(binary, 9).pieces), 'unsupported_format')).detail,
    ).toMatchObject({
      byte: 2,
    })
  })

  async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
    let all = ''
    // Decoded one by one: pieces end between characters.
    for await (const piece of pieces) all += new TextDecoder('utf-8', { fatal: true }).decode(piece)
    return all
  }
})
