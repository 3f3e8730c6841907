/**
 * How long a file of rows takes to open, in Node: `npx tsx bench/data/open.ts [--megabytes 50] [--only csv,jsonl,csv.gz]`, or
 * `--files PATH,PATH` for those of `bench/data/files.py`. A file lies on disk and is read as a browser's Blob, a piece at a time.
 */
import { mkdtempSync, openAsBlob, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseFlags } from '../../cli/args.ts'
import { allColumnStats } from '../../src/dataset/columns.ts'
import { openDataset } from '../../src/dataset/open.ts'
import { blobSource } from '../../src/files/bytes.ts'
import { writeRows } from './question-rows.ts'

const flags = parseFlags(process.argv.slice(2), { megabytes: 'number', only: 'list', files: 'list' })
const megabytes = flags.megabytes ?? 50
const only = flags.only ?? ['csv', 'jsonl', 'json', 'csv.gz']
const count = Math.round((megabytes * 1e6) / 500)
const folder = mkdtempSync(join(tmpdir(), 'lapidary-bench-'))

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
  else for (const kind of only) await measure(await writeRows(folder, kind, count), count)
} finally {
  rmSync(folder, { recursive: true })
}
