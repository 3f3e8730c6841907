import { gzipSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { type OpenOptions, openDataset } from '../../src/dataset/open.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { likelyEncodings } from '../../src/files/likely-encoding.ts'
import { openSafetensors } from '../../src/files/safetensors.ts'
import { tableRows } from '../../src/files/table.ts'
import { fieldNames } from '../../src/protocol/config-fields.ts'
import type { FindingKind } from '../../src/protocol/preparation.ts'
import { defaultRunConfig } from '../../src/protocol/run-config.ts'
import { failure, utf8 } from './helpers.ts'

type Content = string | Uint8Array<ArrayBuffer>

const open = (name: string, content: Content, options?: OpenOptions) =>
  openDataset(
    { name, source: bufferSource(typeof content === 'string' ? utf8(content) : content) },
    options ?? {},
  )
const rowsOf = async (name: string, content: Content, options?: OpenOptions) =>
  tableRows((await open(name, content, options)).table)
const kindsOf = async (name: string, content: Content, options?: OpenOptions) =>
  (await open(name, content, options)).findings.flatMap(({ kind }): FindingKind[] => (kind ? [kind] : []))

describe('JSON values that are kept as they are', () => {
  test('whole numbers beyond 2^53, at the top, in lists and in objects, to the digit', async () => {
    const lines = [
      '{"n":9223372036854775807,"l":[18446744073709551615,1]}',
      '{"n":-9007199254740993,"l":[{"x":12345678901234567890}]}',
    ]
    expect(await rowsOf('a.jsonl', lines.join('\n'))).toEqual([
      { n: '9223372036854775807', l: ['18446744073709551615', 1] },
      { n: '-9007199254740993', l: [{ x: '12345678901234567890' }] },
    ])
    expect(await rowsOf('a.json', `[${lines.join(',')}]`)).toEqual(await rowsOf('a.jsonl', lines.join('\n')))
  })

  test('numbers that no double holds as their text; digits in texts are no numbers', async () => {
    const text =
      '{"a":12345678901234567.89,"b":"12345678901234567890","c":"#number0","d":1e999,"e":0.1234567890123456789}'
    expect(await rowsOf('a.jsonl', text)).toEqual([
      {
        a: '12345678901234567.89',
        b: '12345678901234567890',
        c: '#number0',
        d: '1e999',
        e: Number('0.1234567890123456789'),
      },
    ])
  })

  test('a name given twice in an object is refused by name', async () => {
    for (const text of ['{"q":"x","q":"y"}', '{"q":{"a":1,"a":2}}', '[{"q":[{"a":1,"a":2}]}]'])
      expect((await failure(() => open('a.jsonl', text), 'bad_data')).message).toMatch(
        /"[qa]" is there twice/,
      )
    expect(await rowsOf('a.jsonl', '{"q":"say \\"a\\": b","a":{"q":1}}')).toHaveLength(1)
  })
})

describe('one JSON object around rows', () => {
  test('several lists are put together, with what each is for', async () => {
    const text = JSON.stringify({
      validation: [{ q: 'v' }],
      train: [{ q: 't' }, { q: 'u' }],
      test: [{ q: 'e' }],
    })
    const dataset = await open('a.json', text)
    expect(tableRows(dataset.table)).toEqual([
      { q: 'v', split: 'validation' },
      { q: 't', split: 'train' },
      { q: 'u', split: 'train' },
      { q: 'e', split: 'test' },
    ])
    expect(dataset.findings[0]).toMatchObject({ kind: 'several_lists', column: 'split' })
    expect(await rowsOf('a.json', '{"easy":[{"q":"a"}],"hard":[{"q":"b"}]}')).toEqual([
      { q: 'a', list: 'easy' },
      { q: 'b', list: 'hard' },
    ])
  })

  test('lists of other names, and what else is there, are named as left out', async () => {
    const dataset = await open('a.json', '{"rows":[{"q":"a"}],"authors":[{"name":"x"}],"version":"1"}')
    expect(tableRows(dataset.table)).toEqual([{ q: 'a' }])
    expect(dataset.findings[0]).toMatchObject({ kind: 'left_out', severity: 'warning' })
    expect(dataset.findings[0]!.message).toContain('"authors" (a list of 1), "version"')
  })

  test('a single line of JSON lines is a row, whatever lists are in it', async () => {
    const row = { prompt: 'Which?', options: [{ text: 'A' }, { text: 'B' }] }
    expect(await rowsOf('a.jsonl', JSON.stringify(row))).toEqual([row])
  })

  test('pandas’ split and index, and objects under ids', async () => {
    const pairs = [
      { q: 'q1', a: 'a1' },
      { q: 'q2', a: 'a2' },
    ]
    expect(
      await rowsOf('a.json', '{"columns":["q","a"],"index":[0,1],"data":[["q1","a1"],["q2","a2"]]}'),
    ).toEqual(pairs)
    expect(await rowsOf('a.json', '{"0":{"q":"q1","a":"a1"},"1":{"q":"q2","a":"a2"}}')).toEqual(pairs)
    expect(await rowsOf('a.json', '{"x1":{"q":"q1"},"x2":{"q":"q2"}}')).toEqual([
      { key: 'x1', q: 'q1' },
      { key: 'x2', q: 'q2' },
    ])
  })
})

describe('text that does not say how it is written', () => {
  const wide = (text: string, low: boolean) =>
    Uint8Array.from(
      [...text]
        .flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8])
        .map((_, i, all) => all[low ? i : i ^ 1]!),
    )
  test.each([true, false])('UTF-16 of another alphabet without a mark (little-endian: %s)', async (low) => {
    const source = bufferSource(wide('вопрос,ответ\nЧто это?,Книга\n', low) as Uint8Array<ArrayBuffer>)
    const { table } = await openDataset({ name: 'a.csv', source })
    expect(tableRows(table)).toEqual([{ вопрос: 'Что это?', ответ: 'Книга' }])
  })

  test.each([
    ['windows-1250', 'a8;a9\nP\u00f8\u00edli\u009a \u009elu\u009dou\u00e8k\u00fd k\u00f9\u00f2;ano\n'],
    ['iso-8859-2', 'q;a\nZa\u00bf\u00f3\u00b3\u00e6 g\u00ea\u00b6l\u00b1 ja\u00bc\u00f1;tak\n'],
    ['windows-1254', 'q;a\n\u00ddyiyim te\u00feekk\u00fcr a\u00f0abey Nas\u00fdls\u00fdn;evet\n'],
    ['windows-1257', 'q;a\nA\u00e8i\u00fb gerai \u00f0iandien \u00e0\u00feuolas k\u00e0 l\u00ebtas;taip\n'],
    ['macintosh', 'q;a\nSch\u009an gr\u009a\u00a7er \u009fber \u0080pfel;ja\n'],
    [null, 'q;a\nSch\u00f6n gr\u00f6\u00dfer \u00fcber \u00c4pfel;ja\n'],
    [null, 'q;a\n\u00c7a va tr\u00e8s bien o\u00f9 \u00eates n\u00e9 c\u009cur;oui\n'],
    [null, 'q;a\n\u00cdslensk t\u00falkun \u00fe\u00fd\u00f0a \u00e6\u00f0ar \u00f6ll;j\u00e1\n'],
    [null, 'q;a\nR\u00f8dgr\u00f8d med fl\u00f8de p\u00e5 s\u00f8en;ja\n'],
  ])('%s is offered for Latin letters that look like it', async (encoding, text) => {
    const bytes = bufferSource(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))
    const { findings } = await openDataset({ name: 'a.csv', source: bytes })
    const [found] = findings.filter(({ kind }) => kind === 'encoding')
    const offered = found?.fix?.kind === 'reading' ? found.fix.reading.encoding : null
    expect(offered).toBe(encoding)
  })

  test('escapes of ISO-2022-JP are offered to be read as such, UTF-32 is refused by name', async () => {
    const text = 'q,a\n\u001b$B<ALd\u001b(B,\u001b$B2sEz\u001b(B\n'
    const { findings } = await openDataset({ name: 'a.csv', source: bufferSource(utf8(text)) })
    expect(findings).toMatchObject([{ kind: 'encoding', fix: { reading: { encoding: 'iso-2022-jp' } } }])
    const utf32 = bufferSource(Uint8Array.of(0xff, 0xfe, 0, 0, 0x71, 0, 0, 0))
    expect(
      (await failure(() => openDataset({ name: 'a.csv', source: utf32 }), 'unsupported_format')).message,
    ).toContain('UTF-32')
  })

  test.each([
    ['| q | a |\n|---|:--|\n| 1 | 2 |\n', 'a table in Markdown'],
    ['% made by me\n\\documentclass{article}\n', 'a LaTeX file'],
    ['# made by me\n[tool]\nname = "x"\n', 'an INI or TOML file'],
  ])('%j is named for what it is', async (text, what) => {
    const refused = await failure(
      () => openDataset({ name: 'a.csv', source: bufferSource(utf8(text)) }),
      'unsupported_format',
    )
    expect(refused.message).toContain(what)
  })
})

describe('CSV as people write it', () => {
  test('blanks behind delimiters before quotes', async () => {
    const text = 'prompt, response\n"What is it?", "A cat, or a dog."\n"Who?", "Me."\n'
    expect(await rowsOf('a.csv', text)).toEqual([
      { prompt: 'What is it?', response: 'A cat, or a dog.' },
      { prompt: 'Who?', response: 'Me.' },
    ])
    expect(await kindsOf('a.csv', text)).toEqual(['spaced_delimiters'])
    const plain = 'q,a\nx, y\nz, w\n'
    expect((await rowsOf('a.csv', plain))[0]).toEqual({ q: 'x', a: ' y' })
    expect(await kindsOf('a.csv', plain)).toEqual(['spaced_delimiters'])
    expect((await rowsOf('a.csv', plain, { skip_initial_space: true }))[0]).toEqual({ q: 'x', a: 'y' })
  })

  test('dictionaries as Python prints them, one a line, are no table of commas', async () => {
    const lines = [1, 2, 3].map((i) => `{'q': 'what is ${i}', 'a': 'it is ${i}'}\n`).join('')
    for (const name of ['a.jsonl', 'a.csv'])
      expect((await failure(() => rowsOf(name, lines), 'bad_data')).hint).toContain('json.dumps')
  })

  test('a title above the names, or another row of names that was chosen', async () => {
    const text = 'Made on 2024-01-01\n\nquestion,answer\nq1,a1\nq2,a2\n'
    const rows = [
      { question: 'q1', answer: 'a1' },
      { question: 'q2', answer: 'a2' },
    ]
    expect(await rowsOf('a.csv', text)).toEqual(rows)
    expect(await kindsOf('a.csv', text)).toEqual(['title_lines'])
    // As spreadsheets save it, filled up with delimiters; one word is the name of a column.
    const padded = 'My report,,\nq,a,b\n1,2,3\n4,5,6\n'
    expect(await kindsOf('a.csv', padded)).toEqual(['title_lines'])
    expect(await kindsOf('a.csv', 'text,,\nq,a,b\n1,2,3\n4,5,6\n').catch(() => 'refused')).toBe('refused')
    expect(await rowsOf('a.csv', text, { header_row: 3 })).toEqual(rows)
    expect(await rowsOf('a.csv', text, { header_row: 4 })).toEqual([{ q1: 'q2', a1: 'a2' }])
    // So are comments that a program wrote, above rows with blanks behind commas.
    const noted = '# made by a tool\n# 2024-01-01\nquestion,answer\nq1,"a1, b1"\nq2,"a2, b2"\n'
    expect((await rowsOf('a.csv', noted))[0]).toEqual({ question: 'q1', answer: 'a1, b1' })
    expect(await kindsOf('a.csv', noted)).toEqual(['title_lines'])
    // A column of sentences is none.
    const prose = 'text\nHello, world\nWell, then\nSo, so\n'
    expect(await rowsOf('a.csv', prose)).toHaveLength(3)
    expect(await kindsOf('a.csv', prose)).toEqual([])
  })

  test('a first row of data is said to look like it, and is read as such where that is chosen', async () => {
    const text = '"What is 2+2?","4"\n"What is 3+3?","6"\n"Capital of France?","Paris"\n'
    expect(await kindsOf('a.csv', text)).toEqual(['no_header'])
    expect(await rowsOf('a.csv', text, { header_row: 0 })).toMatchObject([
      { 'column 1': 'What is 2+2?', 'column 2': '4' },
      {},
      {},
    ])
    expect(await kindsOf('a.csv', text, { header_row: 0 })).toEqual([])
    expect(await kindsOf('a.csv', 'question,score\nWhat is it?,4\nWho?,5\n')).toEqual([])
  })

  test.each([
    ['counted values', 'q0,a0\nq1,a1\nq2,a2\n', ['no_header']],
    ['a label of several', 'a cat,good\na dog,bad\nrain,good\nsun,so-so\nfog,good\n', ['no_header']],
    ['phrases', 'how many cats are there,x y\nwhere is the small house,z\n', ['no_header']],
    ['beginnings', 'Paris,capital of France\nRome,capital of Italy\n', ['no_header']],
    ['days', '2024-01-02,x\n2024-01-03T10:11:12,y\n', ['no_header']],
    ['addresses', 'https://a.b/c,x\nhttps://d.e/f,y\n', ['no_header']],
    ['counted names', 'label_1,label_2\n1,0\n0,1\n', []],
    [
      'names, and sentences below',
      'text,label\nsome words that are long,spam\nfive words of another text,ham\n',
      [],
    ],
    ['languages, and a word that is called so', 'en,de\nhello,hallo\nof,de\n', []],
  ])('a first row of %s', async (_, text, kinds) => {
    expect(await kindsOf('a.csv', text)).toEqual(kinds)
  })

  test('quotes between tabs that do not pair up are read as they are', async () => {
    const text = 'en\tde\nGo.\tGeh.\n"Thanks." "You are welcome."\t„Danke.“ „Bitte.“\n"Hi\tHallo"\n'
    expect((await rowsOf('a.tsv', text)).slice(1)).toEqual([
      { en: '"Thanks." "You are welcome."', de: '„Danke.“ „Bitte.“' },
      { en: '"Hi', de: 'Hallo"' },
    ])
    expect(await kindsOf('a.tsv', text)).toEqual(['raw_quotes'])
    await failure(() => open('a.tsv', text, { quotes: 'csv' }), 'bad_data')
    expect(await rowsOf('a.csv', 'q,a\n"x" y,z\n', { quotes: 'none' })).toEqual([{ q: '"x" y', a: 'z' }])
  })

  test('a quote in the header that is never closed is named', async () => {
    const error = await failure(() => open('a.csv', 'q,"a\nx,y\nz,w\n'), 'bad_data')
    expect(error.message).toContain('quoted field')
    expect(error.hint).toContain('read them as they are')
  })

  test('a header longer than any buffer', async () => {
    const names = Array.from({ length: 9000 }, (_, i) => `column_${i}`)
    const { table } = await open('a.csv', `${names.join()}\n${names.map((_, i) => i).join()}\n`)
    expect([table.numRows, table.numCols]).toEqual([1, 9000])
  })
})

describe('encodings', () => {
  /** What Windows-1251 has for Cyrillic letters. */
  const cyrillic = (text: string) =>
    Uint8Array.from(text, (letter) => {
      const code = letter.charCodeAt(0)
      return code < 0x80 ? code : code - 0x350
    })
  const bytes = cyrillic('вопрос,ответ\nчто это такое,это книга\nкак дела,хорошо\n')

  test('any that browsers know can be chosen, and make another data set', async () => {
    const plain = await open('a.csv', bytes)
    const chosen = await open('a.csv', bytes, { encoding: 'windows-1251' })
    expect(tableRows(chosen.table)[1]).toEqual({ вопрос: 'как дела', ответ: 'хорошо' })
    expect(chosen.findings).toEqual([])
    expect(chosen.reading).toEqual({ encoding: 'windows-1251' })
    expect(chosen.hash).not.toBe(plain.hash)
    await failure(() => open('a.csv', bytes, { encoding: 'klingon' }), 'bad_config')
  })

  test('the likely one is named where Western letters make no sense', async () => {
    const { findings } = await open('a.csv', bytes)
    expect(findings[0]).toMatchObject({ kind: 'encoding' })
    expect(findings[0]!.message).toContain('more like windows-1251')
    // GB 18030 of 今天天气很好.
    const chinese = Uint8Array.of(0xbd, 0xf1, 0xcc, 0xec, 0xcc, 0xec, 0xc6, 0xf8, 0xba, 0xdc, 0xba, 0xc3)
    expect(likelyEncodings(chinese)[0]).toBe('gb18030')
    const western = Uint8Array.from('Wie groß ist die Tür für Übermut und Käse?', (letter) =>
      letter.charCodeAt(0),
    )
    expect(likelyEncodings(western)).toEqual([])
    const russian = Uint8Array.from(
      [...'Привет, как дела'].map((c) => (c > '\u007f' ? c.charCodeAt(0) - 0x360 : c.charCodeAt(0))),
    )
    expect(likelyEncodings(russian)[0]).toBe('iso-8859-5')
  })

  test('what the chosen one has no letters for is counted', async () => {
    const { findings } = await open('a.csv', bytes, { encoding: 'utf-8' })
    expect(findings.find(({ kind }) => kind === 'encoding')?.count).toBeGreaterThan(10)
  })
})

test.each([
  ['a web page (HTML)', 'page.csv', '<!DOCTYPE html>\n<html><body>a, b</body></html>'],
  ['a web page (HTML)', 'table.xls', '<table border="1"><tr><td>a</td></tr></table>'],
  ['an XML file', 'rows.xml', '<?xml version="1.0"?>\n<rows><row><q>a</q></row></rows>'],
  [
    'an XML spreadsheet',
    'rows.xls',
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="x"/>',
  ],
  ['a rich text file (RTF)', 'notes.csv', '{\\rtf1\\ansi one, two}'],
  ['a YAML file', 'rows.yaml', '- q: one\n  a: two\n- q: three\n  a: four\n'],
  [
    'an SQL dump',
    'dump.sql',
    '-- MySQL dump 10.13\n\nCREATE TABLE `t` (id int);\nINSERT INTO `t` VALUES (1);\n',
  ],
  ['a file of subtitles', 'a.srt', '1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n2\n'],
  ['a vCard or calendar', 'a.ics', 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\n'],
  ['a gettext catalogue (PO)', 'de.po', '# German\nmsgid ""\nmsgstr ""\n"Language: de\\n"\n'],
  ['a BibTeX file', 'a.bib', '@article{one,\n  title = {x}\n}\n'],
  ['an RDF file (Turtle)', 'a.ttl', '@prefix ex: <http://a.b/> .\nex:a ex:b "c" .\n'],
  ['a mail or mailbox', 'a.eml', 'From: a@b.c\nSubject: x\n y\nTo: d\n\nHello.\n'],
  ['a mail or mailbox', 'a.mbox', 'From a@b.c Mon Jan 1 00:00:00 2024\nTo: a\nFrom: b\n\nHi.\n'],
  ['a model (safetensors)', 'm.bin', '\u0057\0\0\0\0\0\0\0{"t":{}}'],
  ['a pointer to a file', 'train.csv', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n'],
])('%s is named for what it is (%s)', async (what, name, content) => {
  expect((await failure(() => open(name, content), 'unsupported_format')).message).toContain(what)
})

test('text that only begins like another format is read', async () => {
  for (const text of [
    '- one, two\n- three, four\n',
    '<b>bold</b>,x\n<i>it</i>,y\n',
    'INSERT,DELETE\na,b\n',
    '---,x\na,b\n',
  ])
    expect((await rowsOf('a.csv', text)).length).toBeGreaterThan(0)
})

describe('archives', () => {
  const rows = `q,a\n${'three,four\n'.repeat(450)}`

  test('gzip with zeros behind it, also where its length ends with some', async () => {
    const packed = gzipSync(rows)
    for (const zeros of [1, 7, 512, 200_000]) {
      const padded = new Uint8Array(packed.length + zeros)
      padded.set(packed)
      expect((await rowsOf('a.csv.gz', padded)).length).toBeGreaterThan(100)
    }
    const other = new Uint8Array([...packed, 0, 0, 1])
    expect((await failure(() => open('a.csv.gz', other), 'bad_file')).message).toContain('damaged gzip')
  })

  test('hold no more than a ceiling, told and raised by the person', async () => {
    const zip = zipSync({ 'a.csv': strToU8(rows), 'b.csv': strToU8(rows) }) as Uint8Array<ArrayBuffer>
    const gzip = new Uint8Array(gzipSync(rows))
    for (const [name, bytes] of [
      ['a.zip', zip],
      ['a.csv.gz', gzip],
    ] as const) {
      const error = await failure(() => open(name, bytes, { maxUnpackedBytes: 4000 }), 'unsupported_format')
      expect(error.message).toContain('unpacked')
      expect((await open(name, bytes, { maxUnpackedBytes: 20_000 })).table.numRows).toBeGreaterThan(100)
    }
  })

  test('what says that it is too much is refused before any of it is read', async () => {
    const lines = Array.from({ length: 250_000 }, (_, i) => `question ${i},${(i * 7919) % 1_000_003}\n`)
    const bytes = new Uint8Array(gzipSync(`q,a\n${lines.join('')}`))
    let shown = 0
    const onPreview = () => shown++
    await failure(
      () => open('a.csv.gz', bytes, { maxUnpackedBytes: 4_300_000, onPreview }),
      'unsupported_format',
    )
    expect(shown).toBe(0)
    await open('a.csv.gz', bytes, { onPreview })
    expect(shown).toBe(1)
    // Its word is that of the zeros behind it, or of other members.
    const members = new Uint8Array([...bytes, ...gzipSync('three,four\n')])
    await failure(() => open('a.csv.gz', members, { maxUnpackedBytes: 4_300_000 }), 'unsupported_format')
  })

  test('documents in ZIP are named', async () => {
    const ods = zipSync({
      mimetype: strToU8('application/vnd.oasis.opendocument.spreadsheet'),
      'content.xml': strToU8('<x/>'),
    })
    const xlsb = zipSync({ 'xl/workbook.bin': strToU8('x') })
    for (const [bytes, what] of [
      [ods, 'ODS'],
      [xlsb, 'XLSB'],
    ] as const)
      expect(
        (await failure(() => open('a.zip', bytes as Uint8Array<ArrayBuffer>), 'unsupported_format')).message,
      ).toContain(what)
  })
})

describe('workbooks', () => {
  const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const relation = (id: string, kind: string, target: string) =>
    `<Relationship Id="${id}" Type="${RELATION}/${kind}" Target="${target}"/>`
  /** One whose parts lie at the root, as its relations and content types say. */
  const book = (data: string, styles = '') =>
    zipSync({
      '[Content_Types].xml': strToU8(
        '<Types><Override PartName="/book.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
      ),
      '_rels/.rels': strToU8(`<Relationships>${relation('r', 'officeDocument', 'book.xml')}</Relationships>`),
      '_rels/book.xml.rels': strToU8(
        `<Relationships>${relation('a', 'worksheet', './parts/../s.xml')}${relation('b', 'styles', '/st.xml')}</Relationships>`,
      ),
      'book.xml': strToU8(
        `<workbook xmlns:r="${RELATION}"><sheets><sheet name="S" r:id="a"/></sheets></workbook>`,
      ),
      's.xml': strToU8(`<worksheet><sheetData>${data}</sheetData></worksheet>`),
      'st.xml': strToU8(`<styleSheet>${styles}</styleSheet>`),
    }) as Uint8Array<ArrayBuffer>
  const text = (value: string) => `<c t="inlineStr"><is><t>${value}</t></is></c>`

  test('are read wherever their parts lie', async () => {
    expect(await rowsOf('a.xlsx', book(`<row>${text('q')}</row><row>${text('x')}</row>`))).toEqual([
      { q: 'x' },
    ])
  })

  test('times of day, hours beyond 24, ISO times and days', async () => {
    const styles =
      '<numFmts><numFmt numFmtId="164" formatCode="[hh]:mm"/><numFmt numFmtId="165" formatCode="yyyy-mm-dd hh:mm"/></numFmts>' +
      '<cellXfs><xf numFmtId="0"/><xf numFmtId="20"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>'
    const cells = [
      ['<c s="1"><v>0.5208333333333334</v></c>', '12:30:00'],
      ['<c s="1"><v>0</v></c>', '00:00:00'],
      ['<c s="2"><v>1.086805555555556</v></c>', '26:05:00'],
      ['<c s="3"><v>45351.5208333333</v></c>', '2024-02-29T12:30:00'],
      ['<c s="3"><v>0.25</v></c>', '06:00:00'],
      ['<c t="d"><v>10:10:10</v></c>', '10:10:10'],
      ['<c t="d"><v>2021-01-01</v></c>', '2021-01-01'],
      ['<c t="d"><v>P1DT2H5M</v></c>', '26:05:00'],
    ]
    const data = `<row>${text('t')}</row>${cells.map(([cell]) => `<row>${cell}</row>`).join('')}`
    expect((await rowsOf('a.xlsx', book(data, styles))).map(({ t }) => t)).toEqual(
      cells.map(([, value]) => value),
    )
  })

  test('a title above the names is left out, and told; another row can be chosen', async () => {
    const row = (...cells: string[]) => `<row>${cells.map(text).join('')}</row>`
    const data = row('Report of May') + row('a', 'b', 'c') + row('1', '2', '3')
    const dataset = await open('a.xlsx', book(data))
    expect(tableRows(dataset.table)).toEqual([{ a: '1', b: '2', c: '3' }])
    expect(dataset.findings[0]).toMatchObject({ kind: 'title_lines' })
    expect((await rowsOf('a.xlsx', book(data), { header_row: 1 }))[0]).toMatchObject({ 'Report of May': 'a' })
    expect((await rowsOf('a.xlsx', book(data), { header_row: 0 })).length).toBe(3)
    // One column is no title.
    expect(await rowsOf('a.xlsx', book(row('q') + row('x') + row('y')))).toEqual([{ q: 'x' }, { q: 'y' }])
  })

  test('errors of formulas, and formulas never computed, are named', async () => {
    const data = `<row>${text('q')}${text('a')}</row><row>${text('x')}<c t="e"><f>NA()</f><v>#N/A</v></c></row><row>${text('y')}<c><f>1+1</f><v/></c></row>`
    const { findings } = await open('a.xlsx', book(data))
    expect(findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['error_values', 1],
      ['error_values', 1],
    ])
    expect(findings[0]!.message).toContain('#N/A in B2')
  })

  test('a cell at the far end makes no empty ones', async () => {
    const far = Array.from(
      { length: 300 },
      (_, i) => `<row r="${i + 2}">${text('x')}<c r="XFD${i + 2}"><v>1</v></c></row>`,
    )
    const { table } = await open('a.xlsx', book(`<row r="1">${text('q')}</row>${far.join('')}`))
    expect([table.numRows, table.numCols]).toEqual([300, 2])
  })

  test('a title above the names, blank rows, a first row of data: said by the numbers of the sheet', async () => {
    const row = (at: number, ...cells: string[]) => `<row r="${at}">${cells.map(text).join('')}</row>`
    const titledSheet = book(
      `${row(1, 'Made by us')}${row(3, 'q', 'a')}${row(4, 'x', 'y')}${row(7, 'z', 'w')}${row(8, 'v', 'u')}`,
    )
    const { findings, table, offers } = await open('a.xlsx', titledSheet)
    expect(tableRows(table)[0]).toEqual({ q: 'x', a: 'y' })
    expect(findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['title_lines', 1],
      ['blank_rows', 2],
    ])
    expect(findings[0]!.message).toContain('Row 3 was taken as the names')
    expect(findings[1]!.message).toContain('row 5 of it first')
    expect(offers).toEqual({ sheet: ['S'] })
    const data = book(
      `${row(1, 'What is it?', '4')}${row(2, 'Who is it?', '5')}${row(3, 'Where is it?', '6')}`,
    )
    expect(await kindsOf('a.xlsx', data)).toEqual(['no_header'])
    expect(await rowsOf('a.xlsx', data, { header_row: 0 })).toHaveLength(3)
  })
})

describe('what looks likely', () => {
  const cases: [string, string, Content][] = [
    ['blanks before quotes', 'a.csv', 'q, a\n"x, y", "z"\n"v", "w"\n'],
    ['blanks', 'a.csv', 'q, a\nx, y\nz, w\n'],
    ['a title', 'a.csv', 'Made on 2024-01-01\n\nq,a\nq1,a1\nq2,a2\n'],
    ['no names', 'a.csv', '"What is 2+2?","4"\n"What is 3+3?","6"\n"Who?","7"\n'],
    [
      'Cyrillic',
      'a.csv',
      Uint8Array.from('q,a\n\xf7\xf2\xee \xfd\xf2\xee \xf2\xe0\xea\xee\xe5,\xea\xed\xe8\xe3\xe0\n', (c) =>
        c.charCodeAt(0),
      ),
    ],
  ]
  test.each(cases)(
    '%s: its option is set by its remedy, and then there is nothing more to say',
    async (_, name, content) => {
      const { findings, hash } = await open(name, content)
      expect(findings).toHaveLength(1)
      const fix = findings[0]!.fix
      if (fix?.kind !== 'reading') throw new Error('no remedy')
      const again = await open(name, content, fix.reading)
      expect(again.hash).not.toBe(hash)
      expect(again.findings).toEqual([])
    },
  )

  test('what is left to the reader makes no other data set', async () => {
    const plain = await open('a.csv', 'q,a\nx,y\n')
    const same = await open('a.csv', 'q,a\nx,y\n', { ...defaultRunConfig().data.reading, encoding: '' })
    expect([same.hash, same.reading]).toEqual([plain.hash, undefined])
  })

  test('every way of reading is heeded by a format, and by no other', async () => {
    const all = {
      text: 'line',
      sheet: 'S',
      encoding: 'utf-8',
      header_row: 1,
      quotes: 'csv',
      skip_initial_space: false,
      max_gigabytes: 0.5,
    } as const
    expect(Object.keys(all).sort()).toEqual(fieldNames('data.reading').sort())
    expect((await open('a.csv', 'q,a\nx,y\n', all)).reading).toEqual({
      encoding: 'utf-8',
      header_row: 1,
      quotes: 'csv',
      skip_initial_space: false,
    })
    expect((await open('a.jsonl', '{"q":"x"}', all)).reading).toEqual({ encoding: 'utf-8' })
    expect((await open('a.txt', 'x', all)).reading).toEqual({ text: 'line', encoding: 'utf-8' })
  })
})

describe('limits', () => {
  test('CSV and JSON have the same number of columns', async () => {
    const names = Array.from({ length: 17_000 }, (_, i) => `c${i}`)
    for (const [name, content] of [
      ['a.csv', `${names.join()}\n${names.join()}\n`],
      ['a.jsonl', JSON.stringify(Object.fromEntries(names.map((column) => [column, 1])))],
    ] as const)
      expect((await failure(() => open(name, content), 'bad_data')).message).toMatch(
        /1[67],\d{3} columns; at most 16,384/,
      )
  })

  test('a name or a cell too long for one is refused with its place', async () => {
    const long = 'x'.repeat(17 << 20)
    for (const [name, content] of [
      ['a.csv', `q,a\none,two\nthree,${long}\n`],
      ['a.jsonl', `{"q":"one"}\n{"q":"${long}"}\n`],
    ] as const) {
      const error = await failure(() => open(name, content), 'bad_data')
      expect(error.message).toContain('a cell may have 16 MB')
      expect(error.detail).toMatchObject({ row: 2 })
    }
    const name = await failure(() => open('a.csv', `${'x'.repeat(5000)},a\nq,r\n`), 'bad_data')
    expect(name.message).toContain('5,000 characters')
    expect(name.message).toContain('at most 2,000')
  })

  test('nesting ends in an error of ours, wherever it is', async () => {
    const lists = '['.repeat(3000) + ']'.repeat(3000)
    const objects = `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`
    for (const [name, content] of [
      ['a.jsonl', `{"q":1}\n{"q":${lists}}\n`],
      ['a.json', `[{"q":${objects}}]`],
      ['a.json', objects],
      ['a.json', lists],
      ['a.json', '['.repeat(100_000)],
    ] as const)
      expect((await failure(() => open(name, content), 'bad_data')).message).toContain('nested more than 500')
    expect(await rowsOf('a.jsonl', `{"q":${'['.repeat(400)}${']'.repeat(400)}}`)).toHaveLength(1)
  })
})

test('no error shows what an engine or a library says', async () => {
  const random = Uint8Array.from({ length: 300 }, (_, i) => (i * 7919) % 251)
  const zip = zipSync({ 'xl/workbook.xml': strToU8('<workbook><') }) as Uint8Array<ArrayBuffer>
  const parquet = Uint8Array.of(...utf8('PAR1'), ...random, ...utf8('\u0040\0\0\0PAR1'))
  const arrow = Uint8Array.of(...utf8('ARROW1\0\0'), ...random, 64, 0, 0, 0, ...utf8('ARROW1'))
  for (const [name, content] of [
    ['a.json', '{"a": tru}'],
    ['a.jsonl', '{"a": 1}\n{"a": 01}\n'],
    ['a.parquet', parquet],
    ['a.arrow', arrow],
    ['a.xlsx', zip],
  ] as const) {
    const { message } = await failure(
      () => open(name, content as Content),
      name.includes('json') ? 'bad_data' : name.includes('xlsx') ? 'unsupported_format' : 'bad_file',
    )
    expect(message.replace(name, '')).not.toMatch(
      /undefined|DataView|Unexpected|is not a function|in JSON at|flatbuffer|parquet |thrift/,
    )
  }
})

describe('safetensors', () => {
  const file = (header: object) => {
    const text = utf8(JSON.stringify(header))
    const bytes = new Uint8Array(8 + text.length + 16)
    new DataView(bytes.buffer).setUint32(0, text.length, true)
    bytes.set(text, 8)
    return bufferSource(bytes)
  }
  const tensor = (dtype: string, shape: number[]) => ({ dtype, shape, data_offsets: [0, 16] })

  test('without metadata, also where it says so', async () => {
    const { entries, metadata } = await openSafetensors(
      file({ __metadata__: null, t: tensor('F32', [2, 2]) }),
      'm',
    )
    expect([entries.size, metadata]).toEqual([1, {}])
  })

  test('types that the format does not have are refused when it is opened, those of part of a byte are known', async () => {
    for (const dtype of ['F77', 'constructor'])
      expect(
        (await failure(() => openSafetensors(file({ t: tensor(dtype, [2, 2]) }), 'm'), 'bad_file')).message,
      ).toContain(dtype)
    expect((await openSafetensors(file({ t: tensor('F4', [32]) }), 'm')).entries.size).toBe(1)
  })
})
