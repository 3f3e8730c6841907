import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { LapidaryError } from '../src/protocol/errors.ts'
import { manifestHash } from '../src/storage/models.ts'
import type { Evaluating, HeadlessEvaluation, ServedFiles } from '../src/workers/headless-evaluate.ts'
import { ensureBuilt, headlessPage } from './build.ts'
import { setAside } from './evaluate-former.ts'
import { type EvaluateJob, evaluateJob, HELP } from './evaluate-job.ts'
import {
  figureTable,
  forgottenLine,
  headline,
  layersInWords,
  layerTable,
  noteLine,
  silentLine,
  suspectLines,
  whose,
} from './evaluate-words.ts'
import { deathOf, openStudio, untilDeath } from './headless-page.ts'
import { servedModel } from './model-path.ts'
import { report } from './report.ts'
import { roundedCache, useRounded } from './rounded-cache.ts'
import { type ServedBytes, serve } from './server.ts'
import type { DataPath } from './train-job.ts'

const LOG = 'metrics.jsonl'
const WHO: Record<Evaluating['side'], string> = {
  tuned: 'the run',
  base: 'the base model',
  other: 'the other model',
}
/** Milliseconds between lines of progress. */
const EVERY_MS = 5000

async function run(job: EvaluateJob): Promise<void> {
  const root = await ensureBuilt((text) => process.stderr.write(`${text}\n`))
  const files = new Map<string, string | ServedBytes>()
  const texts = new Map([['/headless.html', headlessPage()]])
  const give = (at: string, given: DataPath[]) => {
    for (const [i, { path }] of given.entries()) files.set(`/given/${at}/${i}`, path)
  }
  if ('files' in job.data) give('data', job.data.files)
  if (job.train) give('train', job.train.files)
  const log = join(job.run.folder, LOG)
  if (existsSync(log)) files.set('/given/log', log)
  for (const [at, given] of [
    ['model', job.model],
    ['beside', job.beside],
  ] as const) {
    if (!given || given.path === null) continue
    const model = await servedModel(given.path)
    if (model.replaced) process.stderr.write(`note: ${model.replaced}\n`)
    for (const [name, file] of model.files) files.set(`/given/${at}/${name}`, file)
    texts.set(`/given/${at}/manifest.json`, model.manifest)
    useRounded(manifestHash(JSON.parse(model.manifest).files))
  }
  const said: string[] = []
  const places: Record<string, string> = {
    '/out/evaluation.json': job.json,
    '/out/predictions.csv': job.csv,
  }
  const rounded = roundedCache()
  const server = await serve({
    root,
    files,
    texts,
    folders: new Map([...rounded.folders, ['/given/run/', join(job.run.folder, 'checkpoint')]]),
    async put(path, body) {
      if (await rounded.put(path, body)) return
      const place = places[path]
      if (!place) throw new Error(`${path} is no result of an evaluation`)
      mkdirSync(dirname(place), { recursive: true })
      await pipeline(body, createWriteStream(`${place}.tmp`))
      if (place === job.json && job.keepOther) said.push(...setAside(job))
      renameSync(`${place}.tmp`, place)
    },
  })
  // Only now: what a browser takes to load, bad input need not wait for.
  const { openBrowser } = await import('./browser.ts')
  const browser = await openBrowser()
  try {
    await drive(job, server.url, browser.page)
    for (const line of said) process.stdout.write(`${line}\n`)
  } finally {
    await browser
      .close()
      .finally(() => server.close())
      .finally(rounded.close)
  }
}

async function drive(
  job: EvaluateJob,
  url: string,
  page: Awaited<ReturnType<typeof import('./browser.ts').openBrowser>>['page'],
): Promise<void> {
  let last = performance.now()
  await page.exposeFunction('lapidaryEvent', (text: string) => {
    const { evaluating } = JSON.parse(text) as { evaluating: Evaluating }
    const { side, judged, total } = evaluating
    if (judged < total && performance.now() - last < EVERY_MS) return
    last = performance.now()
    process.stderr.write(`Judging ${WHO[side]}: ${judged} of ${total} rows\n`)
  })
  const death = deathOf(page, (what) => ({
    code: 'internal',
    message: `${what} before everything was judged.`,
    hint: 'Nothing was written. Run the same command again, or with --limit.',
  }))
  await openStudio(page, url)
  const served = (at: string, { name, files }: { name: string; files: DataPath[] }): ServedFiles => ({
    name,
    files: files.map((file, i) => ({ name: file.name, url: `${url}given/${at}/${i}` })),
  })
  const { run, model, beside, data, train, mapping, task, limit, choice, abstain, engine } = job
  const request: HeadlessEvaluation = {
    run: {
      ...{ name: run.name, config: run.config, checkpoint: `${url}given/run/`, of: run.of },
      log: existsSync(join(run.folder, LOG)) ? `${url}given/log` : null,
    },
    model: model.path === null ? model.name : `${url}given/model/`,
    other: beside && (beside.path === null ? beside.name : `${url}given/beside/`),
    data: 'benchmark' in data ? data : served('data', data),
    train: train && { ...served('train', train), given: train.given },
    ...{ mapping, task, limit, choice, abstain, engine },
    out: `${url}out/`,
  }
  const work = page.evaluate((given) => window.lapidary!.evaluate(given), request)
  const result = await untilDeath(work, death)
  page.removeAllListeners('close')
  if (!result.ok) throw new LapidaryError(result.failure)
  const { report } = result
  for (const note of report.evaluation.notes)
    process.stderr.write(`note: ${noteLine(note, report.evaluation.task.from)}\n`)
  if (beside && report.beside.length === 0)
    process.stderr.write(
      `note: Nothing stands beside: ${beside.name} has the weights of the base model, or cannot be given the same rows.\n`,
    )
  const forgotten = forgottenLine(report)
  process.stdout.write(
    `${headline(report)}\n${forgotten === null ? '' : `${forgotten}\n`}${whose(report)}\n\n${figureTable(report)}\n\n`,
  )
  const silent = silentLine(report)
  if (silent !== null) process.stdout.write(`${silent}\n\n`)
  if (report.suspects) process.stdout.write(`${suspectLines(report.suspects)}\n\n`)
  process.stdout.write(`${layersInWords(report.layers)}\n${layerTable(report.layers)}\n\n`)
  process.stdout.write(`Figures: ${job.json}\nRows: ${job.csv}\n`)
}

try {
  const job = await evaluateJob(process.argv.slice(2))
  if (job) await run(job)
  else console.log(HELP)
} catch (error) {
  process.exitCode = report(error)
}
