import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** Questions and answers, 500 bytes a row, with quotes, line breaks and other scripts. */
function* rowsOf(count: number) {
  const words = 'the of and to in is that was for on Bär 数据 🙂 "quoted" a,b which\nnew'.split(' ')
  let state = 1
  const text = (length: number) => {
    let made = ''
    while (made.length < length) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      made += `${words[(state >>> 8) % words.length]}${state % 97} `
    }
    return made
  }
  for (let id = 0; id < count; id++)
    yield { id, prompt: text(180), response: text(220), score: id / 8, topic: words[id % 12]! }
}

type Row = ReturnType<typeof rowsOf> extends Iterable<infer Each> ? Each : never

const cell = (value: unknown) =>
  /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : value
const asCsv = (row: Row) => `${Object.values(row).map(cell).join(',')}\n`
const HEADER = 'id,prompt,response,score,topic\n'
const KINDS: Record<string, { before: string; row: (row: Row) => string; after: string }> = {
  csv: { before: HEADER, row: asCsv, after: '' },
  'csv.gz': { before: HEADER, row: asCsv, after: '' },
  jsonl: { before: '', row: (row) => `${JSON.stringify(row)}\n`, after: '' },
  json: {
    before: '[\n',
    row: (row) => `${row.id ? ',' : ''}${JSON.stringify(row, null, 1)}\n`,
    after: ']\n',
  },
}

/** Written row by row, so that what the reading takes is not hidden behind what the writing took. */
export async function writeRows(folder: string, kind: string, count: number): Promise<string> {
  const path = join(folder, `rows.${kind}`)
  const { before, row, after } = KINDS[kind]!
  function* pieces() {
    yield before
    for (const each of rowsOf(count)) yield row(each)
    yield after
  }
  const zip = kind.endsWith('.gz') ? [createGzip({ level: 1 })] : []
  await pipeline([Readable.from(pieces()), ...zip, createWriteStream(path)])
  return path
}
