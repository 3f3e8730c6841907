import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fail, LapidaryError, toFailure } from '../src/protocol/errors.ts'
import type { RunEvent } from '../src/protocol/events.ts'
import { canonical } from '../src/protocol/identity.ts'
import { mappingOf } from '../src/protocol/recipe.ts'
import type { Queue, RunInfo, Trial } from '../src/protocol/studio.ts'
import { stopsAll } from '../src/runs/queue.ts'
import type { QueueWish } from '../src/runs/queue-plan.ts'
import { bestScores, inOrder, rank, type Scored } from '../src/runs/ranking.ts'
import { rankingCsv } from '../src/runs/ranking-csv.ts'
import { RunSeries } from '../src/runs/series.ts'
import { trialConfig } from '../src/runs/sweep.ts'
import type { PlannedQueue } from '../src/workers/headless.ts'
import { curveInWords, rankTable, timeInWords } from './sweep-words.ts'
import { readRun } from './train-before.ts'
import { QUEUE_FILE, type TrainJob } from './train-job.ts'

/** What does the work of one run, and what plans them. */
interface Doing {
  plan(job: TrainJob, wish: QueueWish): Promise<PlannedQueue>
  run(job: TrainJob, on: { onJudged: (judged: NonNullable<Trial['judged']>) => void }): Promise<void>
}

/**
 * Runs a queue in a folder: `queue.json`, a folder a run as `npm run train` leaves it, and the ranks. A run that fails is told and the rest
 * goes on; what is there already is not run again.
 * @throws LapidaryError where it was stopped, or where runs have failed, after the others have run
 */
export async function sweep(
  job: TrainJob,
  wish: Omit<QueueWish, 'name'>,
  { plan, run }: Doing,
): Promise<void> {
  const told = (line: string) => process.stderr.write(`${line}\n`)
  const asked = settingsOf(job, wish)
  let queue: KeptQueue | null = existsSync(job.out) ? stored(job, asked) : null
  if (!queue) {
    const { queue: planned, seconds, refused } = await plan(job, { ...wish, name: basename(job.out) })
    told(`Runs: ${planned.trials.length}; ${timeInWords(seconds)}.`)
    // None would come to anything: nothing is begun, and what is wrong is told as one run would tell it.
    if (refused.length > 0 && refused.length === planned.trials.length)
      throw new LapidaryError(refused[0]![1])
    for (const [key, failure] of refused) told(`  ${key} would be refused: ${failure.message}`)
    queue = { ...planned, asked }
    mkdirSync(job.out, { recursive: true })
    keep(job.out, queue)
  } else
    told(
      `Runs: ${queue.trials.length}; done: ${queue.trials.filter((one) => isDone(job, queue!, one)).length}.`,
    )
  let failures = 0
  for (const [at, trial] of queue.trials.entries()) {
    if (isDone(job, queue, trial)) continue
    const out = folderOf(job.out, queue, trial)
    told(`Run ${at + 1} of ${queue.trials.length}: ${trial.key}`)
    if (job.json) print({ type: 'trial', trial: trial.key, run: basename(out) })
    const began = performance.now()
    const note = (what: Pick<Trial, 'failure' | 'judged'>) => {
      const { failure: _, ...rest } = trial
      const trials = queue!.trials.map((one) => (one.key === trial.key ? { ...rest, ...what } : one))
      queue = { ...queue!, trials }
      keep(job.out, queue)
    }
    try {
      await run(trialJob(job, queue, trial, out), { onJudged: (judged) => note({ judged }) })
      const left = queue.trials.filter((one) => !isDone(job, queue!, one)).length
      // All of it counts: what a run takes to begin, and what is made of it at its end.
      const each = (performance.now() - began) / 1000
      if (left > 0) told(`Left: ${left} ${left === 1 ? 'run' : 'runs'}, ${timeInWords(left * each)}.`)
    } catch (error) {
      const failure = toFailure(error)
      if (failure.code === 'cancelled' || stopsAll(failure)) {
        const left = queue.trials.filter((one) => !isDone(job, queue!, one)).length
        throw new LapidaryError({
          ...failure,
          hint: `Of ${queue.trials.length} runs ${left} are left. Run the same command with --resume to go on.`,
        })
      }
      failures++
      note({ failure })
      told(`Run ${at + 1} failed: ${failure.message} ${failure.hint} The rest goes on.`)
    }
  }
  leave(job, queue)
  if (failures > 0)
    throw new LapidaryError({
      code: 'internal',
      message: `Of ${queue.trials.length} runs ${failures} failed; why is said above, and in ${QUEUE_FILE}.`,
      hint: 'The others are ranked. Run the same command with --resume to try those again.',
    })
}

/** A queue in its folder, with what was asked for when it began. */
interface KeptQueue extends Queue {
  asked: string
}

/** All that was said of the runs: what is gone on with must be asked for in the same words. */
function settingsOf({ config, fit, samples, sampleRows }: TrainJob, wish: Omit<QueueWish, 'name'>): string {
  const { training, lora, model, start } = config
  const { id: _, hash: __, ...held } = model
  const begins = start.from === 'nothing' ? start : { ...start, hash: null }
  const asked = {
    samples: samples.map(({ prompt }) => prompt),
    ...(sampleRows.length > 0 && { sampleRows }),
  }
  return canonical({ training, lora, held, begins, fit, ...asked, wish })
}

/** The queue of a folder. @throws LapidaryError `bad_state` where it is another one */
function stored({ out }: TrainJob, asked: string): KeptQueue {
  const queue = JSON.parse(readFileSync(join(out, QUEUE_FILE), 'utf8')) as KeptQueue
  if (queue.asked !== asked)
    fail(
      'bad_state',
      `The queue in ${out} was started with other settings: its runs could not be held against each other.`,
      'Give the same flags as at its start, with --resume, or name a new folder.',
      { path: join(out, QUEUE_FILE) },
    )
  return queue
}

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

function keep(out: string, queue: KeptQueue): void {
  write(join(out, QUEUE_FILE), `${JSON.stringify(queue, null, 2)}\n`)
}

function write(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text)
  renameSync(`${path}.tmp`, path)
}

/** `03_learning_rate=0.001_seed=1`. */
function folderOf(out: string, queue: Queue, { key }: Trial): string {
  const at = queue.trials.findIndex((one) => one.key === key)
  const number = String(at + 1).padStart(String(queue.trials.length).length, '0')
  return join(out, `${number}_${key.replace(/[^\w.=+-]+/g, '_')}`)
}

/** One run of the queue as a job of its own. */
function trialJob(job: TrainJob, queue: Queue, trial: Trial, out: string): TrainJob {
  const resume = existsSync(join(out, 'run.json'))
  const again = resume && !existsSync(join(out, 'checkpoint', 'checkpoint.json'))
  const config = resume ? readRun(out) : trialConfig(queue.base.config, trial)
  return {
    ...job,
    config,
    mapping: mappingOf(config.data),
    out,
    sweep: null,
    fit: null,
    followLength: false,
    followWarmup: false,
    splitSaid: true,
    samples: queue.base.samplePrompts,
    sampleRows: [],
    resume,
    from: 'last',
    again: again ? { hash: config.data.hash } : null,
    of: { hash: queue.base.config.data.hash },
    judge: queue.metric === 'accuracy' ? queue.labels : null,
    tip: null,
  }
}

/** What a run's folder has logged; a crash may have cut its last line off. */
function eventsOf(folder: string): RunEvent[] {
  const log = join(folder, 'metrics.jsonl')
  if (!existsSync(log)) return []
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as RunEvent]
      } catch {
        return []
      }
    })
}

const endOf = (folder: string) =>
  eventsOf(folder).findLast((event) => event.type === 'done' && event.reason !== 'stopped')

function secondsOf(folder: string): number | null {
  const end = endOf(folder)
  return end?.type === 'done' ? end.seconds : null
}

function isDone({ out }: TrainJob, queue: Queue, trial: Trial): boolean {
  return (
    endOf(folderOf(out, queue, trial)) !== undefined &&
    (queue.metric !== 'accuracy' || trial.judged !== undefined)
  )
}

/** The ranks, as files and as a table. */
function leave(job: TrainJob, queue: Queue): void {
  const scored = queue.trials.map((trial): Scored => {
    const folder = folderOf(job.out, queue, trial)
    if (!isDone(job, queue, trial)) return { trial, scores: null }
    const { metric_for_best_model } = trialConfig(queue.base.config, trial).training
    return { trial, scores: bestScores(RunSeries.from(eventsOf(folder)).snapshot(), metric_for_best_model) }
  })
  const ranked = inOrder(queue.kind, rank(scored, queue.metric))
  const runs = queue.trials.map((trial) => runInFolder(job, queue, trial))
  write(join(job.out, 'ranking.csv'), rankingCsv(queue, ranked, runs))
  write(
    join(job.out, 'ranking.json'),
    `${JSON.stringify({ kind: queue.kind, metric: queue.metric, rows: queue.rows, ranked }, null, 2)}\n`,
  )
  if (job.json) print({ type: 'ranking', kind: queue.kind, metric: queue.metric, rows: queue.rows, ranked })
  const curve = queue.kind === 'learning_curve' ? `\n${curveInWords(queue, ranked)}\n` : ''
  process.stderr.write(`\n${rankTable(queue, ranked)}\n${curve}\nRanks: ${join(job.out, 'ranking.json')}\n`)
}

/** A run as the page would list it, as far as ranks tell of it. */
function runInFolder(job: TrainJob, queue: Queue, trial: Trial): RunInfo {
  const folder = folderOf(job.out, queue, trial)
  const config = trialConfig(queue.base.config, trial)
  const status = isDone(job, queue, trial) ? 'done' : 'failed'
  return {
    ...{ id: basename(folder), name: basename(folder), created: 0, status, config, model: config.model.id },
    ...{
      step: 0,
      maxSteps: 0,
      lastLoss: null,
      evalLoss: null,
      seconds: secondsOf(folder) ?? 0,
      engine: null,
    },
    trial: { queue: queue.id, trial: trial.key },
  }
}
