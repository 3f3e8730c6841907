import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync, strToU8, zipSync } from 'fflate'

export interface GivenFile {
  name: string
  mimeType: string
  buffer: Buffer
}

const GOLDEN = join(import.meta.dirname, '../../golden')

export const file = (name: string, content: Uint8Array | string): GivenFile => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(typeof content === 'string' ? strToU8(content) : content),
})

/** A file that an official library wrote. */
export const golden = (...path: string[]): GivenFile =>
  file(path.at(-1)!, readFileSync(join(GOLDEN, ...path)))

export type TfdsKind = 'tfrecord' | 'array_record' | 'parquet'

/** A folder as TensorFlow Datasets writes it: its shards are kept compressed here. */
export function tfdsFolder(kind: TfdsKind): GivenFile[] {
  const path = ['tfds', 'features', kind]
  return readdirSync(join(GOLDEN, ...path)).map((name) => {
    const given = golden(...path, name)
    return name.endsWith('.gz') ? file(name.slice(0, -'.gz'.length), gunzipSync(given.buffer)) : given
  })
}

export const COUNT = 24

/** Rows numbered from 1, as a person counts them. */
export const rows = <Row>(make: (n: number) => Row): Row[] =>
  Array.from({ length: COUNT }, (_, i) => make(i + 1))

type Cells = Record<string, string | number>

const quoted = (cell: string | number) => `"${String(cell).replaceAll('"', '""')}"`

export function separated(all: Cells[], separator = ',', lineEnd = '\n'): string {
  const line = (cells: (string | number)[]) => cells.map(quoted).join(separator) + lineEnd
  return [Object.keys(all[0]!), ...all.map((row) => Object.values(row))].map(line).join('')
}

export const jsonLines = (all: unknown[]) => `${all.map((row) => JSON.stringify(row)).join('\n')}\n`
export const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
/** Latin-1 but for the two signs beyond it that such files are full of. */
export const windows1252 = (text: string) =>
  Buffer.from(text.replaceAll('€', '\x80').replaceAll('’', '\x92'), 'latin1')
export const gzip = (text: string) => gzipSync(strToU8(text))
export const zip = (name: string, text: string) => zipSync({ [name]: strToU8(text) })

/** Questions with two spaces to be tidied up; one has no answer. */
export const QUESTIONS = rows((n) => ({
  question: `Where is  the café number ${n}?`,
  answer: n === 7 ? '' : `Behind hill ${n}, à gauche.`,
}))
/** Codes for labels, twice as many of one; a row with an address. */
export const REVIEWS = rows((n) => ({
  review:
    n === 5 ? 'Write to rose@example.org for soup.' : `The soup on day ${n} was ${n % 3 ? 'good' : 'bad'}.`,
  label: n % 3 ? 'p' : 'n',
}))
/** Sentences in two languages with curved apostrophes; one has no translation. */
export const SENTENCES = rows((n) => ({
  english: `It’s ${n} €.`,
  french: n === 7 ? '' : `C’est ${n} €, à peu près.`,
}))
/** The ninth question has been asked and answered before. */
export const WORDS = rows((n) => ({
  prompt: `数据 🙂 number ${n === 9 ? 8 : n}?`,
  completion: `Größer than ${n === 9 ? 8 : n}.`,
}))
/** Names of columns with white space, and a telephone number. */
export const CALLS = rows((n) => ({
  ' question ': `Who answers at desk ${n}?`,
  'answer\t': n === 3 ? 'Call +44 20 7946 0958.' : `Anna answers at desk ${n}.`,
}))
/** Instructions in Alpaca's shape, of which one has a placeholder for its output. */
export const INSTRUCTIONS = rows((n) => ({
  instruction: n % 2 ? `Write number ${n} as a word.` : 'Reverse it.',
  input: n % 2 ? '' : `letters ${n}`,
  output: n === 4 ? 'N/A' : `made of ${n}`,
}))
/** Two answers to one question. */
export const CONTRARY = {
  question: rows((n) => `How Far Is Village ${n === 6 ? 5 : n}?`),
  answer: rows((n) => `${n} miles.`),
}
/** Conversations in OpenAI's shape; the seventh has no role for its second turn. */
export const CHATS = rows((n) => ({
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: `Where is  the mill number ${n}?` },
    n === 7 ? { content: 'Here.' } : { role: 'assistant', content: `At the river, mile ${n}.` },
  ],
}))
/** Conversations in ShareGPT's shape, with a control character in one of them. */
export const SHARED = rows((n) => ({
  conversations: [
    { from: 'human', value: `Is door ${n} open?` },
    { from: 'gpt', value: n === 3 ? 'Yes,\u0007 it is.' : `Door ${n} is open.` },
  ],
}))
/** Numbers for answers; one is missing. */
export const SCORES = rows((n) => ({ essay: `Essay on topic ${n}.`, score: n === 11 ? '' : n + 0.375 }))
/** A row for each of two files. */
export const HALVES = rows((n) => ({
  question: `What is ${n} + 1?`,
  answer: n === 2 ? '' : `It is ${n + 1}.`,
}))
/** Lines to go on with; letters were lost in one of them. */
export const LINES = rows((n) => `Once upon a time there were ${n} ${n === 12 ? 'h\ufffdlls' : 'hills'}.`)

const cut = (given: GivenFile, share: number) =>
  file(`cut-${given.name}`, given.buffer.subarray(0, Math.floor(given.buffer.length * share)))

/** The folder with one bit of its first shard turned over. */
function flipped(kind: TfdsKind, byte: number): GivenFile[] {
  return tfdsFolder(kind).map((given) => {
    if (!given.name.includes('train')) return given
    const buffer = Buffer.from(given.buffer)
    buffer[byte]! ^= 4
    return { ...given, buffer }
  })
}

/** A file of each family that is not what it should be, with what has to be said of it. */
export function damaged(): Record<string, { files: GivenFile[]; says: RegExp }> {
  const one = (given: GivenFile, says: RegExp) => ({ files: [given], says })
  return {
    CSV: one(file('quote.csv', 'question,answer\n"Where is it?,here\nNo,end\n'), /line 2.*does not end/),
    'ragged CSV': one(file('ragged.csv', 'question,answer\nWho?,Tom\nWhere?,here,there\n'), /row 2|line 3/),
    'an empty file': one(file('empty.csv', ''), /is empty/),
    'JSON array': one(
      file('cut.json', JSON.stringify(INSTRUCTIONS).slice(0, -200)),
      /middle of row \d+, at byte/,
    ),
    'JSON lines': one(file('bad.jsonl', '{"a": 1}\n{"a": 2}\n{"a": }\n'), /Line 3 of bad\.jsonl \(byte 18\)/),
    'plain text': one(file('blank.txt', '\n \n\n'), /is empty/),
    Parquet: one(cut(golden('files', 'text-snappy.parquet'), 0.7), /damaged Parquet file in its footer/),
    Arrow: one(
      cut(golden('files', 'text-zstd.arrow'), 0.5),
      /damaged Arrow file in its schema: its end mark is missing, so it was cut off/,
    ),
    Feather: one(cut(golden('files', 'typed-lz4.feather'), 0.6), /damaged Arrow file/),
    Excel: one(cut(golden('files', 'workbook.xlsx'), 0.6), /damaged ZIP archive.*cut off/),
    gzip: one(cut(file('packed.csv.gz', gzip(separated(QUESTIONS))), 0.6), /damaged gzip archive.*near byte/),
    ZIP: one(cut(file('packed.zip', zip('lines.jsonl', jsonLines(CHATS))), 0.5), /damaged ZIP archive/),
    'a picture': one(
      file('picture.csv', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13)),
      /is a PNG image/,
    ),
    'TFDS, TFRecord': { files: flipped('tfrecord', 40), says: /record 1|byte/ },
    'TFDS, ArrayRecord': { files: flipped('array_record', 200), says: /record|byte|chunk/ },
    'TFDS, Parquet': { files: flipped('parquet', 60), says: /damaged|record|byte/ },
    'TFDS without a shard': {
      files: tfdsFolder('tfrecord').filter(({ name }) => !name.includes('train.tfrecord-00001')),
      says: /train.*00001-of-00002/s,
    },
    'files of different columns': {
      files: [file('a.csv', separated(QUESTIONS)), file('b.csv', separated(SCORES))],
      says: /different columns/,
    },
  }
}
