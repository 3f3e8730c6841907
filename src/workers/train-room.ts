import { transfer } from 'comlink'
import { peftFiles } from '../export/peft.ts'
import { namedSources } from '../files/bytes.ts'
import { answer } from '../generate/chat.ts'
import type { Engine } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import { defaultRunConfig, type LoraConfig, parseRunConfig } from '../protocol/run-config.ts'
import type { AnswerRequest, Call, Studio } from '../protocol/studio.ts'
import { MetricColumns } from '../runs/metrics.ts'
import { newRun, type RunRecord, runInfo } from '../runs/record.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { removeModel } from '../storage/models.ts'
import { getCheckpoint, listRuns, RunLog, readCheckpoint, readEvents, removeRun } from '../storage/runs.ts'
import { type Checkpoint, parseMeta, requireBelongs } from '../trainer/checkpoint.ts'
import { ActiveRun, prepareRun } from './active-run.ts'
import type { Opened } from './bridge.ts'
import { readCheckpointFiles } from './checkpoint-files.ts'
import { chatCodec } from './codec.ts'
import { EngineHost, planRequest } from './engine-host.ts'
import { Library, type OpenModel } from './library.ts'
import { heldRuns, holdRun } from './run-locks.ts'

/** Positions are rounded up to this, so that a slightly longer chat needs no new plan. */
const POSITIONS_STEP = 256
/** Prompts that a chat decodes side by side. */
const SIDE_BY_SIDE = 4

/** Everything that computes with a model: it and its engine live in one worker. */
export function trainRooms(): Omit<Studio, 'data'> & Opened {
  let base = ''
  let opened: Promise<Database> | null = null
  let shelf: Promise<Library> | null = null
  const database = () => (opened ??= openDatabase())
  const library = () => (shelf ??= database().then((db) => new Library(db, base)))
  const host = new EngineHost(database)
  let active: ActiveRun | null = null
  let beginning = false
  /** The engine does one thing at a time outside of training: answers wait for one another. */
  let asking: Promise<unknown> = Promise.resolve()

  async function find(run: string): Promise<RunRecord> {
    const record = await (await database()).get('runs', run)
    return record ?? fail('missing_file', `There is no run "${run}".`, 'Choose one of the list.', { run })
  }

  async function checkpointOf(run: string): Promise<Checkpoint | null> {
    const db = await database()
    const stored = await getCheckpoint(db, run)
    if (!stored) return null
    return readCheckpointFiles(parseMeta(stored.meta), await readCheckpoint(db, stored))
  }

  async function needCheckpoint(run: string): Promise<Checkpoint> {
    return (
      (await checkpointOf(run)) ??
      fail(
        'missing_file',
        'This run has no checkpoint yet.',
        'Let it train on, or stop it: a stop saves one.',
        {
          run,
        },
      )
    )
  }

  /** Begins a run, unless one is going on or just beginning. */
  async function begin(
    prepare: () => Promise<() => ActiveRun>,
    onEvent: (event: RunEvent) => void,
  ): Promise<ActiveRun> {
    if (active || beginning)
      fail('bad_state', 'A run is going on in this window.', 'Stop it first, or wait until it is done.')
    beginning = true
    try {
      const make = await prepare()
      // No answer begins while one is being begun; one that had begun before is let finish.
      await asking
      const run = make()
      active = run
      const release = holdRun(run.id)
      void run.ended.then(async (event) => {
        active = null
        ;(await release)()
        onEvent(event)
      })
      return run
    } finally {
      beginning = false
    }
  }

  /** Fetching a model is a stage of the run that needs it. */
  function staged(onEvent: (event: RunEvent) => void, { signal, onProgress }: Call): Call {
    return {
      ...(signal && { signal }),
      onProgress: (progress) => {
        onProgress?.(progress)
        const { share, note } = progress
        onEvent({ type: 'stage', stage: 'model', progress: share ?? 0, ...(note && { note }) })
      },
    }
  }

  /** An engine with this model, with room for these prompts, and with the run's adapter in it (or any, for none). */
  async function engineFor(
    model: OpenModel,
    run: string | null,
    positions: number,
    prompts: number,
    choice: Pick<AnswerRequest, 'engine' | 'portableBackend'>,
    signal?: AbortSignal,
  ): Promise<Engine> {
    const room = Math.ceil(positions / POSITIONS_STEP) * POSITIONS_STEP
    const decode = {
      sequences: Math.min(SIDE_BY_SIDE, prompts),
      positions: Math.min(model.info.config.maxPositions, room),
    }
    const record = run === null ? null : await find(run)
    const lora: LoraConfig = record?.config.lora ?? defaultRunConfig().lora
    let engine = host.loadedFor(model, record && lora, decode)
    if (!engine) {
      const config = { ...defaultRunConfig(), lora, ...(record ? { engine: record.config.engine } : {}) }
      const most = { tokens: POSITIONS_STEP, supervised: 1 }
      const plan = planRequest(config, model.info.config, await model.weights(), most, decode)
      const { default_limits: defaultLimits, kind, portable_backend } = config.engine
      engine = await host.load({
        model,
        plan,
        seed: 0,
        engine: record ? kind : (choice.engine ?? 'auto'),
        backend: record ? portable_backend : (choice.portableBackend ?? 'auto'),
        defaultLimits,
        choices: {},
        ...(signal && { signal }),
      })
    }
    if (run === null) return engine
    const checkpoint = await needCheckpoint(run)
    const key = `${run} ${checkpoint.meta.step}`
    if (host.adapter !== key) {
      host.adapter = null
      await engine.loadState(checkpoint.state, signal)
      host.adapter = key
    }
    return engine
  }

  async function answers(
    request: AnswerRequest,
    onText: (prompt: number, text: string) => void,
    signal?: AbortSignal,
  ): Promise<string[]> {
    const model = await (await library()).open(request.model)
    const codec = chatCodec(await model.chat(), model.info.config)
    const { maxNewTokens } = request.options
    const longest = Math.max(0, ...request.prompts.map((prompt) => codec.render(prompt).length))
    if (longest + 1 > model.info.config.maxPositions)
      fail(
        'bad_data',
        `The prompt has ${longest} tokens; the model knows ${model.info.config.maxPositions} positions.`,
        'Shorten the prompt.',
        { tokens: longest },
      )
    const positions = longest + maxNewTokens
    const during = active
    if (beginning || (during && !during.engine))
      fail('bad_state', 'A run is just being loaded.', 'Ask again once it trains.')
    if (during && (during.model.info.hash !== model.info.hash || ![null, during.id].includes(request.run)))
      fail(
        'bad_state',
        'A run is going on; while it does, only its own model and adapter can answer.',
        'Wait until it is done, or stop it.',
        { run: during.id },
      )
    const engine =
      during?.engine ??
      (await engineFor(model, request.run, positions, request.prompts.length, request, signal))
    const adapter = request.run === null ? ('off' as const) : ('on' as const)
    const options = { ...request.options, adapter }
    const given = await answer(engine, codec, request.prompts, options, onText, signal)
    return given.map(({ text }) => text)
  }

  return {
    open(options) {
      base = options.base
    },

    models: {
      async list() {
        return (await library()).list()
      },

      async add(files, name, call) {
        return (await library()).add(namedSources(files), name, call)
      },

      async remove(id) {
        await removeModel(await database(), id)
      },

      async plan(config, id, call) {
        const model = await (await library()).open(id, call)
        const parsed = parseRunConfig(config)
        const decode = { sequences: 1, positions: POSITIONS_STEP }
        const request = planRequest(parsed, model.info.config, await model.weights(), null, decode)
        return host.plan(request, parsed.engine.kind, parsed.engine.portable_backend)
      },

      device: (choice, backend) => host.device(choice, backend),

      async checkGpu({ signal, onProgress } = {}) {
        if (active || beginning)
          fail('bad_state', 'A run is going on in this window.', 'Stop it first, or wait until it is done.')
        beginning = true
        try {
          await asking
          return await host.checkGpu({
            ...(onProgress && { onProgress: (share, note) => onProgress({ share, note }) }),
            ...(signal && { signal }),
          })
        } finally {
          beginning = false
        }
      },
    },

    runs: {
      async start(request, onEvent, call = {}) {
        const run = await begin(async () => {
          const db = await database()
          const prepared = await prepareRun(db, await library(), request, staged(onEvent, call))
          call.signal?.throwIfAborted()
          const log = await RunLog.begin(db, recordOf(newId(), request, prepared))
          return () => new ActiveRun(host, log, prepared, null, onEvent)
        }, onEvent)
        return run.id
      },

      async resume(id, onEvent, call = {}) {
        await begin(async () => {
          const db = await database()
          const record = await find(id)
          const checkpoint = await checkpointOf(id)
          const goesOn = checkpoint !== null
          const prepared = await prepareRun(db, await library(), record, staged(onEvent, call), goesOn)
          call.signal?.throwIfAborted()
          if (checkpoint) requireBelongs(checkpoint.meta, prepared.hashes)
          const log = await RunLog.resume(db, record, checkpoint?.meta.event_count ?? 0)
          return () => new ActiveRun(host, log, prepared, checkpoint, onEvent)
        }, onEvent)
      },

      async stop() {
        const run = active
        run?.stop()
        await run?.ended
      },

      async list() {
        const held = await heldRuns()
        return (await listRuns(await database())).map((record) => {
          // A run that nobody holds was cut off: its page was closed, or crashed.
          const cut = record.status === 'running' && record.id !== active?.id && !held.has(record.id)
          return runInfo(cut ? { ...record, status: 'stopped' } : record)
        })
      },

      async metrics(run) {
        if (active?.id === run) await active.flush()
        const metrics = MetricColumns.from(await readEvents(await database(), run)).snapshot()
        const columns = [metrics.steps, metrics.epochs, metrics.evalSteps, ...Object.values(metrics.columns)]
        return transfer(
          metrics,
          columns.map(({ buffer }) => buffer as ArrayBuffer),
        )
      },

      async events(run) {
        if (active?.id === run) await active.flush()
        return readEvents(await database(), run)
      },

      async remove(run) {
        if (active?.id === run)
          fail('bad_state', 'This run is going on.', 'Stop it before you remove it.', { run })
        await removeRun(await database(), run)
      },

      async exportAdapter(run) {
        const record = await find(run)
        const { state, meta } = await needCheckpoint(run)
        const events = await readEvents(await database(), run)
        const model = await (await library()).open(record.model).catch(() => null)
        return peftFiles({
          lora: state.lora,
          config: record.config,
          baseModel: model?.info.name ?? record.model,
          step: meta.step,
          events: events.slice(0, meta.event_count),
        })
      },

      async exportCheckpoint(run) {
        const db = await database()
        const stored = await getCheckpoint(db, run)
        if (!stored) return []
        const tensors = `step-${stored.step}.safetensors`
        const json = `${JSON.stringify({ ...stored.meta, tensors }, null, 2)}\n`
        return [
          { path: tensors, blob: new Blob([await readCheckpoint(db, stored)]) },
          { path: 'checkpoint.json', blob: new Blob([json], { type: 'application/json' }) },
        ]
      },

      async importRun(request, call) {
        const db = await database()
        const prepared = await prepareRun(db, await library(), request, call, true)
        const meta = parseMeta(request.checkpoint.meta)
        requireBelongs(meta, prepared.hashes)
        const bytes = new Uint8Array(await request.checkpoint.tensors.arrayBuffer())
        await readCheckpointFiles(meta, bytes)
        const events = request.events.slice(0, meta.event_count)
        const last = events.at(-1)
        if (events.length !== meta.event_count || last?.type !== 'checkpoint' || last.step !== meta.step)
          fail(
            'bad_state',
            `The log has ${events.length} events; the checkpoint of step ${meta.step} was written after ${meta.event_count}.`,
            'metrics.jsonl and checkpoint/ are not of the same run, or one was cut off. Start the run afresh.',
            { expected: meta.event_count, found: events.length },
          )
        const log = await RunLog.begin(db, { ...recordOf(newId(), request, prepared), seconds: meta.seconds })
        for (const event of events.slice(0, -1)) log.add(event)
        log.note({ status: 'stopped' })
        await log.saveCheckpoint(meta, bytes, last)
        return log.record.id
      },
    },

    answers: {
      async answer(request, onText, call) {
        const mine = asking.then(() => answers(request, onText, call?.signal))
        asking = mine.catch(() => {})
        return mine
      },
    },
  }
}

function recordOf(
  id: string,
  request: { model: string; tokens: string; samplePrompts: RunRecord['samplePrompts'] },
  { config, hashes, steps }: Awaited<ReturnType<typeof prepareRun>>,
): RunRecord {
  const { model, tokens, samplePrompts } = request
  const parts = { id, config, model, tokens, samplePrompts, maxSteps: steps }
  return newRun({ ...parts, modelHash: hashes.base, tokensHash: hashes.data }, Date.now())
}

/** Sorts by time, and does not repeat; `crypto.randomUUID` is missing on plain http pages. */
function newId(): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!
  return `${Date.now().toString(36)}-${random.toString(36)}`
}
