import { LapidaryError } from '../../src/protocol/errors.ts'
import type { DoneEvent, RunEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { Checkpoint, RunHashes } from '../../src/trainer/checkpoint.ts'
import { isLogged, type TrainingRun, train } from '../../src/trainer/loop.ts'
import { bigramData } from './bigram-data.ts'
import { BigramEngine } from './bigram-engine.ts'

export const HASHES: RunHashes = { config: 'c', data: 'd', base: 'b' }

export const CONFIG = {
  learning_rate: 0.05,
  lr_scheduler_type: 'cosine',
  warmup_steps: 2,
  weight_decay: 0.1,
  max_grad_norm: 0.5,
  gradient_accumulation_steps: 2,
  num_train_epochs: 3,
  save_steps: 5,
}

export interface Sitting {
  /** The lasting log, cut and grown as storage would. */
  log: RunEvent[]
  events: RunEvent[]
  checkpoints: { checkpoint: Checkpoint; best: boolean }[]
  engine: BigramEngine
  data: ReturnType<typeof bigramData>
  done: Promise<DoneEvent>
}

/** One sitting of a run on the bigram engine, with an in-memory store in the place of IndexedDB. */
export function sit(
  config: object,
  options: Partial<TrainingRun> & { log?: RunEvent[]; engine?: BigramEngine } = {},
): Sitting {
  const engine = options.engine ?? new BigramEngine()
  const data = bigramData()
  const log = (options.log ?? []).slice(0, options.resume?.meta.event_count ?? 0)
  const events: RunEvent[] = []
  const checkpoints: Sitting['checkpoints'] = []
  let clock = 0
  const done = train({
    engine,
    data,
    config: parseRunConfig(config),
    hashes: HASHES,
    now: () => (clock += 10),
    ...options,
    emit(event) {
      events.push(event)
      if (isLogged(event)) log.push(event)
      options.emit?.(event)
    },
    async save(checkpoint, event) {
      checkpoints.push({ checkpoint: structuredClone(checkpoint), best: event.best ?? false })
      events.push(event)
      log.push(event)
      if (checkpoint.meta.event_count !== log.length) throw new Error('the log disagrees with the checkpoint')
      await options.save?.(checkpoint, event)
    },
  })
  return { log, events, checkpoints, engine, data, done }
}

/** The figures that must not depend on when a run was interrupted. */
export function curve(log: RunEvent[]): unknown[] {
  return log.flatMap((event): unknown[] => {
    if (event.type === 'step') {
      const { tokens_per_second: _, ...rest } = event
      return [rest]
    }
    return event.type === 'eval' || event.type === 'sample' ? [event] : []
  })
}

export const steps = (log: RunEvent[]) => log.filter((event) => event.type === 'step')
export const evals = (log: RunEvent[]) => log.filter((event) => event.type === 'eval')

export async function failureOf(promise: Promise<unknown>): Promise<LapidaryError> {
  const error = await promise.then(
    () => new Error('nothing failed'),
    (e: unknown) => e,
  )
  if (error instanceof LapidaryError) return error
  throw error
}

/** The same of work that is done at once. */
export function refusalOf(work: () => unknown): LapidaryError {
  try {
    work()
  } catch (error) {
    if (error instanceof LapidaryError) return error
    throw error
  }
  throw new Error('nothing failed')
}
