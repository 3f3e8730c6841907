import { describe, expect, test } from 'vitest'
import { repairEncoding, wronglyDecoded } from '../../src/dataset/encoding.ts'
import { Frame } from '../../src/dataset/frame.ts'
import { inspectFrame } from '../../src/dataset/inspect/index.ts'
import { runSteps } from '../../src/dataset/steps/index.ts'
import { makeTable } from '../../src/files/table.ts'
import { NO_MAPPING } from '../../src/protocol/recipe.ts'
import { seeded, utf8 } from './helpers.ts'

/** Bytes 0x80 to 0x9f. */
const WINDOWS_1252 = [
  0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d,
  0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a,
  0x153, 0x9d, 0x17e, 0x178,
]
/** What the wrong decoder makes of a text. */
const as1252 = (text: string) =>
  Array.from(utf8(text), (byte) =>
    String.fromCharCode((byte & 0xe0) === 0x80 ? WINDOWS_1252[byte - 0x80]! : byte),
  ).join('')
const asLatin1 = (text: string) => String.fromCharCode(...utf8(text))

describe('text that was decoded wrongly', () => {
  test.each([
    ['cafÃ©', 'café'],
    ['itâ€™s â€œquotedâ€\u009d â€“ soâ€¦', 'it’s “quoted” – so…'],
    ['Ã€ la carte, 20 Â°C, 3 Ã— 4', 'À la carte, 20 °C, 3 × 4'],
    ['cafÃƒÂ©', 'café'],
    ['ðŸ™‚', '🙂'],
    ['Å‚Ã³dÅº', 'łódź'],
    ['plain line\nfÃ¼r\n“kept”', 'plain line\nfür\n“kept”'],
  ])('%j is %j', (wrong, right) => {
    expect(repairEncoding(wrong)).toBe(right)
    expect(wronglyDecoded(wrong)).not.toBeNull()
    expect(repairEncoding(right)).toBe(right)
  })

  test('texts of many scripts come back from both decoders, also twice', () => {
    const texts = [
      'Zażółć gęślą jaźń',
      'Привет, мир',
      'Καλημέρα κόσμε',
      'שלום עולם',
      'مرحبا',
      '你好,世界',
      'こんにちは',
      '안녕',
      'नमस्ते',
      'Crème brûlée – “oui”',
      '👩‍💻 ok',
    ]
    for (const text of texts)
      for (const decode of [as1252, asLatin1]) {
        expect(repairEncoding(decode(text))).toBe(text)
        expect(repairEncoding(decode(decode(text)))).toBe(text)
        expect(repairEncoding(text)).toBe(text)
      }
  })

  test.each([
    'café, naïve, Übergrößenträger',
    '«CAFÉ»',
    'CAFÉ»',
    'NÃO É ASSIM',
    '“IRMÃ”',
    'Ø±0.1 mm',
    '3×¾ inch',
    'Ã is a letter, and so is â',
    'voilà…',
    'l’été…',
    'éé…',
    'È“ and Š‚',
    '中文 cafÃ©',
    'a\u0085b',
    '',
  ])('%j is left as it is', (text) => {
    expect(repairEncoding(text)).toBe(text)
    expect(wronglyDecoded(text)).toBeNull()
  })

  test('what is repaired is what was: random texts of letters that are one byte', () => {
    const random = seeded(5)
    const letters = [...'abc é ü ñ œ “ ” ’ … » « × Ø ± Â Ã â']
    for (let i = 0; i < 2000; i++) {
      const text = Array.from({ length: 12 }, () => letters[Math.floor(random() * letters.length)]).join('')
      const repaired = repairEncoding(text)
      if (repaired !== text) expect([text, asLatin1(text)]).toContain(as1252(repaired))
      expect(repairEncoding(as1252(text))).toBe(repaired)
    }
  })
})

test('a finding for each column, with an example and its remedy', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => i)
  const frame = Frame.of(
    makeTable([
      { name: 'q', values: rows.map((i) => `How much is coffee ${i}?`) },
      { name: 'a', values: rows.map((i) => (i % 4 === 3 ? `${i} â‚¬ at the cafÃ©` : `${i} € at the café`)) },
    ]),
  )
  const options = {
    mapping: { ...NO_MAPPING, prompt: 'q', response: 'a' },
    split: null,
    validationShare: 0,
    seed: 1,
  }
  const found = (await inspectFrame(frame, options)).filter(({ kind }) => kind === 'wrong_encoding')
  expect(found).toMatchObject([{ row: 3, column: 'a', count: 3, severity: 'warning' }])
  expect(found[0]!.message).toBe(
    '3 texts in "a" hold letters that were decoded wrongly, such as "â‚¬" for "€", row 4 first.',
  )
  const { fix } = found[0]!
  if (fix?.kind !== 'step') throw new Error('another fix')
  const { frame: repaired, reports } = await runSteps(frame, [fix.step], { seed: 1 })
  expect(reports[0]).toMatchObject({ changed: 3, rowsOut: 12 })
  expect(repaired.column('a')[3]).toBe('3 € at the café')
  expect(repaired.column('a')[0]).toBe('0 € at the café')
  expect((await inspectFrame(repaired, options)).map(({ kind }) => kind)).not.toContain('wrong_encoding')
})
