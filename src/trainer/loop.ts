import type { Engine, EngineState, StepResult } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { CheckpointEvent, CutExamples, DoneEvent, RunEvent, SamplePrompt } from '../protocol/events.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import { evaluated as asKept, earlyMessage, standing } from './best.ts'
import { CHECKPOINT_VERSION, type Checkpoint, type DataPosition, type RunHashes } from './checkpoint.ts'
import { accumulated, type Learnt, type TrainingData } from './data.ts'
import { evaluate } from './evaluate.ts'
import { RowLosses } from './row-losses.ts'
import { learningRate, runLength } from './schedule.ts'
import type { Watch } from './watch.ts'

/** Steps queued on the device, unless the engine knows better: one runs while the next is encoded. */
const IN_FLIGHT = 2
/** Seconds. Where a step takes longer, waiting for it costs nothing, and a stop does not wait for a second one. */
const LONG_STEP = 1
/** Milliseconds. A step that has taken so long tells how far it is, so often. */
const SILENT = 2000
const TELL_EVERY = 500
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
  /** To be told before anything else, where the run goes on. */
  opening?: string | null
  /** Examples that lost their end; told where the run begins. */
  cut?: CutExamples | null
  /** How many examples are held out, where all of them have one answer and those to learn from have others; told where the run begins. */
  oneLabel?: number | null
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
  /** Sees each step as it is queued. */
  watch?: Watch
  /** Ends the run at once, without a checkpoint. */
  signal?: AbortSignal
  /** Milliseconds, monotonic. */
  now?(): number
}

export interface SamplePrompts {
  prompts: SamplePrompt[]
  /** Set where the adapter is not PEFT's initial one before the first step. */
  adapted?: boolean
  /** @param onProgress hears which share is done, 0..1 */
  answer(
    adapter: 'on' | 'off',
    signal?: AbortSignal,
    onProgress?: (share: number) => void,
  ): Promise<SampleAnswer[]>
}

/** An answer; `cut` where it met the limit on its length. */
export interface SampleAnswer {
  text: string
  cut?: boolean
}

/** @throws LapidaryError `not_finite`, always: a loss that is no number says nothing of what is best, and JSON cannot hold it */
function failNotFinite(step: number): never {
  fail(
    'not_finite',
    step === 0
      ? 'The base model gives no finite loss on the held-out rows.'
      : `Training stopped at step ${step}: the loss on the held-out rows was not a finite number.`,
    step === 0
      ? 'Its weights are damaged, or this device computes wrongly: check it on the Model page, or choose another engine.'
      : 'The last checkpoint is kept. Start again with a lower learning_rate, more warmup_steps, or a smaller max_grad_norm.',
    { step },
  )
}

/** Whether an event is part of the lasting log (`metrics.jsonl`): stages tell of the moment only. */
export function isLogged(event: RunEvent): boolean {
  return event.type !== 'stage'
}

/** Names of kernels said of those that are gone. */
const SAID = 3

/** What is to be said where an engine has not all of the numeric choices that a run recorded. */
function lostChoices(
  recorded: Readonly<Record<string, string>>,
  used: Readonly<Record<string, string>>,
): string | null {
  const lost = Object.entries(recorded).filter(([key, name]) => used[key] !== name)
  if (lost.length === 0) return null
  const names = lost.slice(0, SAID).map(([key, name]) => `${key}: ${name}`)
  const more = lost.length > SAID ? `; and ${lost.length - SAID} more` : ''
  return (
    `Kernels that this run was computed with are not here any more (${names.join('; ')}${more}). It goes on with others: ` +
    'from here on its numbers may differ in their last digits from those of a run without a break.'
  )
}

function cutMessage({ examples, of, max_length }: CutExamples): string {
  return `${examples} of ${of} examples are cut at ${max_length} tokens (max_length): what they lose is not learnt, nor how to end there, and no loss says how well these answers are known.`
}

function oneLabelMessage(examples: number): string {
  return `${examples === 1 ? 'One example is held out' : `All ${examples} examples held out have the same answer`}: the loss on it shows nothing of the other answers.`
}

/** What is to be said of kernels that the engine found unfit. */
function leftOut(found: Readonly<Record<string, string>> | undefined): string | null {
  if (!found) return null
  const names = Object.entries(found).map(([variant, why]) => `${variant}: ${why}`)
  const more = names.length > SAID ? `; and ${names.length - SAID} more` : ''
  return `Kernels that this graphics processor or its driver does not run rightly were left out (${names.slice(0, SAID).join('; ')}${more}). The run uses others.`
}

/** What is to be said where a run had to do with less memory than it is given elsewhere. */
function crowded(found: { room: number; plan: number } | undefined): string | null {
  if (!found) return null
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
  return found.plan <= found.room
    ? `Beyond ${megabytes(found.room)} the graphics memory is full or slow. The run takes ${megabytes(found.plan)}, and computes more again instead.`
    : `Beyond ${megabytes(found.room)} the graphics memory is full or slow, and the run needs ${megabytes(found.plan)}: its steps may take many times longer. Close other windows, or lower max_length or the batch size.`
}

interface Pending {
  step: number
  epoch: number
  learning_rate: number
  /** Pass over the training rows, 1-based, and whose the rows of each micro-batch are. */
  pass: number
  learnt: Learnt[][]
  /** Where the step after this one begins. */
  next: DataPosition
  result: Promise<StepResult>
}

/**
 * Trains until the last step or a stop, with the semantics of TRL's `SFTTrainer`. The curve is a
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
  let skippedInRow = meta?.skipped_in_row ?? 0
  const evaluations = [...(meta?.evaluations ?? [])]
  const rowLosses = new RowLosses()
  let savedAt = meta?.step ?? -1
  let baseAnswers: SampleAnswer[] | null = null
  let arrival = now()
  /** The last steps: figures of several may arrive together. */
  let recent: { seconds: number; tokens: number }[] = []
  /** Until the first step has been timed, it may be a long one. */
  let inFlightLimit = 1

  const emit = (event: RunEvent) => {
    if (isLogged(event)) eventCount++
    run.emit(event)
  }

  const submit = (at: DataPosition, number: number): Pending => {
    const { batches, learnt, next, epoch } = accumulated(data, at, training.gradient_accumulation_steps)
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
    const begun = now()
    let told = begun + SILENT - TELL_EVERY
    const go = () =>
      engine.step(batches, scalars, signal, (share) => {
        if (now() - told < TELL_EVERY) return
        told = now()
        const within = { step: number, share }
        emit({ type: 'stage', stage: 'train', progress: (number - 1 + share) / total, within })
      })
    const result = run.watch ? run.watch.around(scalars, go) : go()
    // Failures are met where the result is awaited; a second one behind the first must not go unhandled.
    result.catch(() => {})
    return { step: number, epoch, learning_rate, pass: at.epoch + 1, learnt, next, result }
  }

  const report = (pending: Pending, result: StepResult) => {
    const seconds = (now() - arrival) / 1000
    arrival = now()
    inFlightLimit = seconds > LONG_STEP ? 1 : (engine.stepsInFlight ?? IN_FLIGHT)
    step = pending.step
    epoch = pending.epoch
    position = pending.next
    tokens += result.tokens
    skippedInRow = result.finite ? 0 : skippedInRow + 1
    // Where more than two are in flight, figures are noticed by the interval.
    recent = [...recent, { seconds, tokens: result.tokens }].slice(-Math.max(1, inFlightLimit - 1))
    const [time, count] = recent.reduce(([s, t], one) => [s + one.seconds, t + one.tokens], [0, 0])
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
      tokens_per_second: time > 0 ? count / time : 0,
      ...(result.finite ? {} : { skipped: true as const }),
    })
    if (result.finite) {
      for (const [i, examples] of pending.learnt.entries())
        rowLosses.add(pending.pass, examples, result.logProbability[i]!)
      return
    }
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
    const held = [...data.validation()]
    const of = held.reduce((sum, { supervisedRows }) => sum + supervisedRows.length, 0)
    let measured = 0
    const tellMeasured = () =>
      emit({
        type: 'stage',
        stage: 'evaluate',
        note: 'Measuring on held-out rows',
        progress: measured / Math.max(1, of),
      })
    tellMeasured()
    const evaluation = await evaluate(engine, held, 'on', signal, (tokens) => {
      measured = tokens
      tellMeasured()
    })
    let improved = false
    if (evaluation) {
      const { eval_loss, metrics } = evaluation
      if (!Number.isFinite(eval_loss)) failNotFinite(step)
      emit({ type: 'eval', step, epoch, eval_loss, metrics })
      evaluations.push(asKept(training, step, eval_loss, metrics))
      improved = step > 0 && standing(training, evaluations).best?.step === step
    }
    if (run.samples && run.samples.prompts.length > 0) {
      // An adapter that has not been trained yet changes nothing (B is zero): the answers would be the same.
      const same = step === 0 && !run.samples.adapted
      const parts = (baseAnswers ? 0 : 1) + (same ? 0 : 1)
      let part = 0
      const answers = async (adapter: 'on' | 'off') => {
        const tell = (share: number) =>
          emit({
            type: 'stage',
            stage: 'sample',
            note: 'Answering the questions',
            progress: (part + share) / parts,
          })
        tell(0)
        const found = await run.samples!.answer(adapter, signal, tell)
        part++
        return found
      }
      baseAnswers ??= await answers('off')
      const tuned = same ? baseAnswers : await answers('on')
      for (const [i, { tools: _, system: __, ...prompt }] of run.samples.prompts.entries())
        emit({
          type: 'sample',
          step,
          ...prompt,
          base: baseAnswers[i]?.text ?? '',
          tuned: tuned[i]?.text ?? '',
          ...(baseAnswers[i]?.cut ? { base_cut: true as const } : {}),
          ...(tuned[i]?.cut ? { tuned_cut: true as const } : {}),
        })
    }
    return improved
  }

  const save = async (isBest: boolean) => {
    emit({ type: 'stage', stage: 'save', note: 'Saving a checkpoint' })
    for (const event of rowLosses.take(step)) emit(event)
    const state = await engine.saveState(signal)
    const event: CheckpointEvent = { type: 'checkpoint', step, epoch, ...(isBest ? { best: true } : {}) }
    eventCount++
    const { best } = standing(training, evaluations)
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
        best: best && { step: best.step, eval_loss: best.eval_loss },
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
      while (!halt && inFlight.length < inFlightLimit) {
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

  const about = engine.describe()
  for (const message of [leftOut(about.leftOut), crowded(about.crowded)])
    if (message !== null) emit({ type: 'notice', step, message })
  if (run.opening) emit({ type: 'notice', step, message: run.opening })
  if (run.cut && !run.resume) emit({ type: 'notice', step, message: cutMessage(run.cut), cut: run.cut })
  if (run.oneLabel && !run.resume)
    emit({ type: 'notice', step, message: oneLabelMessage(run.oneLabel), one_label: run.oneLabel })
  if (run.resume) {
    const lost = lostChoices(run.resume.meta.choices, engine.describe().choices)
    if (lost !== null) emit({ type: 'notice', step, message: lost })
    await engine.loadState(run.resume.state, signal)
  } else {
    if (run.start) await engine.loadState(run.start, signal)
    await validate()
  }

  /** Where the evaluations so far end the run: told, and done. */
  const endEarly = (): DoneEvent | null => {
    const now = standing(training, evaluations)
    if (!now.spent) return null
    emit({ type: 'notice', step, message: earlyMessage(training, now, step, total) })
    return done('stopped_early')
  }

  // Cut off between its last checkpoint and its end.
  if (step < total && evaluations.at(-1)?.step === step) {
    const early = endEarly()
    if (early) return early
  }
  while (step < total) {
    emit({ type: 'stage', stage: 'train', progress: step / total })
    const before = step
    await advance()
    const advanced = step > before
    const evaluated = advanced && evaluationDue({ step, next: position })
    const improved = evaluated ? await validate() : false
    const stop = run.stopRequested?.() ?? false
    const spent = evaluated && standing(training, evaluations).spent
    if (improved || ((stop || spent || saveDue({ step })) && savedAt !== step)) await save(improved)
    if (step === total) break
    if (spent) return endEarly()!
    if (stop) return done('stopped')
  }
  return done('finished')
}
