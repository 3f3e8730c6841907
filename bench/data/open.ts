/**
 * How long a file of rows takes to open, in Node: `npx tsx bench/data/open.ts [--megabytes 50] [--only csv,jsonl,csv.gz]`, or
 * `--files PATH,PATH` for those of `bench/data/files.py`. A file lies on disk and is read as a browser's Blob, a piece at a time.
 */
import { createWriteStream, mkdtempSync, openAsBlob, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { parseFlags } from '../../cli/args.ts'
import { allColumnStats } from '../../src/dataset/columns.ts'
import { openDataset } from '../../src/dataset/open.ts'
import { blobSource } from '../../src/files/bytes.ts'

const flags = parseFlags(process.argv.slice(2), { megabytes: 'number', only: 'list', files: 'list' })
const megabytes = flags.megabytes ?? 50
const only = flags.only ?? ['csv', 'jsonl', 'json', 'csv.gz']
const count = Math.round((megabytes * 1e6) / 500)
const folder = mkdtempSync(join(tmpdir(), 'lapidary-bench-'))

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
async function write(kind: string): Promise<string> {
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

async function measure(path: string, rows?: number): Promise<void> {
  globalThis.gc?.()
  const blob = await openAsBlob(path)
  const before = process.memoryUsage().rss
  let [peak, preview] = [before, 0]
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  const dataset = await openDataset(
    { name: basename(path), source: blobSource(blob) },
    {
      onPreview: () => (preview = performance.now() - start),
      onProgress: () => (peak = Math.max(peak, process.memoryUsage().rss)),
    },
  )
  const open = performance.now() - start
  const { user, system } = process.cpuUsage(cpuBefore)
  const columns = await allColumnStats(dataset.table)
  const described = performance.now() - start
  peak = Math.max(peak, process.memoryUsage().rss)
  const { numRows } = dataset.table
  if (numRows !== (rows ?? numRows) || columns.length !== 5) throw new Error(`${path}: wrong table`)
  console.log(
    [
      basename(path).padEnd(16),
      `${(blob.size / 1e6).toFixed(1)} MB`,
      `${numRows} rows`,
      `preview ${Math.round(preview)} ms`,
      `open ${Math.round(open)} ms (processor ${Math.round((user + system) / 1000)} ms)`,
      `with column statistics ${Math.round(described)} ms`,
      `memory +${Math.round((peak - before) / 1e6)} MB`,
    ].join('  '),
  )
}

try {
  if (flags.files) for (const path of flags.files) await measure(path)
  else for (const kind of only) await measure(await write(kind), count)
} finally {
  rmSync(folder, { recursive: true })
}
