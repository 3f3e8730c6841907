/**
 * How much memory opening a large CSV takes in Chromium: `npx tsx bench/data/memory.ts [--megabytes 200]`. Counted is what the
 * page's process and its workers hold of their own (anonymous and shared pages), looked at every 20 ms; Linux only.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'vite'
import { parseFlags } from '../../cli/args.ts'
import { openBrowser } from '../../cli/browser.ts'
import { ROOT } from '../../cli/build.ts'
import { writeRows } from './question-rows.ts'

const { megabytes = 200 } = parseFlags(process.argv.slice(2), { megabytes: 'number' })

/** A process that has ended while it was looked at counts for nothing. */
function statusOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/status`, 'utf8')
  } catch {
    return ''
  }
}

/** Processes of pages that this one started, itself or through others. */
function renderers(): string[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((id) => [id, /^PPid:\s+(\d+)/m.exec(statusOf(id))?.[1] ?? '0']),
  )
  const isOwn = (id: string): boolean =>
    id === String(process.pid) || (parents.has(id) && isOwn(parents.get(id)!))
  return [...parents.keys()].filter(
    (id) => isOwn(id) && readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('--type=renderer'),
  )
}

/** Bytes. */
function held(ids: readonly string[]): number {
  return ids
    .flatMap((id) => [...statusOf(id).matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm)])
    .reduce((sum, [, kilobytes]) => sum + 1024 * Number(kilobytes), 0)
}

const folder = mkdtempSync(join(tmpdir(), 'lapidary-memory-'))
const server = await createServer({ root: ROOT, logLevel: 'error', server: { port: 0, host: '127.0.0.1' } })
try {
  const path = await writeRows(folder, 'csv', Math.round((megabytes * 1e6) / 500))
  await server.listen()
  const { page, close } = await openBrowser()
  try {
    // Any page of this origin, on which the client alone is loaded.
    await page.goto(`${server.resolvedUrls!.local[0]}LICENSE`)
    await page.evaluate(async () => {
      const client = '/src/workers/client.ts'
      const { createStudio } = await import(/* @vite-ignore */ client)
      const input = Object.assign(document.createElement('input'), { type: 'file' })
      document.body.append(input)
      // Its worker is there, and what reads CSV is loaded.
      const studio = createStudio()
      await studio.data.openFile(new File(['q,a\n1,2\n'], 'first.csv'))
      Object.assign(window, { studio })
    })
    await page.setInputFiles('input', path)
    const ids = renderers()
    const before = held(ids)
    let peak = before
    const watch = setInterval(() => (peak = Math.max(peak, held(ids))), 20)
    const opened = await page.evaluate(async () => {
      const { studio } = window as unknown as {
        studio: { data: { openFile(file: File): Promise<{ rows: number }> } }
      }
      const longest: number[] = [0]
      new PerformanceObserver((list) =>
        longest.push(...list.getEntries().map(({ duration }) => duration)),
      ).observe({
        entryTypes: ['longtask'],
      })
      const began = performance.now()
      const { rows } = await studio.data.openFile(document.querySelector('input')!.files![0]!)
      return { rows, seconds: (performance.now() - began) / 1000, longest: Math.max(...longest) }
    })
    clearInterval(watch)
    const size = statSync(path).size
    const mega = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
    console.log(
      `${mega(size)} of CSV, ${opened.rows} rows: opened and stored in ${opened.seconds.toFixed(1)} s; held before ${mega(before)}, ` +
        `at most ${mega(peak)}: ${mega(peak - before)} more, ${((peak - before) / size).toFixed(2)} of the file; ` +
        `longest task of the page ${Math.round(opened.longest)} ms`,
    )
  } finally {
    await close()
  }
} finally {
  await server.close()
  rmSync(folder, { recursive: true })
}
