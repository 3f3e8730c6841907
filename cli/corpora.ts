import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Dataset, openDataset } from '../src/dataset/open.ts'
import type { ByteSource } from '../src/files/bytes.ts'
import { columnNames, tableRows } from '../src/files/table.ts'
import { fail, LapidaryError, toFailure } from '../src/protocol/errors.ts'
import { type Flags, parseFlags } from './args.ts'
import { report } from './report.ts'

/** npm run corpora -- DIR: tries every file of a folder with the readers of data, one line a file. */

const HELP = `npm run corpora -- DIR [--json] [--options '{"encoding": "gb18030"}'] [--seconds N]

Reads every file below DIR as the Data page would and prints one line for each:

  right     its rows are those of the file beside it that says what is in it
  differs   they are not: the first place is named
  read      there is no such file: rows and columns are printed
  refused   an error of Lapidary's, with its code
  FAILED    anything else: a fault of Lapidary

What is in NAME is said by NAME.expected.jsonl (a row a line) or NAME.expected.json: a list of rows, an object of columns
({"q": ["a", "b"]}), or {"refused": "part of the message"} for a file that is to be refused. Missing values are null or left out.

  --json      a JSON object a line
  --options   how files are read (docs/reading.md), for all of them
  --seconds   files that take longer are listed again at the end (20)

Exit 1 where a file differs or failed.`

const SPEC = { json: 'switch', options: 'text', seconds: 'number', help: 'switch' } as const

type Verdict = 'right' | 'differs' | 'read' | 'refused' | 'FAILED'

/** What came of one file. */
export interface Tried {
  file: string
  verdict: Verdict
  seconds: number
  rows?: number
  columns?: string[]
  findings?: string[]
  code?: string
  /** The error, or the first difference. */
  message?: string
}

const EXPECTED = /\.expected\.jsonl?$/

async function tryFile(path: string, name: string, options: object): Promise<Tried> {
  const start = performance.now()
  const tried = (rest: Omit<Tried, 'file' | 'seconds'>): Tried => ({
    file: name,
    seconds: Math.round(performance.now() - start) / 1000,
    ...rest,
  })
  const wanted = expectedOf(path)
  const handle = await open(path)
  try {
    const dataset = await openDataset({ name, source: fileSource(handle, statSync(path).size) }, options)
    const shape = {
      rows: dataset.table.numRows,
      columns: columnNames(dataset.table),
      findings: dataset.findings.map(({ message }) => message),
    }
    if (!wanted) return tried({ verdict: 'read', ...shape })
    const difference = differenceOf(dataset, wanted)
    return tried({
      verdict: difference === null ? 'right' : 'differs',
      ...shape,
      ...(difference === null ? {} : { message: difference }),
    })
  } catch (error) {
    const { code, message } = toFailure(error)
    if (!(error instanceof LapidaryError)) return tried({ verdict: 'FAILED', code, message })
    const right = wanted && 'refused' in wanted && message.includes(wanted.refused)
    return tried({ verdict: right ? 'right' : 'refused', code, message })
  } finally {
    await handle.close()
  }
}

function fileSource(handle: Awaited<ReturnType<typeof open>>, size: number): ByteSource {
  return {
    size,
    async read(start, end, signal) {
      signal?.throwIfAborted()
      const bytes = new Uint8Array(end - start)
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start)
      if (bytesRead < bytes.length)
        fail('bad_file', 'The file ends early.', 'Fetch it again.', { start, end })
      return bytes
    },
  }
}

type Expected = { rows: Record<string, unknown>[] } | { refused: string }

function expectedOf(path: string): Expected | null {
  const text = (ending: string) => {
    try {
      return readFileSync(path + ending, 'utf8')
    } catch {
      return null
    }
  }
  const lines = text('.expected.jsonl')
  if (lines !== null)
    return { rows: lines.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)])) }
  const whole = text('.expected.json')
  if (whole === null) return null
  const value = JSON.parse(whole) as unknown
  if (Array.isArray(value)) return { rows: value }
  if (typeof (value as { refused?: unknown }).refused === 'string') return value as { refused: string }
  const columns = Object.entries(value as Record<string, unknown[]>)
  const rows = Array.from({ length: columns[0]?.[1].length ?? 0 }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[i]])),
  )
  return { rows }
}

/** The first value that is not as it should be, in words; null where all are. */
function differenceOf({ table }: Dataset, expected: Expected): string | null {
  if ('refused' in expected) return `${table.numRows} rows, but it should be refused: ${expected.refused}`
  if (table.numRows !== expected.rows.length) return `${table.numRows} rows, not ${expected.rows.length}`
  const rows = tableRows(table)
  for (const [i, wanted] of expected.rows.entries()) {
    const row = rows[i]!
    for (const name of new Set([...Object.keys(wanted), ...Object.keys(row)])) {
      const [is, should] = [row[name] ?? null, wanted[name] ?? null]
      if (!isDeepStrictEqual(is, should)) return `row ${i + 1}, "${name}": ${shown(is)}, not ${shown(should)}`
    }
  }
  return null
}

function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}...` : text
}

function lineOf({ file, verdict, seconds, rows, columns, findings, code, message }: Tried): string {
  const shape =
    rows === undefined ? '' : `${rows} rows, ${columns!.length} columns: ${columns!.slice(0, 6).join(', ')}`
  const said = [shape, code && `${code}:`, message, ...(findings ?? []).map((text) => `(${text})`)]
  return `${verdict.padEnd(8)} ${file} [${seconds.toFixed(1)} s] ${said.filter(Boolean).join(' ')}`
}

async function corpora(folder: string, flags: Flags<typeof SPEC>): Promise<boolean> {
  const options = JSON.parse(flags.options ?? '{}') as object
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    fail('missing_file', `There is no folder ${folder}.`, 'Name the folder of the files to read.', {
      path: folder,
    })
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !EXPECTED.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const counts = new Map<Verdict, number>()
  const slow: Tried[] = []
  for (const path of paths) {
    const tried = await tryFile(path, relative(folder, path), options)
    counts.set(tried.verdict, (counts.get(tried.verdict) ?? 0) + 1)
    if (tried.seconds > (flags.seconds ?? 20)) slow.push(tried)
    console.log(flags.json ? JSON.stringify(tried) : lineOf(tried))
  }
  const told = [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')
  console.error(`${paths.length} files: ${told}`)
  for (const { file, seconds } of slow) console.error(`slow: ${file}, ${seconds.toFixed(1)} s`)
  return !counts.has('differs') && !counts.has('FAILED')
}

const [folder, ...rest] = process.argv.slice(2)
try {
  const help = folder === undefined || folder === '--help' || rest.includes('--help')
  if (help) console.log(HELP)
  else if (!(await corpora(folder, parseFlags(rest, SPEC)))) process.exitCode = 1
} catch (error) {
  process.exitCode = report(error)
}
