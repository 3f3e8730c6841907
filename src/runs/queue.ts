import { type Failure, fail, LapidaryError, toFailure } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { Call, Queue, RunInfo, RunListener, StartRequest, Studio, Trial } from '../protocol/studio.ts'
import { recipeOf } from './queue-plan.ts'
import { bestScores, type Scored } from './ranking.ts'
import { trialConfig } from './sweep.ts'

/** Where a trial stands. */
export type TrialState = 'waiting' | 'running' | 'stopped' | 'done' | 'failed'

/** The run of a trial, if there is one yet. */
export function runOf(runs: readonly RunInfo[], { id }: Pick<Queue, 'id'>, { key }: Trial): RunInfo | null {
  return runs.find(({ trial }) => trial?.queue === id && trial.trial === key) ?? null
}

export function trialState(trial: Trial, run: RunInfo | null): TrialState {
  if (run?.status === 'running') return 'running'
  if (run?.status === 'done') return 'done'
  if (run && trial.again) return 'stopped'
  if (run?.status === 'failed' || trial.failure) return 'failed'
  return run ? 'stopped' : 'waiting'
}

/** Whether something is left to be done for it: its run, or its score. */
function isDue(queue: Queue, trial: Trial, run: RunInfo | null): boolean {
  const state = trialState(trial, run)
  if (state === 'done') return queue.metric === 'accuracy' && !trial.judged && !trial.failure
  return state === 'waiting' || state === 'stopped'
}

/** Trials that wait, the next one first. */
export function waiting(queue: Queue, runs: readonly RunInfo[]): Trial[] {
  return queue.trials.filter((trial) => isDue(queue, trial, runOf(runs, queue, trial)))
}

/**
 * Seconds until a queue is through: what waits takes as long as the runs of it that are done took on average, else as was foretold of each.
 * @param now the trial under way with the seconds that are left of it, not a number while these are not known
 * @returns null where of one that waits nothing is known
 */
export function secondsLeft(
  queue: Queue,
  runs: readonly RunInfo[],
  now: { trial: Trial; seconds: number } | null,
): number | null {
  const run = (one: Trial) => runOf(runs, queue, one)
  const isDone = (one: Trial) => run(one)?.status === 'done'
  const done = queue.trials.filter(isDone).flatMap((one) => run(one)!.seconds || [])
  const usual = done.length > 0 ? done.reduce((sum, each) => sum + each, 0) / done.length : null
  const parts = waiting(queue, runs)
    // Of one that is done its judging alone is left.
    .filter((one) => one.key !== now?.trial.key && !isDone(one))
    .map(({ seconds }) => usual ?? seconds)
  if (now) parts.push(Number.isFinite(now.seconds) ? now.seconds : (usual ?? now.trial.seconds))
  return parts.every((seconds) => seconds !== null) ? parts.reduce((sum: number, s) => sum + s!, 0) : null
}

/** Before or behind the next one that waits as well; what has run stays where it is. */
export function movedTrial(queue: Queue, runs: readonly RunInfo[], key: string, by: 1 | -1): Queue {
  const free = queue.trials.filter((trial) => runOf(runs, queue, trial) === null && !trial.failure)
  const at = free.findIndex((trial) => trial.key === key)
  const other = free[at + by]
  if (at < 0 || !other) return queue
  const swapped = queue.trials.map((trial) =>
    trial.key === key ? other : trial.key === other.key ? free[at]! : trial,
  )
  return { ...queue, trials: swapped }
}

/** Without one that has not run. */
export function withoutTrial(queue: Queue, runs: readonly RunInfo[], key: string): Queue {
  return {
    ...queue,
    trials: queue.trials.filter((trial) => trial.key !== key || runOf(runs, queue, trial) !== null),
  }
}

/** With what has failed of it forgotten, so that it is tried once more. */
export function tryAgain(queue: Queue, key: string): Queue {
  const trials = queue.trials.map((trial): Trial => {
    const { failure: _, ...rest } = trial
    return trial.key === key ? { ...rest, again: true } : trial
  })
  return { ...queue, trials }
}

/** What came of the trials whose runs have come to their end. */
export async function scoresOf({ runs }: Pick<Studio, 'runs'>, queue: Queue): Promise<Scored[]> {
  const list = await runs.list()
  return Promise.all(
    queue.trials.map(async (trial) => {
      const run = runOf(list, queue, trial)
      // What is said of a run goes with it.
      if (!run && trial.judged) return { trial: { ...trial, judged: undefined }, scores: null }
      if (run?.status !== 'done') return { trial, scores: null }
      const { series } = await runs.history(run.id)
      return { trial, scores: bestScores(series, run.config.training.metric_for_best_model) }
    }),
  )
}

/** How a queue's runs are begun: the page watches each as any run that it starts. */
export interface TrialDriver {
  start(request: StartRequest, onEvent: RunListener): Promise<string>
  resume(run: string, onEvent: RunListener): Promise<void>
}

export interface QueueListener {
  /** The queue has changed, and is stored as it is now. */
  onQueue(queue: Queue): void
  /** A trial begins, or ends (null). */
  onTrial?(trial: Trial | null): void
  /** Rows judged after a run, and of how many; null: done. */
  onJudging?(share: number | null): void
}

/** A queue that goes on in this tab. One run at a time; the first trial that waits is the next. */
export class QueueRunner {
  readonly #studio: Studio
  readonly #driver: TrialDriver
  readonly #listener: QueueListener
  #queue: Queue
  readonly #stopping = new AbortController()

  constructor(studio: Studio, queue: Queue, driver: TrialDriver, listener: QueueListener) {
    this.#studio = studio
    this.#driver = driver
    this.#listener = listener
    const { failure: _, ...rest } = queue
    this.#queue = rest
  }

  get queue(): Queue {
    return this.#queue
  }

  /** Changes what waits, while it goes on. */
  async change(by: (queue: Queue, runs: RunInfo[]) => Queue): Promise<void> {
    const runs = await this.#studio.runs.list()
    await this.#keep(by(this.#queue, runs))
  }

  /** No further trial begins; the one that runs is stopped by whoever stops runs. */
  stop(): void {
    this.#stopping.abort()
  }

  /**
   * Goes on until nothing waits, somebody stops a run or the queue, or its data is gone. Runs that fail are told of their trials.
   * @throws LapidaryError `bad_state` where another tab goes on with it
   */
  async run(): Promise<void> {
    const { tuning } = this.#studio
    await this.#take()
    try {
      await this.#keep(this.#queue)
      while (!this.#stopping.signal.aborted) {
        const [next] = waiting(this.#queue, await this.#studio.runs.list())
        if (!next) break
        // A worker that was idle for long has let go of it.
        await this.#take()
        this.#listener.onTrial?.(next)
        try {
          if (!(await this.#trial(next))) break
        } finally {
          this.#listener.onTrial?.(null)
        }
      }
    } finally {
      await tuning.release(this.#queue.id)
    }
  }

  async #take(): Promise<void> {
    if (await this.#studio.tuning.take(this.#queue.id)) return
    fail('bad_state', 'This queue goes on in another tab.', 'Stop it there, or wait until it is done.', {
      queue: this.#queue.id,
    })
  }

  /** @returns whether the next one may begin */
  async #trial(trial: Trial): Promise<boolean> {
    try {
      const run = runOf(await this.#studio.runs.list(), this.#queue, trial)
      if (run?.status !== 'done') {
        await this.#requireData()
        await this.#once(trial.key)
        const end = await this.#train(trial, run)
        if (end === 'stopped') return false
      }
      if (this.#queue.metric === 'accuracy') await this.#judge(trial)
      return true
    } catch (error) {
      const failure = toFailure(error)
      if (this.#stopping.signal.aborted || failure.code === 'cancelled') return false
      if (stopsAll(failure)) {
        await this.#keep({ ...this.#queue, failure })
        return false
      }
      await this.#note(trial.key, { failure })
      return true
    }
  }

  /** Rows that were changed meanwhile would be other runs than those before. @throws LapidaryError */
  async #requireData(): Promise<void> {
    const { dataset, config } = this.#queue.base
    const name = config.data.name || 'The data'
    const found = (await this.#studio.data.list()).find(({ id }) => id === dataset)
    if (!found)
      fail(
        'missing_file',
        `${name} is not in this browser any more: the runs that wait cannot begin.`,
        'Open the same file again and set the queue up anew; the runs that are done are kept.',
        { dataset },
      )
    if (config.data.hash !== null && found.hash !== config.data.hash)
      fail(
        'bad_state',
        `${name} was changed since this queue was made: further runs could not be held against those before.`,
        'Take the changes back, or set the queue up anew.',
        { dataset, expected: config.data.hash, found: found.hash },
      )
  }

  /** The id of the base that all of its runs are of, under whatever name that is here by now. @throws LapidaryError */
  async #baseModel(): Promise<string> {
    const { model, config } = this.#queue.base
    const wanted = config.model.hash
    const here = await this.#studio.models.list()
    const found =
      here.find(({ hash }) => hash === wanted) ??
      // The practice model has no hash before it is stored; queues of old say none.
      here.find(({ id, hash }) => id === model && (wanted === null || hash === ''))
    if (found) return found.id
    return fail(
      'missing_file',
      `The base model of this queue, ${model}, is not in this browser any more: the runs that wait cannot begin.`,
      'Add the same files under Model, under any name, then go on. They are known by their SHA-256.',
      { model, expected: wanted },
    )
  }

  async #train(trial: Trial, run: RunInfo | null): Promise<'done' | 'stopped'> {
    const { base, id } = this.#queue
    const config = trialConfig(base.config, trial)
    let ended: (event: RunEvent) => void = () => {}
    const end = new Promise<RunEvent>((resolve) => {
      ended = resolve
    })
    const onEvent = (event: RunEvent) => {
      if (event.type === 'done' || event.type === 'error') ended(event)
    }
    if (run) await this.#driver.resume(run.id, onEvent)
    else {
      const model = await this.#baseModel()
      const request = { ...base, model, config, trial: { queue: id, trial: trial.key } }
      await this.#studio.data.prepare(recipeOf(request), { signal: this.#stopping.signal })
      await this.#driver.start(request, onEvent)
    }
    const event = await end
    if (event.type === 'error') {
      if (event.failure.code === 'cancelled') return 'stopped'
      throw new LapidaryError(event.failure)
    }
    return event.type === 'done' && event.reason === 'stopped' ? 'stopped' : 'done'
  }

  async #judge(trial: Trial): Promise<void> {
    const run = runOf(await this.#studio.runs.list(), this.#queue, trial)!
    const onProgress = ({ share }: { share: number | null }) => this.#listener.onJudging?.(share ?? 0)
    try {
      this.#listener.onJudging?.(0)
      const call = { signal: this.#stopping.signal, onProgress }
      await this.#note(trial.key, {
        judged: await judgeRun(this.#studio, run.id, this.#queue.labels ?? [], call),
      })
    } finally {
      this.#listener.onJudging?.(null)
    }
  }

  /** Whatever comes of it now, it is not tried again by itself. */
  async #once(key: string): Promise<void> {
    if (!this.#queue.trials.some((trial) => trial.key === key && trial.again)) return
    const trials = this.#queue.trials.map((trial): Trial => {
      const { again: _, ...rest } = trial
      return trial.key === key ? rest : trial
    })
    await this.#keep({ ...this.#queue, trials })
  }

  async #note(key: string, what: Pick<Trial, 'failure' | 'judged'>): Promise<void> {
    const trials = this.#queue.trials.map((trial) => (trial.key === key ? { ...trial, ...what } : trial))
    await this.#keep({ ...this.#queue, trials })
  }

  async #keep(queue: Queue): Promise<void> {
    this.#queue = queue
    await this.#studio.tuning.put(queue)
    this.#listener.onQueue(queue)
  }
}

/** How many of the held-out rows a run's best checkpoint chooses the right label for, by the likelihood of every label. */
export async function judgeRun(
  { evaluations, runs }: Pick<Studio, 'evaluations' | 'runs'>,
  run: string,
  labels: string[],
  call: Call = {},
): Promise<NonNullable<Trial['judged']>> {
  const kept = await runs.checkpoints(run)
  const checkpoint = kept.some(({ best }) => best) ? 'best' : 'last'
  const task = { kind: 'labels' as const, labels }
  const asked = { run, checkpoint, rows: { split: 'validation' }, task } as const
  const info = await evaluations.evaluate(asked, () => {}, call)
  const { sides, count } = await evaluations.report(run, info.id)
  const right = sides.find(({ name }) => name === 'judged')?.right ?? 0
  return { accuracy: right / count, rows: count }
}

/** Failures that the next trial would only meet again, and that say nothing of this one. */
export function stopsAll({ code, detail }: Failure): boolean {
  // All of its runs are of one base, and learn from the same data.
  if (code === 'missing_file')
    return ['dataset', 'tokens', 'model'].some((name) => detail?.[name] !== undefined)
  // Another run goes on, or the data is other data by now; a damaged checkpoint is that of one run.
  if (code === 'bad_state')
    return (
      detail?.field === 'data' || ['held_by', 'run', 'dataset'].some((name) => detail?.[name] !== undefined)
    )
  return code === 'quota_exceeded' || code.startsWith('storage_')
}
