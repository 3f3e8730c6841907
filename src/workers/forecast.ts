import type { PortableBackendChoice } from '../protocol/engine.ts'
import type {
  Call,
  DeviceInfo,
  RunDuration,
  RunForecast,
  RunTiming,
  StartRequest,
} from '../protocol/studio.ts'
import { evaluationCount } from '../runs/early.ts'
import { sizeFactor, timedSpeed } from '../runs/speed.ts'
import { type PreparedRun, prepareRun } from './prepared-run.ts'
import { keptSize } from './run-space.ts'
import type { TrainParts } from './train-parts.ts'

/**
 * What a run of this request will be, by what runs it: its own data, its own plan.
 * @throws LapidaryError for whatever would refuse the start
 */
export async function forecastRun(
  { database, library, host }: TrainParts,
  request: StartRequest,
  call: Call = {},
): Promise<RunForecast> {
  const prepared = await prepareRun(await database(), await library(), request, call)
  const { kind, portable_backend: backend } = prepared.config.engine
  const plan = await host.plan(prepared.plan, kind, backend, call)
  const device = await host.device(kind, backend, call)
  const counts = countsOf(prepared)
  return { ...counts, plan, duration: durationOf(prepared, counts, device, backend) }
}

type Counts = Pick<RunForecast, 'steps' | 'tokens' | 'evaluations' | 'saves' | 'kept'>

function countsOf({ batches, config, steps, model }: PreparedRun): Counts {
  const { gradient_accumulation_steps, eval_steps, save_steps } = config.training
  const perEpoch = Math.max(1, Math.ceil(batches.batchesPerEpoch / gradient_accumulation_steps))
  return {
    steps,
    tokens: Math.round((batches.tokens.train * steps) / perEpoch),
    evaluations: evaluationCount(eval_steps, steps, perEpoch),
    saves: Math.ceil(steps / save_steps),
    kept: keptSize(model.info.config, config),
  }
}

/** Seconds from speeds measured on this machine; of another model where this one has none, by the size of both. */
function durationOf(
  { batches, model, samples, start }: PreparedRun,
  { tokens, evaluations, saves, steps }: Counts,
  device: DeviceInfo,
  backend: PortableBackendChoice,
): RunDuration | null {
  const found = timedSpeed(device, model.info.name, backend)
  if (!found?.timing) return null
  const { timing, parameters } = found
  const scaled = found.model !== model.info.name
  if (scaled && !parameters) return null
  const factor = scaled ? sizeFactor(parameters!, model.info.parameters) : 1
  // What is tuned answers as the data does; a base at its usual length, or on and on.
  const base = samples.length * shareOf(scaled ? LONG_ANSWER : timing.baseLength, timing)
  const tuned = samples.reduce((sum, { reference }) => sum + shareOf(reference?.length, timing), 0)
  const answers = base + tuned * (evaluations - (start ? 0 : 1))
  const training = tokens * timing.token * factor
  const checks = factor * (evaluations * batches.tokens.held * timing.heldToken + answers * timing.answer)
  const seconds = timing.begin * factor + training + checks + saves * timing.save
  return { seconds, checks, step: training / steps, from: found.model, scaled }
}

/** Characters that a question takes as long to read as an answer to write. */
const QUESTION = 10

/** Characters of an answer that does not end by itself. */
const LONG_ANSWER = 200

/** How long an answer of so many characters takes, over those that were measured; as long where either is not known. */
export function shareOf(
  length: number | undefined,
  { answerLength }: Pick<RunTiming, 'answerLength'>,
): number {
  if (length === undefined || answerLength === undefined) return 1
  return (length + QUESTION) / (answerLength + QUESTION)
}
