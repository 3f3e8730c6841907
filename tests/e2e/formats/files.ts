import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, strToU8, zipSync } from 'fflate'

export interface GivenFile {
  name: string
  mimeType: string
  buffer: Buffer
}

const GOLDEN = join(import.meta.dirname, '../../golden')

const file = (name: string, bytes: Uint8Array): GivenFile => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(bytes),
})

/** A file that an official library wrote. */
export const golden = (...path: string[]): GivenFile =>
  file(path.at(-1)!, readFileSync(join(GOLDEN, ...path)))

/** A folder as TensorFlow Datasets writes it. */
export function tfdsFolder(kind: 'tfrecord' | 'array_record' | 'parquet'): GivenFile[] {
  const path = ['tfds', 'features', kind]
  return readdirSync(join(GOLDEN, ...path)).map((name) => golden(...path, name))
}

const COUNT = 24
/** Questions with two spaces to be tidied up, in letters beyond ASCII; the row with number 7 has no answer. */
const ROWS = Array.from({ length: COUNT }, (_, i) => ({
  question: `Where is  the café number ${i + 1}?`,
  answer: i === 6 ? '' : `Behind hill ${i + 1}, à gauche.`,
}))

function separated(separator: string, lineEnd = '\n'): string {
  const lines = ROWS.map(({ question, answer }) => `"${question}"${separator}"${answer}"`)
  return ['question', ...lines].join(lineEnd).replace('question', `question${separator}answer`) + lineEnd
}

const jsonRows = ROWS.map(({ question, answer }) => ({ question, answer: answer || null }))
const jsonLines = jsonRows.map((row) => JSON.stringify(row)).join('\n')
const utf16 = (text: string) => new Uint8Array(Buffer.from(`\uFEFF${text}`, 'utf16le'))
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

/** The same questions and answers in each way of writing them down. */
export const QUESTIONS: Record<string, GivenFile[]> = {
  CSV: [file('plain.csv', strToU8(separated(',')))],
  TSV: [file('tabs.tsv', strToU8(separated('\t')))],
  'CSV with semicolons in Windows-1252': [file('semicolons.csv', latin1(separated(';')))],
  'CSV in UTF-16': [file('wide.csv', utf16(separated(',')))],
  'CSV with old line ends': [file('old.csv', strToU8(separated(',', '\r')))],
  'JSON array': [file('array.json', strToU8(JSON.stringify(jsonRows)))],
  'JSON object': [file('object.json', strToU8(JSON.stringify({ version: 1, data: jsonRows })))],
  'JSON lines': [file('lines.jsonl', strToU8(jsonLines))],
  'gzip of CSV': [file('packed.csv.gz', gzipSync(strToU8(separated(','))))],
  'ZIP of JSON lines': [file('packed.zip', zipSync({ 'inner/lines.jsonl': strToU8(jsonLines) }))],
  'a CSV under a wrong name': [file('wrong.parquet', strToU8(separated(',')))],
}

/** Conversations of two turns in OpenAI's shape. */
export const CONVERSATIONS = file(
  'chats.jsonl',
  strToU8(
    ROWS.map(({ question, answer }) =>
      JSON.stringify({
        messages: [
          { role: 'user', content: question },
          { role: 'assistant', content: answer },
        ],
      }),
    ).join('\n'),
  ),
)

/** Lines to go on with. */
export const LINES = file(
  'lines.txt',
  strToU8(ROWS.map((_, i) => `Once upon  a time there were ${i + 1} hills.`).join('\n')),
)

/** Reviews with a label. */
export const LABELS = file(
  'labels.tsv',
  strToU8(
    `review\tlabel\n${ROWS.map((_, i) => `The  soup on day ${i + 1} was ${i % 3 ? 'good' : 'bad'}.\t${i % 3 ? 'positive' : 'negative'}`).join('\n')}\n`,
  ),
)

/** Half of the rows in each of two files. */
export const TWO_FILES = [0, 1].map((half) =>
  file(
    `part-${half + 1}.csv`,
    strToU8(
      `question,answer\n${ROWS.slice(half * 12, half * 12 + 12)
        .map(({ question, answer }) => `"${question}","${answer}"`)
        .join('\n')}\n`,
    ),
  ),
)

/** Files that are not what they should be, with what has to be said of them. */
export function damaged(): [GivenFile, RegExp][] {
  const cut = (given: GivenFile, share: number): GivenFile => ({
    ...given,
    name: `cut-${given.name}`,
    buffer: given.buffer.subarray(0, Math.floor(given.buffer.length * share)),
  })
  return [
    [file('quote.csv', strToU8('question,answer\n"Where is it?,here\nNo,end\n')), /line 2.*does not end/],
    [
      file('cut.json', strToU8(JSON.stringify(jsonRows).slice(0, -200))),
      /ends in the middle of row 22, at byte/,
    ],
    [cut(golden('files', 'text-snappy.parquet'), 0.7), /damaged Parquet file in its footer/],
    [cut(golden('files', 'text-zstd.arrow'), 0.5), /damaged Arrow file in its record batch 2.*byte 3049/],
    [cut(golden('files', 'workbook.xlsx'), 0.6), /damaged ZIP archive.*cut off/],
    [cut(QUESTIONS['gzip of CSV']![0]!, 0.6), /damaged gzip archive.*near byte/],
    [cut(golden('tfds', 'records', 'gzip.tfrecord'), 0.5), /gzip|record/],
    [
      file('picture.csv', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13])),
      /is a PNG image/,
    ],
  ]
}
