import { type Failure, fail, toFailure } from '../protocol/errors.ts'
import type { Call, Queue, QueueKind, RankMetric, StartRequest, Studio, Trial } from '../protocol/studio.ts'
import { planLearningCurve } from './learning-curve.ts'
import { planTrials, type Sweep } from './sweep.ts'
import { labelsOf, usualMetric } from './task.ts'

/** What is asked for: a sweep, or a learning curve with the seeds of it alone. */
export interface QueueWish extends Sweep {
  kind: QueueKind
  /** Null: that of the task. */
  metric: RankMetric | null
  name: string
}

/** A queue as it would be, before it begins. */
export interface QueueOutlook {
  queue: Queue
  /** Seconds of all runs; null where this machine's speed is not known yet. */
  seconds: number | null
  /** Bytes that its runs take of the storage when they have ended. */
  bytes: number
  /** Trials that would be refused as things are, by key. */
  refused: ReadonlyMap<string, Failure>
}

type Rooms = Pick<Studio, 'data' | 'runs'>

/**
 * Plans a queue: every run of it, and how long each will take.
 * @throws LapidaryError for whatever does not vary or cannot be measured, naming it; for data that cannot be prepared
 */
export async function planQueue(
  { data, runs }: Rooms,
  base: StartRequest,
  wish: QueueWish,
  call: Call = {},
): Promise<QueueOutlook> {
  const { signal } = call
  const cancel = signal ? { signal } : {}
  const sweep = wish.kind === 'sweep' ? planTrials(base.config, wish) : null
  const info = await data.prepare(recipeOf(base), cancel)
  const rows = { train: info.examples.train, validation: info.examples.validation }
  const labels = labelsOf(base.config, info)
  const metric = wish.metric ?? usualMetric(labels)
  if (rows.validation === 0)
    fail('bad_data', 'No rows are held out: runs could not be ranked.', 'Hold rows out (validation_share).', {
      field: 'data.validation_share',
    })
  if (metric === 'accuracy' && labels === null)
    fail(
      'bad_config',
      'The answers are no labels: how many are chosen right cannot be judged.',
      'Rank by the held-out loss or by token accuracy.',
      { field: 'metric' },
    )
  const curve = sweep
    ? null
    : planLearningCurve(base.config, await runs.forecast(base, cancel), rows, wish.seeds)
  const planned = sweep ?? curve!.trials
  const begun = { ...base, config: curve?.base ?? base.config }
  const refused = new Map<string, Failure>()
  const known = new Map<string, number | null>()
  const trials: Trial[] = []
  let bytes = 0
  for (const { key, set, seed, config } of planned) {
    signal?.throwIfAborted()
    // Seeds take as long as each other.
    const setting = JSON.stringify(set)
    if (!known.has(setting)) {
      const foretold = await foretell({ data, runs }, { ...begun, config }, cancel)
      known.set(setting, 'seconds' in foretold ? foretold.seconds : null)
      const same = planned.filter((one) => JSON.stringify(one.set) === setting)
      if ('kept' in foretold) bytes += foretold.kept * same.length
      if ('failure' in foretold) for (const other of same) refused.set(other.key, foretold.failure)
    }
    trials.push({ key, set, seed, seconds: known.get(setting) ?? null })
  }
  // Shares have tables of tokens of their own, for which older ones go; that of the run that is set up stays the newest.
  await data.prepare(recipeOf(base), cancel)
  const seconds = trials.map((trial) => trial.seconds)
  const all = seconds.every((each) => each !== null)
  return {
    queue: {
      ...{ id: newQueueId(), name: wish.name, created: Date.now(), kind: wish.kind, metric },
      ...{ base: begun, trials, labels, rows },
    },
    seconds: all ? seconds.reduce((sum: number, each) => sum + each!, 0) : null,
    bytes,
    refused,
  }
}

async function foretell(
  { data, runs }: Rooms,
  request: StartRequest,
  call: Call,
): Promise<{ seconds: number | null; kept: number } | { failure: Failure }> {
  try {
    await data.prepare(recipeOf(request), call)
    const { duration, kept } = await runs.forecast(request, call)
    return { seconds: duration?.seconds ?? null, kept }
  } catch (error) {
    call.signal?.throwIfAborted()
    return { failure: toFailure(error) }
  }
}

export const recipeOf = ({ dataset, model, config }: StartRequest) => ({ dataset, model, config })

const newQueueId = (): string =>
  `${Date.now().toString(36)}-${Math.floor(Math.random() * 0xffffffff).toString(36)}`
