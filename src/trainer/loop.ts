import type { Engine, EngineState, StepResult } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { CheckpointEvent, DoneEvent, RunEvent } from '../protocol/events.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import { CHECKPOINT_VERSION, type Checkpoint, type DataPosition, type RunHashes } from './checkpoint.ts'
import { accumulated, type TrainingData } from './data.ts'
import { evaluate } from './evaluate.ts'
import { learningRate, runLength } from './schedule.ts'

/** Steps queued on the device at most: one runs while the next is encoded. */
const IN_FLIGHT = 2
/** Non-finite steps in a row that end a run. */
export const NOT_FINITE_LIMIT = 5

export interface TrainingRun {
  /** Loaded with the run's model and adapter. */
  engine: Engine
  config: RunConfig
  data: TrainingData
  hashes: RunHashes
  /** Goes on from here; the caller has cut the event log to `meta.event_count`. */
  resume?: Checkpoint | null
  /** Begins with this state; without it, with the engine's own. Of no effect where a run goes on. */
  start?: EngineState | null
  /** Prompts answered by base and tuned model at each evaluation. */
  samples?: SamplePrompts
  /** Every event but `checkpoint`, in order. */
  emit(event: RunEvent): void
  /**
   * Stores a checkpoint together with its event (the last of `meta.event_count`), reports the event, then resolves.
   * They belong together: an event log that disagrees with the count could not be cut to it.
   */
  save(checkpoint: Checkpoint, event: CheckpointEvent): Promise<void>
  /** Asked before each step; once true, the run ends after the steps in flight, with a checkpoint. */
  stopRequested?(): boolean
  /** Seam of early stopping: asked after each evaluation but the base line's. */
  stopEarly?(evaluations: readonly EvaluationRecord[]): boolean
  /** Ends the run at once, without a checkpoint. */
  signal?: AbortSignal
  /** Milliseconds, monotonic. */
  now?(): number
}

export interface SamplePrompts {
  prompts: { prompt: string; reference?: string }[]
  answer(adapter: 'on' | 'off', signal?: AbortSignal): Promise<string[]>
}

export interface EvaluationRecord {
  step: number
  eval_loss: number
}

/** Whether an event is part of the lasting log (`metrics.jsonl`): stages tell of the moment only. */
export function isLogged(event: RunEvent): boolean {
  return event.type !== 'stage'
}

interface Pending {
  step: number
  epoch: number
  learning_rate: number
  /** Where the step after this one begins. */
  next: DataPosition
  result: Promise<StepResult>
}

/**
 * Trains until the last step, a stop, or early stopping, with the semantics of TRL's `SFTTrainer`. The curve is a
 * function of config, data and engine alone: stopping, resuming and saving do not change it.
 * @throws LapidaryError `not_finite`, and whatever the engine throws; the last checkpoint stays
 */
export async function train(run: TrainingRun): Promise<DoneEvent> {
  const { engine, config, data, signal } = run
  const { training } = config
  const now = run.now ?? (() => performance.now())
  const total = runLength(training, data.batchesPerEpoch).steps
  const meta = run.resume?.meta
  const started = now() - (meta?.seconds ?? 0) * 1000

  let step = meta?.step ?? 0
  let epoch = meta?.epoch ?? 0
  let position: DataPosition = meta ? { ...meta.position } : { epoch: 0, batch: 0 }
  let tokens = meta?.tokens ?? 0
  let eventCount = meta?.event_count ?? 0
  let best = meta?.best ?? null
  let skippedInRow = meta?.skipped_in_row ?? 0
  const evaluations = [...(meta?.evaluations ?? [])]
  let savedAt = meta?.step ?? -1
  let baseAnswers: string[] | null = null
  let arrival = now()

  const emit = (event: RunEvent) => {
    if (isLogged(event)) eventCount++
    run.emit(event)
  }

  const submit = (at: DataPosition, number: number): Pending => {
    const { batches, next, epoch } = accumulated(data, at, training.gradient_accumulation_steps)
    const learning_rate = learningRate(training, number, total)
    const scalars = {
      step: number,
      seed: training.seed,
      learningRate: learning_rate,
      beta1: training.adam_beta1,
      beta2: training.adam_beta2,
      epsilon: training.adam_epsilon,
      weightDecay: training.weight_decay,
      maxGradNorm: training.max_grad_norm,
    }
    const result = engine.step(batches, scalars, signal)
    // Failures are met where the result is awaited; a second one behind the first must not go unhandled.
    result.catch(() => {})
    return { step: number, epoch, learning_rate, next, result }
  }

  const report = (pending: Pending, result: StepResult) => {
    const seconds = (now() - arrival) / 1000
    arrival = now()
    step = pending.step
    epoch = pending.epoch
    position = pending.next
    tokens += result.tokens
    skippedInRow = result.finite ? 0 : skippedInRow + 1
    emit({
      type: 'step',
      step,
      max_steps: total,
      epoch,
      loss: result.loss,
      mean_token_accuracy: result.mean_token_accuracy,
      learning_rate: pending.learning_rate,
      grad_norm: result.grad_norm,
      tokens,
      tokens_per_second: seconds > 0 ? result.tokens / seconds : 0,
      ...(result.finite ? {} : { skipped: true as const }),
    })
    if (result.finite) return
    emit({
      type: 'notice',
      step,
      message: `Step ${step} was skipped: its loss or gradient was not a finite number. The weights stay as they were.`,
    })
    if (skippedInRow >= NOT_FINITE_LIMIT)
      fail(
        'not_finite',
        `Training stopped at step ${step}: the loss or gradient was not a finite number ${skippedInRow} steps in a row.`,
        'The last checkpoint is kept. Start again with a lower learning_rate, more warmup_steps, or a smaller max_grad_norm.',
        { step },
      )
  }

  const validate = async () => {
    emit({ type: 'stage', stage: 'evaluate', note: 'Measuring on held-out rows' })
    const evaluation = await evaluate(engine, data.validation(), 'on', signal)
    let improved = false
    if (evaluation) {
      const { eval_loss, metrics } = evaluation
      emit({ type: 'eval', step, epoch, eval_loss, metrics })
      evaluations.push({ step, eval_loss })
      // The base line is no checkpoint of this run: there is nothing learnt in it to keep.
      improved = step > 0 && (best === null || eval_loss < best.eval_loss)
      if (improved) best = { step, eval_loss }
    }
    if (run.samples && run.samples.prompts.length > 0) {
      baseAnswers ??= await run.samples.answer('off', signal)
      const tuned = await run.samples.answer('on', signal)
      for (const [i, { prompt, reference }] of run.samples.prompts.entries())
        emit({
          type: 'sample',
          step,
          prompt,
          ...(reference === undefined ? {} : { reference }),
          base: baseAnswers[i] ?? '',
          tuned: tuned[i] ?? '',
        })
    }
    return improved
  }

  const save = async (isBest: boolean) => {
    emit({ type: 'stage', stage: 'save', note: 'Saving a checkpoint' })
    const state = await engine.saveState(signal)
    const event: CheckpointEvent = { type: 'checkpoint', step, epoch, ...(isBest ? { best: true } : {}) }
    eventCount++
    const checkpoint: Checkpoint = {
      state,
      meta: {
        version: CHECKPOINT_VERSION,
        step,
        epoch,
        position: { ...position },
        seed: training.seed,
        hashes: run.hashes,
        choices: engine.describe().choices,
        event_count: eventCount,
        tokens,
        seconds: (now() - started) / 1000,
        skipped_in_row: skippedInRow,
        best,
        evaluations: [...evaluations],
      },
    }
    await run.save(checkpoint, event)
    savedAt = step
  }

  const done = (reason: DoneEvent['reason']): DoneEvent => {
    const event: DoneEvent = {
      type: 'done',
      step,
      epoch,
      seconds: (now() - started) / 1000,
      reason,
      config,
    }
    emit(event)
    return event
  }

  const evaluationDue = (at: { step: number; next: DataPosition }) =>
    at.step === total ||
    (training.eval_steps === null ? at.next.batch === 0 : at.step % training.eval_steps === 0)
  const saveDue = (at: { step: number }) => at.step === total || at.step % training.save_steps === 0

  /** Trains up to the next place where the device must be at rest: an evaluation, a checkpoint, a stop, the end. */
  const advance = async () => {
    arrival = now()
    const inFlight: Pending[] = []
    let last: { step: number; next: DataPosition } = { step, next: position }
    let halt = false
    for (;;) {
      while (!halt && inFlight.length < IN_FLIGHT) {
        signal?.throwIfAborted()
        halt = run.stopRequested?.() ?? false
        if (halt) break
        const pending = submit(last.next, last.step + 1)
        inFlight.push(pending)
        last = pending
        halt = evaluationDue(pending) || saveDue(pending)
      }
      const oldest = inFlight.shift()
      if (!oldest) return
      report(oldest, await oldest.result)
    }
  }

  if (run.resume) await engine.loadState(run.resume.state, signal)
  else {
    if (run.start) await engine.loadState(run.start, signal)
    await validate()
  }

  while (step < total) {
    emit({ type: 'stage', stage: 'train', progress: step / total })
    const before = step
    await advance()
    const advanced = step > before
    const evaluated = advanced && evaluationDue({ step, next: position })
    const improved = evaluated ? await validate() : false
    const early = evaluated && step < total && (run.stopEarly?.(evaluations) ?? false)
    const stop = run.stopRequested?.() ?? false
    if (improved || ((early || stop || saveDue({ step })) && savedAt !== step)) await save(improved)
    if (step === total) break
    if (early) return done('early_stopping')
    if (stop) return done('stopped')
  }
  return done('finished')
}
