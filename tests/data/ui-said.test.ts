import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import { pseudoSaid } from '../../src/ui/messages/pseudo-said.ts'
import { createSayer, type SaidTexts } from '../../src/ui/messages/sayer.ts'
import { said as zhHant } from '../../src/ui/messages/zh-Hant/said/index.ts'
import { words } from '../../src/ui/messages/zh-Hant/said/words.ts'
import { type Said, saidBy, saidIn } from '../support/said.ts'

const SAID = saidIn('src')
const KEYS = new Map(SAID.map((each) => [each.key, each]))

const LANGUAGES: [string, SaidTexts][] = [
  ['zh-Hant', zhHant],
  ['ar-XB', pseudoSaid(zhHant)],
]

/** Numbers of the values in a text. */
const values = (text: string) =>
  [...new Set([...text.matchAll(/\{(\d+)~?\}/g)].map(([, at]) => Number(at)))].sort((a, b) => a - b)

/** A key's choices: how many wordings each has, and whether they hold values. */
function choicesOf(key: string): { options: number; values: number[] }[] {
  const found: { options: number; values: number[] }[] = []
  const open: number[] = []
  for (const piece of key.split(/(\{\d+\}|[‹|›])/)) {
    if (piece === '‹') open.push(found.push({ options: 1, values: [] }) - 1)
    else if (piece === '›') open.pop()
    else if (piece === '|' && open.length > 0) found[open.at(-1)!]!.options++
    else if (/^\{\d+\}$/.test(piece))
      for (const at of open) found[at]!.values.push(Number(piece.slice(1, -1)))
  }
  return found
}

/** Without the marks of the language of trial. */
const bare = (text: string) => text.replace(/[\u202c\u202e]/g, '')

test('the reading of the sources sees what it looks for', () => {
  expect(
    saidBy(`
      const HINT = 'Fetch it again.'
      const KINDS = { a: 'a photo', b: 'a sound' }
      function refuse(file: string, what: string, hint = HINT): never {
        fail('bad_file', \`\${file} is \${what}.\`, hint)
      }
      export function read(name: string, rows: number) {
        if (rows > 1) refuse(name, rows === 2 ? 'too long' : \`no more than \${rows} rows\`)
        refuse(name, KINDS[name], 'Use another.')
        found.push({ message: \`\${counted(rows, 'row has', 'rows have')} \${rows ? 'a value' : 'none'}.\`, hint: a ?? 'Leave it.' })
      }
    `).sort(),
  ).toEqual(
    [
      '{0} is {1}.',
      'too long',
      'no more than {0} rows',
      'a photo',
      'a sound',
      'Fetch it again.',
      'Use another.',
      '{0} ‹row has|rows have› ‹a value|none›.',
      'Leave it.',
    ].sort(),
  )
})

describe.each(LANGUAGES)('what is said behind the page, in %s', (_tag, texts) => {
  test('each text of the sources has its translation, and none is left over', () => {
    expect(SAID.length).toBeGreaterThan(600)
    expect(SAID.filter(({ key }) => !texts[key]?.trim())).toEqual([])
    expect(Object.keys(texts).filter((key) => !KEYS.has(key) && !(key in words))).toEqual([])
  })

  test('values and wordings are those of the English text', () => {
    const wrong = Object.entries(texts).filter(([key, text]) => {
      const { nested } = KEYS.get(key) ?? { nested: [] }
      const choices = choicesOf(key)
      const used = [...text.matchAll(/‹(\d+):([^›]*)›/g)]
      return (
        values(text).join() !== values(key).join() ||
        nested.some((at) => !text.includes(`{${at}~}`)) ||
        used.some(([, at, options]) => choices[Number(at)]?.options !== options!.split('|').length) ||
        text.replace(/‹\d+:[^›]*›/g, '').match(/[‹›]/) !== null
      )
    })
    expect(wrong).toEqual([])
  })

  test('each is known by its own words, whatever its values are', () => {
    const say = createSayer(texts)
    const wrong: string[] = []
    for (const { key } of SAID)
      for (const option of ['first', 'last'] as const) {
        const [english, expected] = sampleOf(key, texts[key]!, option, texts[INNER]!)
        const found = say(english)
        if (bare(found) !== bare(expected)) wrong.push(`${english} -> ${found}, not ${expected}`)
      }
    expect(wrong).toEqual([])
  })
})

const value = (at: number) => `v${at}`
/** A text of its own, for values that are texts. */
const INNER = 'the model'
const chosen = (options: string[], option: 'first' | 'last') =>
  option === 'first' ? options[0]! : options.at(-1)!

/** A key with one of its wordings, from the inside out. */
function worded(key: string, option: 'first' | 'last'): string {
  const next = key.replace(/‹([^‹›]*)›/, (_, options: string) => chosen(options.split('|'), option))
  return next === key ? key : worded(next, option)
}

/** An English text of a key, and how it is to be said. */
function sampleOf(key: string, text: string, option: 'first' | 'last', inner: string): [string, string] {
  const isText = (at: string) => text.includes(`{${at}~}`)
  const english = worded(key, option)
  const told = text.replace(/‹\d+:([^›]*)›/g, (_, options: string) => chosen(options.split('|'), option))
  return [
    english.replace(/\{(\d+)\}/g, (_, at: string) => (isText(at) ? INNER : value(Number(at)))),
    told.replace(/\{(\d+)(~?)\}/g, (_, at: string, own: string) =>
      // Of a wording that was not chosen there is no value.
      english.includes(`{${at}}`) ? (own ? inner : value(Number(at))) : '',
    ),
  ]
}

test('texts within texts, lists of them and numbers are said in the language, too', () => {
  const say = createSayer({
    'Row {0} of {1} is not JSON: {2}.': '{1} 的第 {0} 列不是 JSON：{2~}。',
    'it ends too early': '太早結束',
    '{0} ‹row was|rows were› left out.‹| The first: {1}›': '略過 {0} 列。‹1:|第一個：{1~}›',
    'Nothing is there: {0}.': '什麼都沒有：{0~}。',
    'no memory': '沒有記憶體',
    'no device': '沒有裝置',
  })
  expect(say('Row 3 of a.json is not JSON: it ends too early.')).toBe('a.json 的第 3 列不是 JSON：太早結束。')
  expect(say('1,291 rows were left out.')).toBe('略過 1,291 列。')
  expect(say('1 row was left out. The first: Row 3 of {0} is not JSON: x.')).toBe(
    '略過 1 列。第一個：{0} 的第 3 列不是 JSON：x。',
  )
  expect(say('Nothing is there: no memory, no device, none.')).toBe(
    '什麼都沒有：沒有記憶體、沒有裝置、none。',
  )
  expect(say('Some other text.')).toBe('Some other text.')
})

test('whatever stands in a text, it is told at once', () => {
  const say = createSayer(zhHant)
  const texts = [
    `${'x'.repeat(3000)} is ${'a b '.repeat(1000)}`,
    `Row "${'a, '.repeat(1000)}" of {0} cannot be read: ${'it '.repeat(1000)}.`,
    'a: '.repeat(2000),
    `${'a.csv is '.repeat(500)}.`,
    'a'.repeat(50_000),
  ]
  for (const text of texts) expect(say(text).length).toBeGreaterThan(text.length / 2)
})

/** Names that Chinese has in Latin letters, and what stands in the files below. */
const NAMES =
  /\b(CSV|TSV|JSON|JSONL|UTF-8|UTF-16|Windows-1252|ZIP|gzip|Excel|Parquet|Arrow|prompt|response|messages|text|data|byte|[a-z]\.[a-z]+(\.[a-z]+)?)\b/g

describe('bad files, told in Chinese', () => {
  const say = createSayer(zhHant)
  const CASES: [string, string][] = [
    ['a.csv', ''],
    ['a.csv', 'prompt,response\n'],
    ['a.csv', 'prompt,response\n"a,b\nc,d\n'],
    ['a.csv', 'prompt,response\na,b,c\n'],
    ['a.csv', 'prompt,prompt\na,b\n'],
    ['a.csv', 'prompt,response\na\0,b\n'],
    ['a.json', '{"a": [1, 2'],
    ['a.json', '[1, 2, 3]'],
    ['a.json', '[]'],
    ['a.json', '[{}]'],
    ['a.jsonl', '{"prompt": "a"}\n{"prompt": \n'],
    ['a.jsonl', '"x"\n'],
    ['a.parquet', 'PAR1xxxxPAR1'],
    ['a.arrow', 'ARROW1..'],
    ['a.xlsx', 'PK\x03\x04zzzzzzzzzzzzzzzzzzzzzzzzzzzz'],
    ['a.zip', 'PK\x03\x04zzzzzzzzzzzzzzzzzzzzzzzzzzzz'],
    ['a.csv.gz', '\x1f\x8b\x08zzzzzzzzzzzzzzzz'],
    ['a.csv', '%PDF-1.7 zzz'],
    ['a.txt', '<!DOCTYPE html><html><body>x</body></html>'],
    ['a.tfrecord', 'zzzzzzzzzzzzzzzzzzzzzzzzz'],
  ]
  test.each(CASES)('%s: %j', async (name, content) => {
    const latin1 = Uint8Array.from(content, (letter) => letter.charCodeAt(0))
    const opened = await openDataset({ name, source: bufferSource(latin1) }).catch(toFailure)
    const told = 'code' in opened ? [opened] : opened.findings
    for (const { message, hint } of told)
      for (const text of [message, hint]) {
        const chinese = say(text)
        expect(chinese, text).toMatch(/\p{Script=Han}/u)
        const rest = chinese.replace(/[「"“][^」"”]*[」"”]/g, '').replace(NAMES, '')
        expect(rest, text).not.toMatch(/[A-Za-z]{2,} +[A-Za-z]{2,}/)
      }
  })
})

test('what cannot be told apart is refused by the reading of the sources', () => {
  const twice = new Map<string, Said>()
  for (const each of SAID) {
    const bare = each.key.replace(/\{\d+\}/g, '{}')
    expect(twice.get(bare)?.key ?? each.key, each.where).toBe(each.key)
    twice.set(bare, each)
  }
})
