import { answer } from '../generate/chat.ts'
import { adapterTensors } from '../model/lora.ts'
import type {
  Engine,
  EngineChoice,
  EngineDescription,
  EngineKind,
  PortableBackendChoice,
} from '../protocol/engine.ts'
import { type Failure, toFailure } from '../protocol/errors.ts'
import type { DoneEvent, ErrorEvent, RunEvent } from '../protocol/events.ts'
import type { Look } from '../protocol/look.ts'
import type { Quantization } from '../protocol/model.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import type { RunListener, RunNews, RunNote } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import type { RunLog } from '../storage/runs.ts'
import type { Checkpoint, CheckpointMeta } from '../trainer/checkpoint.ts'
import { isLogged, type SamplePrompts, train } from '../trainer/loop.ts'
import { firstOf, StepWatch } from '../trainer/watch.ts'
import { checkpointBytes, contentsOf } from './checkpoint-files.ts'
import type { EngineHost, Engines } from './engine/host.ts'
import type { OpenModel } from './library.ts'
import { ANSWER_TOKENS, type PreparedRun } from './prepared-run.ts'
import { SpeedMeter } from './speed-meter.ts'
import type { Unkept } from './unkept.ts'

/** What holding a base in fewer bits has cost, in words; null: it is held as it came. */
async function roundingOf(model: OpenModel, quantization: Quantization): Promise<string | null> {
  if (quantization === null) return null
  const weights = await model.quantised(quantization)
  const errors = weights.errors()
  const parts = [
    ['Q4_0', '4 bits'],
    ['Q8_0', '8 bits'],
  ] as const
  const said = parts.flatMap(([type, bits]) => {
    const error = errors[type]
    return error === undefined ? [] : [`${inPercent(error)} of their size in ${bits}`]
  })
  const kept = weights.kept.length
  const stay =
    kept > 0
      ? ` ${kept} of its matrices stay as they came: their rows are no whole blocks of 64 weights.`
      : ''
  if (weights.rounded.size === 0)
    return `${model.info.name} is as narrow already as ${quantization} asks for.${stay}`
  return `The base is held in fewer bits (${quantization}): its weights are off by ${said.join(', by ')} (root mean square). The adapter learns on it as it is.${stay}`
}

/** Two digits. */
const inPercent = (share: number) => (share === 0 ? '0%' : `${Number((share * 100).toPrecision(2))}%`)

type Progress = (progress: number, note: string) => void

/** Passes progress on some ten times a second, and whatever begins something new. */
function seldom(tell: Progress): Progress {
  let [last, said] = [0, '']
  return (progress, note) => {
    const now = performance.now()
    if (note === said && now - last < 100) return
    last = now
    said = note
    tell(progress, note)
  }
}

/** A run goes on with the engine that it began with, where that is here: only then are the bits the same. */
function engineFor(
  { kind, portable_backend: backend }: RunConfig['engine'],
  before: EngineDescription | null,
): { engine: EngineChoice; backend: PortableBackendChoice } {
  if (!before || (kind !== 'auto' && kind !== before.kind)) return { engine: kind, backend }
  const same = backend === 'auto' ? (before.backend ?? backend) : backend
  return { engine: kind === 'auto' && before.software ? before.kind : kind, backend: same }
}

/** Losses of the device in a row, without a new checkpoint between them, after which a run gives up. */
const MOST_LOSSES = 3
/** Milliseconds before the device is asked for again, times the losses so far. */
const LOSS_PAUSE = 500

/** Where a run goes on: its log, cut to the checkpoint, and that; null: it begins. */
export interface Place {
  log: RunLog
  checkpoint: Checkpoint | null
}

function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? null
}

/** What a run needs of the worker that it is in. */
interface Host {
  /** The use of the engine that lasts as long as the run. */
  engines: Engines
  noteSpeed: EngineHost['noteSpeed']
  /** Tells every tab. */
  tell(news: RunNews): void
  /** Whoever looks under the hood of the run that goes on. */
  onlookers: ReadonlySet<(look: Look) => void>
  /** A run's log cut to its newest checkpoint. */
  goOn(record: RunRecord): Promise<Place>
}

/** One run while it goes on. */
export class ActiveRun {
  readonly id: string
  readonly model: OpenModel
  /** Resolves with its last event when it has ended, however; whoever began it tells that event. */
  readonly ended: Promise<DoneEvent | ErrorEvent>
  #engine: Engine | null = null
  #log: RunLog
  readonly #prepared: PreparedRun
  readonly #host: Host
  readonly #onEvent: RunListener
  /** Asked for in place of the run's own. */
  #wanted: EngineKind | null
  /** Gives up what is under way. */
  readonly #giving = new AbortController()
  #stopping = false
  /** Step of the newest checkpoint; null: none. */
  #saved: number | null
  #unkept: Omit<Unkept, 'record' | 'events'> | null = null
  /** Its record as it ended, where what is stored says less. */
  #ended: RunRecord | null = null

  /** @param engine in place of the one that the run began with */
  constructor(
    host: Host,
    { log, checkpoint }: Place,
    prepared: PreparedRun,
    engine: EngineKind | null,
    onEvent: RunListener,
  ) {
    this.id = log.record.id
    this.model = prepared.model
    this.#log = log
    this.#prepared = prepared
    this.#host = host
    this.#onEvent = (event) => {
      const heard = onEvent(event)
      host.tell(this.news(event))
      return heard
    }
    this.#wanted = engine
    this.#saved = checkpoint?.meta.step ?? null
    this.ended = this.#guard(checkpoint)
  }

  /** @param now gives up the step under way, too: what came after the last checkpoint is lost */
  stop(now = false): void {
    this.#stopping = true
    // Before there is a step to stop after, there is nothing to keep either.
    if (now || !this.#engine) this.#giving.abort()
  }

  /** Its newest checkpoint, where that could not be stored; null: it is. */
  get unkept(): Unkept | null {
    return (
      this.#unkept && {
        ...this.#unkept,
        record: this.#ended ?? this.#log.record,
        events: async () => [...this.#log.events],
      }
    )
  }

  /** What a person says of it meanwhile. */
  note(change: RunNote): void {
    this.#log.note(change)
  }

  /** An event as every tab is told, right after it was logged. */
  news(event: RunEvent): RunNews {
    return { run: this.id, event, ...(isLogged(event) && { at: this.#log.count - 1 }) }
  }

  /** The log as it is now, everything told so far stored. */
  flush(): Promise<void> {
    return this.#log.flush()
  }

  async #guard(checkpoint: Checkpoint | null): Promise<DoneEvent | ErrorEvent> {
    let [from, opening, losses] = [checkpoint, this.#prepared.notice, 0]
    for (;;) {
      const saved = this.#saved
      try {
        const done = await this.#train(from, opening)
        if (!this.#unkept) await this.#log.flush()
        else await this.#endUnkept(this.#unkept.failure)
        return done
      } catch (error) {
        const failure = this.#told(error, losses)
        this.#engine = null
        if (failure.code === 'device_lost' || failure.code === 'out_of_memory')
          await this.#host.engines.close(error)
        if (this.#saved !== saved) losses = 0
        if (failure.code === 'device_lost' && !this.#stopping && losses < MOST_LOSSES) {
          losses++
          const back = await this.#back(losses, failure).catch(() => null)
          if (back) {
            ;[from, opening] = [back.checkpoint, back.opening]
            continue
          }
        }
        const event: ErrorEvent = { type: 'error', failure }
        this.#log.add(event)
        // The failure that is told is the first one; a full disk may be behind both.
        await this.#log.flush().catch(() => {})
        return event
      }
    }
  }

  /** Goes back to the last checkpoint after the device was lost. */
  async #back(losses: number, failure: Failure): Promise<{ checkpoint: Checkpoint | null; opening: string }> {
    const reached = this.#log.record.step
    await this.#log.flush()
    await new Promise((resolve) => setTimeout(resolve, LOSS_PAUSE * losses))
    const { log, checkpoint } = await this.#host.goOn(this.#log.record)
    this.#log = log
    // The bits of a run are its engine's: another one only where a person asks for it.
    this.#wanted = log.record.engine?.kind ?? this.#wanted
    this.#saved = checkpoint?.meta.step ?? null
    const where = checkpoint ? `from its checkpoint of step ${checkpoint.meta.step}` : 'from the start'
    this.#onEvent({
      type: 'stage',
      stage: 'load',
      progress: 0,
      note: `The graphics device was lost; going on ${where}`,
      back: { step: checkpoint?.meta.step ?? 0, events: checkpoint?.meta.event_count ?? 0 },
    })
    const opening = `${failure.message} That was after step ${reached}; the run has gone on by itself ${where}.`
    return { checkpoint, opening }
  }

  #told(error: unknown, losses: number): Failure {
    const failure = toFailure(error)
    // Whatever breaks off a run that was to stop at once, it was to stop.
    if (this.#giving.signal.aborted) return this.#atOnce()
    if (failure.code === 'device_lost')
      return {
        ...failure,
        hint:
          losses < MOST_LOSSES
            ? `${this.#wayOn()} Press "Go on", or "Go on with the portable engine", which needs no graphics device.`
            : `${this.#wayOn()} It was lost ${losses + 1} times in a row. Press "Go on with the portable engine", which needs no graphics device; or start the browser anew and press "Go on".`,
      }
    if (failure.code === 'missing_device' && losses > 0)
      return {
        code: 'missing_device',
        message: 'The graphics device was lost, and this browser session offers none any more.',
        hint: `${this.#wayOn()} Press "Go on with the portable engine", or start the browser again and press "Go on".`,
      }
    if (failure.code !== 'cancelled') return failure
    // Browsers call many things an abort; a stop is what a person asked for.
    return {
      code: 'internal',
      message: 'The computation was broken off, and not by you.',
      hint: `${this.#wayOn()} If it comes again, choose the portable engine.`,
    }
  }

  #atOnce(): Failure {
    if (!this.#engine) return toFailure(new DOMException('', 'AbortError'))
    const step = this.#log.record.step + 1
    return { code: 'cancelled', message: `Stopped at once, within step ${step}.`, hint: this.#wayOn() }
  }

  #wayOn(): string {
    return this.#saved === null
      ? 'No checkpoint had been saved: the run begins again from the start.'
      : `The run goes on from its checkpoint of step ${this.#saved}.`
  }

  async #train(resume: Checkpoint | null, opening: string | null): Promise<DoneEvent> {
    const { engines } = this.#host
    const onEvent = this.#onEvent
    const { hashes, model, batches, plan, start } = this.#prepared
    const meter = new SpeedMeter(this.#prepared.samples.length, batches.tokens.held)
    onEvent({ type: 'stage', stage: 'load', progress: 0, note: `Loading ${model.info.name}` })
    const { training, engine: wanted, model: base } = this.#prepared.config
    const engine = await engines.load({
      model,
      quantization: base.quantization,
      plan,
      seed: training.seed,
      ...engineFor(this.#wanted ? { ...wanted, kind: this.#wanted } : wanted, this.#log.record.engine),
      defaultLimits: wanted.default_limits,
      // Where it begins again it computes with what it chose before.
      choices: resume?.meta.choices ?? this.#log.record.config.engine.choices,
      onProgress: seldom((progress, note) => onEvent({ type: 'stage', stage: 'load', progress, note })),
      signal: this.#giving.signal,
    })
    this.#giving.signal.throwIfAborted()
    this.#engine = engine
    engines.lend({ engine, model, run: this.id })
    const described = engine.describe()
    const config: RunConfig = {
      ...this.#prepared.config,
      engine: { ...wanted, choices: described.choices },
    }
    this.#log.note({ engine: described, config })
    const done: { event: DoneEvent | null } = { event: null }
    const speeds: number[] = []
    await train({
      engine,
      config,
      data: batches,
      hashes,
      resume,
      opening:
        [opening, await roundingOf(model, base.quantization)].filter((said) => said !== null).join(' ') ||
        null,
      cut: this.#prepared.cut,
      oneLabel: this.#prepared.oneLabel,
      start,
      samples: this.#samples(engine),
      watch: await this.#watch(engine),
      emit: (event) => {
        if (isLogged(event)) this.#log.add(event)
        meter.take(event)
        if (event.type === 'step') {
          // Memory is what it takes while it trains: known once a step has been done.
          if (speeds.length === 0) this.#log.note({ engine: engine.describe() })
          speeds.push(event.tokens_per_second)
        }
        // The end is told once it is stored, and another run may begin.
        if (event.type === 'done') done.event = event
        else onEvent(event)
      },
      save: async (checkpoint, event) => {
        const meta = { ...checkpoint.meta, contents: await contentsOf(checkpoint.state) }
        await this.#keep(meta, await checkpointBytes(checkpoint), event)
        // Whoever keeps it elsewhere has it before more is computed that a crash would cost.
        await onEvent(event)
      },
      stopRequested: () => this.#stopping,
      signal: this.#giving.signal,
    })
    const tokensPerSecond = median(speeds)
    const timing = meter.timing()
    if (tokensPerSecond !== null)
      await this.#host
        .noteSpeed({
          engine: described.kind,
          ...(described.backend && { backend: described.backend }),
          model: model.info.name,
          tokensPerSecond,
          parameters: model.info.parameters,
          ...(timing && { timing }),
        })
        // Where nothing can be stored the run is done all the same.
        .catch(() => {})
    return done.event!
  }

  /** What is stored of a run must not say that it is done, where its last checkpoint is not there: it can go on from the one before. */
  async #endUnkept(failure: Failure): Promise<void> {
    this.#ended = this.#log.record
    if (this.#ended.status === 'done') this.#log.note({ status: 'failed', failure })
    await this.#log.flush().catch(() => {})
  }

  /** Stores a checkpoint; where that cannot be it is kept in memory, said, and the run trains on. */
  async #keep(
    meta: CheckpointMeta,
    bytes: Uint8Array<ArrayBuffer>,
    event: RunEvent & { type: 'checkpoint' },
  ): Promise<void> {
    const before = this.#unkept
    try {
      await this.#log.saveCheckpoint(meta, bytes, event)
      this.#saved = meta.step
      this.#unkept = null
      if (before) this.#onEvent({ type: 'stage', stage: 'save', unkept: null })
    } catch (error) {
      const failure = toFailure(error)
      this.#unkept = { meta, tensors: new Blob([bytes]), failure }
      this.#onEvent({
        type: 'stage',
        stage: 'save',
        note: `The checkpoint of step ${meta.step} could not be stored. ${failure.message} The run trains on, and is lost with this page unless it is exported.`,
        unkept: failure,
      })
    }
  }

  /** What is shown of its steps: the first example that it learns from, and the first matrix that moves from the start (B; A waits for it). */
  async #watch(engine: Engine): Promise<StepWatch> {
    const { batches, config } = this.#prepared
    const { tokenizer } = await this.model.chat()
    const example = firstOf(batches.batch(0, 0))
    const learnt = new Set(Array.from(example.supervisedRows, (row) => row + 1))
    const pieces = Array.from(example.tokens, (id, i) => ({
      text: tokenizer.tokenText(id),
      id,
      supervised: learnt.has(i),
    }))
    const matrix = adapterTensors(this.model.info.config, config.lora).find((one) => one.matrix === 'B')!.name
    const { onlookers } = this.#host
    return new StepWatch(
      { engine, run: this.id, matrix, example, pieces },
      () => onlookers.size > 0,
      (look) => {
        for (const tell of onlookers) tell(look)
      },
    )
  }

  #samples(engine: Engine): SamplePrompts {
    const { samples: prompts, codec } = this.#prepared
    const greedy = { maxNewTokens: ANSWER_TOKENS, temperature: 0, topK: 0, topP: 1, seed: 0 }
    return {
      prompts,
      answer: async (adapter, signal, onProgress) => {
        const heard = seldom((share) => onProgress?.(share))
        let pieces = 0
        const more = () => heard(++pieces / (prompts.length * ANSWER_TOKENS), adapter)
        const answers = await answer(engine, codec, prompts, { ...greedy, adapter }, more, signal)
        return answers.map(({ text, finish }) => ({ text, cut: finish === 'length' }))
      },
    }
  }
}
