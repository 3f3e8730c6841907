import { writeFileSync } from 'node:fs'
import { LapidaryError } from '../src/protocol/errors.ts'
import { handedCsv } from '../src/runs/handed-in.ts'
import type { ClassProgress, HeadlessClass } from '../src/workers/headless-class.ts'
import { ensureBuilt, headlessPage } from './build.ts'
import { type ClassJob, classJob, HELP } from './class-job.ts'
import { classTable, fileFailure, noteLines, scoredLine } from './class-words.ts'
import { deathOf, openStudio, untilDeath } from './headless-page.ts'
import { servedModel } from './model-path.ts'
import { report } from './report.ts'
import { type ServedBytes, serve } from './server.ts'
import type { DataPath } from './train-job.ts'

/** npm run class: runs that pupils handed in as one table, scored on the same rows. */

async function run(job: ClassJob): Promise<void> {
  const root = await ensureBuilt((text) => process.stderr.write(`${text}\n`))
  const files = new Map<string, string | ServedBytes>()
  const give = (at: string, given: readonly DataPath[]) => {
    for (const [i, { path }] of given.entries()) files.set(`/given/${at}/${i}`, path)
    return given.map(({ name }, i) => ({ name, at: `given/${at}/${i}` }))
  }
  const runs = give('runs', job.runs)
  const rows = job.rows && 'files' in job.rows ? give('rows', job.rows.files) : []
  const models: { name: string; files: { name: string; at: string }[] }[] = []
  for (const [i, { name, path }] of job.models.entries()) {
    if (path === null) continue
    const served = await servedModel(path)
    const own = [...served.files].map(([file, lies]) => {
      files.set(`/given/model-${i}/${file}`, lies)
      return { name: file, at: `given/model-${i}/${file}` }
    })
    models.push({ name, files: own })
  }
  const server = await serve({ root, files, texts: new Map([['/headless.html', headlessPage()]]) })
  // Only now: what a browser takes to load, bad input need not wait for.
  const { openBrowser } = await import('./browser.ts')
  const browser = await openBrowser()
  try {
    const { page } = browser
    await page.exposeFunction('lapidaryEvent', (text: string) => {
      const { handed } = JSON.parse(text) as { handed: ClassProgress }
      const { doing, name, at, of } = handed
      process.stderr.write(`${doing === 'reading' ? 'Reading' : 'Scoring'} ${name} (${at} of ${of})\n`)
    })
    const death = deathOf(page, (what) => ({
      code: 'internal',
      message: `${what} before everything was scored.`,
      hint: 'Nothing was written. Run the same command again, or with fewer files.',
    }))
    await openStudio(page, server.url)
    const there = (given: readonly { name: string; at: string }[]) =>
      given.map(({ name, at }) => ({ name, url: server.url + at }))
    const request: HeadlessClass = {
      runs: there(runs),
      models: models.map(({ name, files }) => ({ name, files: there(files) })),
      rows: job.rows && 'files' in job.rows ? { name: job.rows.name, files: there(rows) } : job.rows,
    }
    const work = page.evaluate((given) => window.lapidary!.handedIn(given), request)
    const result = await untilDeath(work, death)
    page.removeAllListeners('close')
    if (!result.ok) throw new LapidaryError(result.failure)
    const { table, failures } = result
    if (table.runs.length > 0) {
      process.stdout.write(`${classTable(table)}\n\n${scoredLine(table)}\n`)
      for (const line of noteLines(table)) process.stdout.write(`${line}\n`)
      // Spreadsheets know by the mark that it is UTF-8.
      if (job.csv !== null) writeFileSync(job.csv, `\ufeff${handedCsv(table)}`)
    }
    for (const failure of failures) process.exitCode = report(new LapidaryError(fileFailure(failure)))
    for (const { note } of table.runs)
      if (note?.kind === 'failed') process.exitCode = report(new LapidaryError(fileFailure(note.failure)))
  } finally {
    await browser.close().finally(() => server.close())
  }
}

try {
  const job = await classJob(process.argv.slice(2))
  if (job) await run(job)
  else console.log(HELP)
} catch (error) {
  process.exitCode = report(error)
}
