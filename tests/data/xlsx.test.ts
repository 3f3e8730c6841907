import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { tableRows } from '../../src/files/table.ts'
import { dateOfSerial, shownAs } from '../../src/files/xlsx/styles.ts'
import { failure } from './helpers.ts'

const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

interface Parts {
  /** XML of `sheetData`'s inside, by sheet. */
  sheets?: Record<string, string>
  /** XML of the shared texts, an item each. */
  strings?: string[]
  /** Number formats, one a style: built-in ones by number, others by code. */
  formats?: (number | string)[]
  workbookPr?: string
  prefix?: string
}

/** A workbook as Excel writes it: texts apart, styles by number. */
function workbook({ sheets = {}, strings, formats = [], workbookPr = '', prefix = '' }: Parts) {
  const names = Object.keys(sheets)
  const relations = [
    ...names.map(
      (_, i) =>
        `<Relationship Id="rId${i + 1}" Type="${RELATION}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`,
    ),
    `<Relationship Id="s" Type="${RELATION}/sharedStrings" Target="/xl/sharedStrings.xml"/>`,
    `<Relationship Id="t" Type="${RELATION}/styles" Target="styles.xml"/>`,
  ]
  const codes = formats.filter((format) => typeof format === 'string')
  const id = (format: number | string) => (typeof format === 'number' ? format : 164 + codes.indexOf(format))
  const files: Record<string, string> = {
    'xl/_rels/workbook.xml.rels': `<Relationships>${relations.join('')}</Relationships>`,
    'xl/workbook.xml': `<workbook xmlns:r="${RELATION}">${workbookPr}<sheets>${names.map((name, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join('')}</sheets></workbook>`,
    'xl/styles.xml': `<styleSheet><numFmts>${codes.map((code) => `<numFmt numFmtId="${id(code)}" formatCode="${code.replaceAll('"', '&quot;')}"/>`).join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${formats.map((format) => `<xf numFmtId="${id(format)}"/>`).join('')}</cellXfs></styleSheet>`,
    ...(strings ? { 'xl/sharedStrings.xml': `<sst>${strings.join('')}</sst>` } : {}),
  }
  for (const [i, name] of names.entries())
    files[`xl/worksheets/sheet${i + 1}.xml`] =
      `<?xml version="1.0"?><${prefix}worksheet${prefix ? ' xmlns:x="x"' : ''}><${prefix}sheetData>${sheets[name]}</${prefix}sheetData></${prefix}worksheet>`
  // Excel puts the texts behind the sheets.
  const order = Object.entries(files).sort(
    ([a], [b]) => Number(a.includes('shared')) - Number(b.includes('shared')),
  )
  const bytes = zipSync(Object.fromEntries(order.map(([path, text]) => [path, strToU8(text)])))
  return bufferSource(bytes as Uint8Array<ArrayBuffer>)
}

const open = (parts: Parts, options = {}) => openDataset({ name: 'w.xlsx', source: workbook(parts) }, options)
const rows = async (parts: Parts) => tableRows((await open(parts)).table)
const inline = (...cells: string[]) =>
  `<row>${cells.map((cell) => `<c t="inlineStr"><is><t>${cell}</t></is></c>`).join('')}</row>`

describe('a title above the names', () => {
  const title = inline('All our trees')
  test('is found where a row lacks a value, and told where two names are the same', async () => {
    const lacking = await open({
      sheets: { S: title + inline('q', 'a') + inline('x', 'y') + inline('z') + inline('v', 'w') },
    })
    expect(tableRows(lacking.table)[0]).toEqual({ q: 'x', a: 'y' })
    const twice = await open({ sheets: { S: title + inline('q', 'a', 'a') + inline('x', 'y', 'z') } })
    expect(twice.findings).toMatchObject([
      {
        kind: 'title_lines',
        message: expect.stringMatching(/Row 2 looks more like them, but "a" is there twice/),
      },
    ])
  })
})

describe('workbooks', () => {
  test('of several sheets the first with more than a single row is read', async () => {
    const sheets = { Notes: inline('Read me first'), Data: inline('q', 'a') + inline('x', 'y') }
    const { table, findings } = await open({ sheets })
    expect(tableRows(table)).toEqual([{ q: 'x', a: 'y' }])
    expect(findings).toMatchObject([{ kind: 'sheets', message: expect.stringContaining('"Data" was read') }])
    await failure(() => open({ sheets }, { sheet: 'Notes' }), 'bad_data')
  })

  test('shared texts, with parts of different looks, aids for reading aloud and escapes', async () => {
    const strings = [
      '<si><t>q</t></si>',
      '<si><t>a</t></si>',
      '<si><r><t>bold </t></r><r><rPr><b/></rPr><t xml:space="preserve"> and not</t></r></si>',
      '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>',
      '<si><t>a_x0009_b &amp; &#x1F642; _x005F_x0041_</t></si>',
      '<si><t/></si>',
    ]
    const cell = (i: number) => `<c t="s"><v>${i}</v></c>`
    const data = [
      [0, 1],
      [2, 3],
      [4, 5],
    ]
      .map(([a, b]) => `<row>${cell(a!)}${cell(b!)}</row>`)
      .join('')
    expect(await rows({ strings, sheets: { S: data } })).toEqual([
      { q: 'bold  and not', a: '東京' },
      { q: 'a\tb & 🙂 _x0041_', a: null },
    ])
  })

  test('every type of cell', async () => {
    const data = `${inline('n', 'date', 'time', 'own', 'plain', 'ok', 'formula', 'none', 'iso', 'error')}<row>
      <c><v>1.5</v></c><c s="0"><v>45351</v></c><c s="1"><v>45351.5625</v></c><c s="2"><v>45351</v></c><c s="3" t="n"><v>45351</v></c>
      <c t="b"><v>1</v></c><c t="str"><f>A1</f><v>x</v></c><c><f>1+1</f></c><c t="d"><v>2024-02-29T12:00:00</v></c><c t="e"><v>#N/A</v></c></row>`
    const formats = [14, 22, '[$-409]d\\ mmm" of "yyyy;@', '#,##0.00" days"']
    expect(await rows({ formats, sheets: { S: data } })).toEqual([
      {
        n: 1.5,
        date: '2024-02-29',
        time: '2024-02-29T13:30:00',
        own: '2024-02-29',
        plain: 45351,
        ok: true,
        formula: 'x',
        iso: '2024-02-29T12:00:00',
        error: '#N/A',
        none: null,
      },
    ])
  })

  test('cells and rows at their places, gaps, names of elements with a prefix', async () => {
    const cell = (place: string, text: string) =>
      `<x:c r="${place}" t="inlineStr"><x:is><x:t>${text}</x:t></x:is></x:c>`
    const data = `<x:row r="3">${cell('B3', 'q')}${cell('D3', 'a')}</x:row><x:row r="7">${cell('D7', 'yes')}</x:row><x:row r="9"/><x:row r="10">${cell('B10', 'x')}${cell('AA10', 'far')}</x:row>`
    expect(await rows({ prefix: 'x:', sheets: { S: data } })).toEqual([
      { q: null, a: 'yes', 'column AA': null },
      { q: 'x', a: null, 'column AA': 'far' },
    ])
  })

  test('the calendar of 1904, and Excel’s own 29 February 1900', async () => {
    const data = `${inline('when')}<row><c s="0"><v>0</v></c></row>`
    expect(
      await rows({ workbookPr: '<workbookPr date1904="1"/>', formats: [14], sheets: { S: data } }),
    ).toEqual([{ when: '1904-01-01' }])
    const day = (serial: number) => dateOfSerial(serial, false).toISOString().slice(0, 10)
    expect([1, 59, 61, 25569].map(day)).toEqual(['1900-01-01', '1900-02-28', '1900-03-01', '1970-01-01'])
  })

  test.each<[string, boolean]>([
    ['yyyy-mm-dd', true],
    ['[h]:mm:ss', true],
    ['mm:ss.00', true],
    ['h:mm AM/PM', true],
    ['yyyy"年"m"月"d"日"', true],
    ['General', false],
    ['0.00E+00', false],
    ['#,##0 "days"', false],
    ['[Red]-0.0', false],
    ['0\\ \\d', false],
    ['@', false],
    ['_-* #,##0.00\\ "dm"_-', false],
  ])('format %s shows a date: %s', (format, shows) => {
    expect(shownAs(format) !== null).toBe(shows)
  })

  test('the first rows come before the rest, also of texts that stand apart', async () => {
    const count = 20_000
    const strings = Array.from(
      { length: count },
      (_, i) => `<si><t>text ${i} ${'long '.repeat(i % 30)}</t></si>`,
    )
    const data = strings
      .map((_, i) => `<row r="${i + 2}"><c r="A${i + 2}" t="s"><v>${i}</v></c></row>`)
      .join('')
    const source = workbook({ strings, sheets: { S: inline('q') + data } })
    let read = 0
    const seen: [rows: number, share: number][] = []
    const { table } = await openDataset(
      { name: 'w.xlsx', source },
      {
        onProgress: (bytes, total) => (read = bytes / total),
        onPreview: ({ table: { numRows } }) => seen.push([numRows, read]),
      },
    )
    expect(seen[0]![0]).toBe(100)
    expect(table.numRows).toBe(count)
    expect(tableRows(table, count - 1)[0]!.q).toBe(`text ${count - 1} ${'long '.repeat((count - 1) % 30)}`)
  })

  test.each<[string, Parts, string]>([
    [
      'a text that is not there',
      { strings: ['<si><t>q</t></si>'], sheets: { S: `${inline('q')}<row><c t="s"><v>1</v></c></row>` } },
      'text 1 of only 1',
    ],
    [
      'a text without a number',
      { strings: [], sheets: { S: `${inline('q')}<row><c t="s"><v>x</v></c></row>` } },
      'text NaN',
    ],
    [
      'a number that is none',
      { sheets: { S: `${inline('q')}<row r="2"><c><v>1,5</v></c></row>` } },
      '"1,5" in row 2, column 1',
    ],
    [
      'a type that is none',
      { sheets: { S: `${inline('q')}<row r="2"><c t="z"><v>1</v></c></row>` } },
      '"z" in row 2',
    ],
    [
      'rows that go back',
      { sheets: { S: `${inline('q')}<row r="5"><c><v>1</v></c></row><row r="4"/>` } },
      'row 4 after row 5',
    ],
    ['XML that is broken', { sheets: { S: `${inline('q')}<row><c><v>1</c></row>` } }, 'sheet "S"'],
    [
      'columns without end',
      { sheets: { S: `${inline('q')}<row><c r="ZZZ2"><v>1</v></c></row>` } },
      'columns',
    ],
  ])('%s is refused with its place', async (_, parts, message) => {
    const error = await failure(() => open(parts), 'bad_file')
    expect(error.message).toContain(message)
    expect(error.detail).toMatchObject({ file: 'w.xlsx' })
  })

  test('two columns of one name, no rows, no sheet', async () => {
    await failure(() => open({ sheets: { S: inline('q', 'q') + inline('1', '2') } }), 'bad_data')
    await failure(() => open({ sheets: { S: inline('q') } }), 'bad_data')
    await failure(() => open({ sheets: { S: '' } }), 'bad_data')
    await failure(() => open({}), 'bad_data')
  })
})
