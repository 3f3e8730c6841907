import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ErrorCode, type Failure, LapidaryError } from '../src/protocol/errors.ts'
import type { RunEvent } from '../src/protocol/events.ts'
import type { Finding } from '../src/protocol/preparation.ts'
import type { RunConfig } from '../src/protocol/run-config.ts'
import type { Trial } from '../src/protocol/studio.ts'
import type { QueueWish } from '../src/runs/queue-plan.ts'
import { manifestHash } from '../src/storage/models.ts'
import { adapterHash, openAdapter, readAdapter } from '../src/workers/adapter-files.ts'
import type { HeadlessJob, HeadlessResult, PlannedQueue } from '../src/workers/headless.ts'
import { openAdapterPath, servedAdapter } from './adapter-path.ts'
import type { openBrowser } from './browser.ts'
import { ensureBuilt, headlessPage } from './build.ts'
import { descriptionOf } from './checkpoint-folder.ts'
import { rememberChoices, rememberedChoices } from './choices.ts'
import { folderOf, formatIds } from './export-formats.ts'
import { deathOf, openStudio, untilDeath } from './headless-page.ts'
import { servedModel } from './model-path.ts'
import { Output } from './output.ts'
import { Progress } from './progress.ts'
import { report } from './report.ts'
import { roundedCache, useRounded } from './rounded-cache.ts'
import { type ServedBytes, serve } from './server.ts'
import { sweep } from './sweep.ts'
import { HELP, type TrainJob, trainJob } from './train-job.ts'

type Page = Awaited<ReturnType<typeof openBrowser>>['page']

/** A second Ctrl+C this much later means it: npm passes the first one on twice. */
const TWICE_MS = 1500
/** As the page says it of a config that was opened. */
const OTHER_MODEL =
  'The weights are not those that the config was made with, by their hash: what is learnt will differ.'

async function run(job: TrainJob, on: RunListener = {}): Promise<void> {
  const output = new Output(job.out, job.resume ? job.from : null, job.config.training.save_total_limit)
  output.hold()
  const stopped = await served(job, output, ({ url, page, otherModel }) =>
    drive(job, url, page, output, otherModel ? OTHER_MODEL : null, on),
  ).finally(() => output.release())
  if (stopped)
    throw new LapidaryError({
      code: 'cancelled',
      message: `Stopped at step ${output.checkpointStep() ?? 0}, with a checkpoint in ${job.out}.`,
      hint: output.hint(),
    })
}

/** Does something in a browser that has the job's files to fetch. @param output takes what it leaves; null: it leaves nothing */
async function served<T>(
  job: TrainJob,
  output: Output | null,
  work: (given: { url: string; page: Page; otherModel: boolean }) => Promise<T>,
): Promise<T> {
  const root = await ensureBuilt((text) => process.stderr.write(`${text}\n`))
  const files = new Map<string, string | ServedBytes>(
    job.data.files.map(({ path }, i) => [`/given/data/${i}`, path]),
  )
  const texts = new Map([['/headless.html', headlessPage()]])
  let manifest = readFileSync(join(root, 'models', 'pebble', 'manifest.json'), 'utf8')
  if (job.model.path !== null) {
    const model = await servedModel(job.model.path)
    if (model.replaced) process.stderr.write(`note: ${model.replaced}\n`)
    for (const [name, file] of model.files) files.set(`/given/model/${name}`, file)
    manifest = model.manifest
    texts.set('/given/model/manifest.json', manifest)
  }
  const found = manifestHash(JSON.parse(manifest).files)
  const wanted = job.config.model.hash
  const otherModel = wanted !== null && wanted !== found
  if (otherModel) requireMeant(job, wanted, found)
  const { startFrom, config } = job
  if (startFrom !== null && config.start.from === 'adapter') {
    const adapter = await openAdapterPath(startFrom)
    for (const [name, source] of await servedAdapter(adapter)) files.set(`/given/adapter/${name}`, source)
    // Known before the run begins: whatever is kept of it names what it began with.
    config.start.hash ??= adapterHash(await readAdapter(await openAdapter(adapter)))
  }
  useRounded(found)
  const rounded = roundedCache()
  const server = await serve({
    root,
    files,
    texts,
    folders: new Map([...rounded.folders, ...(job.resume ? [['/given/out/', job.out] as const] : [])]),
    async put(path, body) {
      if (await rounded.put(path, body)) return
      if (!output) throw new Error(`${path} is no result of a plan`)
      await output.receive(path.replace(/^\/out\//, ''), body)
    },
  })
  // Only now: what a browser takes to load, bad input need not wait for.
  const { openBrowser } = await import('./browser.ts')
  const browser = await openBrowser()
  try {
    return await work({ url: server.url, page: browser.page, otherModel })
  } finally {
    // A server that stayed open would keep the command from ending.
    await browser
      .close()
      .finally(() => server.close())
      .finally(rounded.close)
  }
}

/**
 * A model is known by its files: one that a config or a run only names, and that has other weights by now, is not taken for it. The
 * practice model comes with the studio, and one that was given is meant.
 * @throws LapidaryError `bad_model`
 */
function requireMeant({ model, modelGiven, resume }: TrainJob, expected: string, found: string): void {
  if (!resume && (modelGiven || model.path === null)) return
  throw new LapidaryError({
    code: 'bad_model',
    message: `The weights of ${model.name} are not those ${resume ? 'that this run was started with' : 'that the config was made with'}, by their hash.`,
    hint: resume
      ? 'Give the same files with --model, wherever they lie and whatever they are called; or start a new run in another folder.'
      : 'Give the same files with --model, wherever they lie and whatever they are called; or name this model with --model to train on it all the same.',
    detail: { field: 'model', expected, found },
  })
}

/** What a queue's runs will be, by the planner that the page has. */
async function plan(job: TrainJob, wish: QueueWish): Promise<PlannedQueue> {
  const progress = new Progress(job.json)
  return served(job, null, async ({ url, page }) => {
    await page.exposeFunction('lapidaryEvent', (text: string) => {
      const message = JSON.parse(text) as object
      if ('finding' in message) progress.found(message.finding as Finding)
      else if ('event' in message) progress.show(message.event as RunEvent)
    })
    const death = deathOf(page, (what) => ({
      code: 'internal',
      message: `${what} while the queue was planned; nothing was written.`,
      hint: 'Run the same command again.',
    }))
    await openStudio(page, url)
    const work = page.evaluate(([job, wish]) => window.lapidary!.plan(job, wish), [
      requestOf(job, url),
      wish,
    ] as const)
    const result = await untilDeath(work, death)
    page.removeAllListeners('close')
    if (!result.ok) throw new LapidaryError(result.failure)
    return result.outlook
  })
}

/** Hears what a run tells beyond its events. */
interface RunListener {
  onJudged?: (judged: NonNullable<Trial['judged']>) => void
}

/** @returns whether the run was stopped before its end, by a person */
async function drive(
  job: TrainJob,
  url: string,
  page: Page,
  output: Output,
  notice: string | null,
  { onJudged }: RunListener,
): Promise<boolean> {
  const progress = new Progress(job.json)
  if (notice !== null) progress.show({ type: 'notice', message: notice })
  let stopped = false
  // What is kept names the model as it was given, not where this run was served.
  const kept = (config: RunConfig) => ({ ...config, model: { ...config.model, id: job.model.name } })
  let config = kept(job.config)
  let device = ''
  await page.exposeFunction('lapidaryEvent', (text: string) => {
    const message = JSON.parse(text) as
      | { config: RunConfig; device?: string }
      | { event: RunEvent; logged: boolean }
      | { finding: Finding }
      | { judged: NonNullable<Trial['judged']> }
    if ('judged' in message) {
      onJudged?.(message.judged)
      return
    }
    if ('finding' in message) {
      progress.found(message.finding)
      return
    }
    if ('config' in message) {
      config = kept(message.config)
      if (message.device === undefined) return
      device = message.device
      if (job.tip) process.stderr.write(`${job.tip}\n`)
      return
    }
    const { logged } = message
    const event: RunEvent =
      message.event.type === 'done' ? { ...message.event, config: kept(message.event.config) } : message.event
    if (event.type === 'done') {
      stopped = event.reason === 'stopped'
      rememberChoices(device, event.config.engine.choices)
    }
    if (event.type === 'stage' && event.back) output.cut(event.back.events)
    // A run that fails before it has begun leaves nothing behind.
    if (logged && (output.begun || event.type !== 'error')) output.add(event, config)
    progress.show(event)
  })
  const crashed = deathOf(page, (what) => ({
    code: 'internal',
    message: `${what}; ${output.kept()}.`,
    hint: output.hint(),
  }))
  await openStudio(page, url)
  if (job.again)
    process.stderr.write('No checkpoint had been written: the run begins again from the start.\n')
  const request = requestOf(job, url)
  const release = onInterrupt(() => page.evaluate(() => window.lapidary!.stop()).catch(() => {}))
  try {
    const work = page.evaluate((given) => window.lapidary!.train(given), request)
    const result: HeadlessResult = await untilDeath(Promise.race([work, output.lost]), crashed)
    if (!result.ok && output.leftOut) throw output.leftOut
    if (!result.ok) throw new LapidaryError(toldHere(result.failure, output))
    const limit = config.training.save_total_limit
    if (limit !== null) progress.show({ type: 'notice', message: keptInWords(output, limit) })
    const old = output.outdated([...formatIds().map(folderOf), 'adapter-best'])
    if (old.length > 0)
      progress.show({
        type: 'notice',
        message: `Exports of an earlier sitting are left as they were, of a checkpoint before this one: ${old.map((name) => `${name}/`).join(', ')}. Remove them, and write them again with npm run export.`,
      })
    return stopped && !result.timeUp
  } finally {
    release()
    page.removeAllListeners('close')
  }
}

/** What the page is asked to do, its files where the server has them. */
function requestOf(job: TrainJob, url: string): HeadlessJob {
  return {
    model: job.model.path === null ? job.model.name : `${url}given/model/`,
    data: {
      name: job.data.name,
      files: job.data.files.map(({ name }, i) => ({ name, url: `${url}given/data/${i}` })),
    },
    config: job.config,
    mapping: job.mapping,
    followLength: job.followLength,
    followWarmup: job.followWarmup,
    splitSaid: job.splitSaid,
    strict: job.strict,
    profile: job.fit,
    within: job.within,
    samplePrompts: job.samples,
    sampleRows: job.sampleRows,
    resume:
      job.resume && !job.again
        ? {
            checkpoint: `${url}given/out/checkpoint/`,
            of: descriptionOf(job.from),
            log: `${url}given/out/metrics.jsonl`,
          }
        : null,
    again: job.again ?? job.of,
    adapter: job.startFrom === null ? null : `${url}given/adapter/`,
    exports: job.exports,
    out: `${url}out/`,
    choices: rememberedChoices(),
    judge: job.judge,
  }
}

/** Which checkpoints a limit has left. */
function keptInWords({ checkpoints: { kept, removed } }: Output, limit: number): string {
  const gone = removed.length === 0 ? 'none' : `of step ${removed.join(', ')}`
  return `Checkpoints (save_total_limit ${limit}): kept in checkpoint/ of step ${kept.join(', ')}; removed ${gone}.`
}

/** Codes whose hints speak to someone who looks at the page. */
const OF_THE_PAGE: readonly ErrorCode[] = ['internal', 'device_lost', 'missing_device']

/** A failure of the page's as the command tells it. */
function toldHere(failure: Failure, output: Output): Failure {
  if (failure.detail?.checkpoint !== undefined) return { ...failure, hint: output.otherWay() }
  if (!OF_THE_PAGE.includes(failure.code)) return failure
  const message = `${failure.message.replace(/\.$/, '')}; ${output.kept()}.`
  const ours =
    failure.code === 'internal'
      ? ' If it comes again, please report it with this line.'
      : ' With --engine portable it needs no graphics device.'
  return { ...failure, message, hint: output.hint() + ours }
}

/** The first Ctrl+C stops the run in good order; a later one ends the command. */
function onInterrupt(stop: () => Promise<unknown>): () => void {
  let first = 0
  const hear = () => {
    if (first === 0) {
      first = performance.now()
      process.stderr.write('Stopping after this step ...\n')
      void stop()
    } else if (performance.now() - first > TWICE_MS) process.exit(1)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, hear)
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, hear)
  }
}

try {
  const job = await trainJob(process.argv.slice(2))
  if (job?.sweep) await sweep(job, job.sweep, { plan, run })
  else if (job) await run(job)
  else console.log(HELP)
} catch (error) {
  process.exitCode = report(error)
}
