import { transfer } from 'comlink'
import { exportFormats } from '../export/registry.ts'
import type { EngineKind } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { Look } from '../protocol/look.ts'
import type {
  Call,
  CheckpointChoice,
  RunHistory,
  RunInfo,
  RunListener,
  RunRoom,
  StartRequest,
} from '../protocol/studio.ts'
import { newRun, type RunRecord, runInfo } from '../runs/record.ts'
import { RunSeries } from '../runs/series.ts'
import { hasCheckpoint, listRuns, RunLog, readEvents, removeRun, updateRun } from '../storage/runs.ts'
import { parseMeta, requireBelongs } from '../trainer/checkpoint.ts'
import { ActiveRun, type Place } from './active-run.ts'
import { readCheckpointFiles } from './checkpoint-files.ts'
import type { Engines } from './engine/host.ts'
import { forecastRun } from './forecast.ts'
import { keptSize } from './kept-size.ts'
import { newId } from './new-id.ts'
import { type PreparedRun, prepareRun } from './prepared-run.ts'
import { baseAmong, baseOfRun, placed } from './run-base.ts'
import { exportRun, exportSnippets } from './run-export.ts'
import { heldRuns, holdRun } from './run-locks.ts'
import { hearRuns, runTeller } from './run-news.ts'
import type { ShelvedCheckpoint } from './run-shelf.ts'
import type { TrainParts } from './train-parts.ts'
import type { Unkept } from './unkept.ts'

/** The run that begins or goes on. */
interface Current {
  id: string
  /** Null until there is something that trains. */
  run: ActiveRun | null
  stop(now?: boolean): void
  /** Resolves once another may begin. */
  ended: Promise<unknown>
}

export function runRoom(parts: TrainParts): RunRoom {
  const { database, library, host, shelf } = parts
  let current: Current | null = null
  const { unkept: ended } = shelf
  const tell = runTeller()
  const onlookers = new Set<(look: Look) => void>()

  /**
   * Begins a run, unless one is going on or just beginning.
   * @param id of the run, which is this worker's alone from here to its end
   * @param prepare what may still refuse; its result makes the run train
   */
  async function begin(
    id: string,
    prepare: (call: Call) => Promise<(engines: Engines) => ActiveRun>,
    onEvent: RunListener,
    call: Call,
  ): Promise<ActiveRun> {
    const stopping = new AbortController()
    const stop = () => stopping.abort()
    if (call.signal?.aborted) stop()
    call.signal?.addEventListener('abort', stop)
    const { signal } = stopping
    let begun: (run: ActiveRun) => void = () => {}
    const started = new Promise<ActiveRun>((resolve) => {
      begun = resolve
    })
    const mine: Current = { id, run: null, stop, ended: started }
    const forget = () => {
      call.signal?.removeEventListener('abort', stop)
      if (current === mine) current = null
    }
    const whole = host
      .use(
        'begin',
        async (engines) => {
          const release = await held(id).catch((error: unknown) => {
            forget()
            throw error
          })
          try {
            const make = await prepare(staged(onEvent, { ...call, signal }))
            const run = make(engines)
            mine.run = run
            mine.stop = (now) => run.stop(now)
            if (signal.aborted) run.stop()
            call.signal?.removeEventListener('abort', stop)
            begun(run)
            const event = await run.ended
            if (run.unkept) ended.set(id, run.unkept)
            else ended.delete(id)
            return { event, news: run.news(event), release }
          } catch (error) {
            await release()
            throw error
          } finally {
            forget()
          }
        },
        { signal },
      )
      .finally(forget)
    mine.ended = whole.catch(() => {})
    current ??= mine
    void whole.then(
      async ({ event, news, release }) => {
        await release()
        void onEvent(event)
        tell(news)
      },
      () => {},
    )
    return Promise.race([started, whole.then(() => started)])
  }

  /** A run's log cut to a checkpoint; to nothing where there is none. */
  async function goOn(record: RunRecord, from: ShelvedCheckpoint | null): Promise<Place> {
    const count = from?.checkpoint.meta.event_count ?? 0
    const log = await RunLog.resume(await database(), record, count, from?.stored ?? null)
    return { log, checkpoint: from?.checkpoint ?? null }
  }

  function activeRun(
    place: Place,
    prepared: PreparedRun,
    engine: EngineKind | null,
    onEvent: RunListener,
  ): (engines: Engines) => ActiveRun {
    return (engines) =>
      new ActiveRun(
        {
          engines,
          noteSpeed: host.noteSpeed,
          tell,
          onlookers,
          goOn: async (record) => goOn(record, await shelf.checkpoint(record.id)),
        },
        place,
        prepared,
        engine,
        onEvent,
      )
  }

  /** Everything told so far is stored, where it is the run that goes on. */
  async function flushed(run: string): Promise<void> {
    if (current?.id === run) await current.run?.flush()
  }

  /** A run whose newest checkpoint is in memory only, by itself or of those that have ended. */
  function unkept(run: string): Unkept | null {
    return (current?.id === run ? current.run?.unkept : ended.get(run)) ?? null
  }

  /** The same, where that is the checkpoint that is asked for. */
  function unkeptOf(run: string, which?: CheckpointChoice): Unkept | null {
    return which === undefined || which === 'last' ? unkept(run) : null
  }

  /** Stored records, and those of runs that could not be stored. */
  async function records(): Promise<RunRecord[]> {
    const inMemory = [...ended.values(), ...(current?.run?.unkept ? [current.run.unkept] : [])]
    const stored = await database()
      .then(listRuns)
      .catch((error: unknown) => {
        if (inMemory.length === 0) throw error
        return []
      })
    const ids = new Set(inMemory.map(({ record }) => record.id))
    return [...inMemory.map(({ record }) => record), ...stored.filter(({ id }) => !ids.has(id))]
  }

  /** Fetching a model is a stage of the run that needs it. */
  function staged(onEvent: RunListener, { signal, onProgress }: Call): Call {
    return {
      ...(signal && { signal }),
      onProgress: (progress) => {
        onProgress?.(progress)
        const { share, note } = progress
        void onEvent({ type: 'stage', stage: 'model', progress: share ?? 0, ...(note && { note }) })
      },
    }
  }

  return {
    async start(request, onEvent, call = {}) {
      const id = newId()
      const run = await begin(
        id,
        async (heard) => {
          const db = await database()
          const prepared = await prepareRun(db, await library(), request, heard)
          heard.signal?.throwIfAborted()
          await (await import('./run-space.ts')).keepWithin(
            db,
            keptSize(prepared.model.info.config, prepared.config),
          )
          const log = await RunLog.begin(db, recordOf(id, request, prepared))
          return activeRun({ log, checkpoint: null }, prepared, null, onEvent)
        },
        onEvent,
        call,
      )
      return run.id
    },

    forecast: (request, call) => forecastRun(parts, request, call),

    async resume(id, onEvent, { from = 'last', engine = null } = {}, call = {}) {
      await begin(
        id,
        async (heard) => {
          const db = await database()
          const stored = await shelf.find(id)
          // Told by its name, where it is not here.
          const base = await baseOfRun(parts, stored, heard)
          const tokens =
            (await db.getKey('tokens', stored.tokens)) ??
            (stored.opened
              ? await (await import('./run-extras.ts')).tokensOfRun(parts, stored, heard)
              : stored.tokens)
          const record = { ...stored, tokens, model: base.info.id }
          const found = from === 'start' ? null : await shelf.checkpoint(id, from)
          const checkpoint = found?.checkpoint ?? null
          const prepared = await prepareRun(db, await library(), record, heard, checkpoint !== null)
          heard.signal?.throwIfAborted()
          if (checkpoint) requireBelongs(checkpoint.meta, prepared.hashes)
          return activeRun(await goOn(record, found), prepared, engine, onEvent)
        },
        onEvent,
        call,
      )
    },

    async stop({ now = false } = {}) {
      const run = current
      run?.stop(now)
      await run?.ended
    },

    async list() {
      // A full disk is told by what writes; the list is what is there.
      if (current) await flushed(current.id).catch(() => {})
      const held = await heldRuns()
      const db = await database().catch(() => null)
      const [models, datasets] = db
        ? await Promise.all([db.getAll('models'), db.getAll('datasets')])
        : [[], []]
      const told = (await records()).map(async (stored): Promise<RunInfo> => {
        const record = db ? placed(stored, models, datasets) : stored
        const lacks = db && baseAmong(models, stored).lacks
        // A run that nobody holds was cut off: its page was closed, or crashed.
        const cut = record.status === 'running' && record.id !== current?.id && !held.has(record.id)
        const begins = cut && db !== null && !(await hasCheckpoint(db, record.id))
        const failure = unkept(record.id)?.failure
        return {
          ...runInfo(record),
          ...(cut && { status: 'stopped', cutOff: true }),
          ...(begins && { begins }),
          ...(lacks && { lacks }),
          ...(failure && { unkept: failure }),
        }
      })
      return Promise.all(told)
    },

    async history(run) {
      const inMemory = unkept(run)
      if (!inMemory) await flushed(run)
      const series = new RunSeries()
      const events: RunHistory['events'] = []
      const logged = inMemory ? await inMemory.events() : await readEvents(await database(), run)
      for (const event of logged) if (!series.add(event) && event.type !== 'row_losses') events.push(event)
      const data = series.snapshot()
      const buffers = [data.training, data.validation].flatMap(({ steps, epochs, columns }) =>
        [steps, epochs, ...Object.values(columns)].map(({ buffer }) => buffer),
      )
      return transfer({ series: data, events, count: logged.length }, buffers)
    },

    async remove(run) {
      if (current?.id === run)
        fail('bad_state', 'This run is going on.', 'Stop it before you remove it.', { run })
      const release = await held(run)
      try {
        await removeRun(await database(), run)
        ended.delete(run)
      } finally {
        await release()
      }
      tell({ run })
    },

    async update(run, { name, note, shown }) {
      const change = {
        ...(name === undefined || name.trim() === '' ? {} : { name: name.trim() }),
        ...(note === undefined ? {} : { note: note.trim() }),
        ...(shown === undefined ? {} : { shown }),
      }
      // The log of a run that goes on writes its record whole.
      if (current?.id === run && current.run) {
        current.run.note(change)
        await current.run.flush()
      } else {
        const release = await held(run, 'Name it there, or once it has ended.')
        try {
          await updateRun(await database(), run, change)
        } finally {
          await release()
        }
      }
      tell({ run })
    },

    async follow(onNews, { signal } = {}) {
      hearRuns(onNews, signal)
    },

    async look({ signal, onPreview } = {}) {
      const hear = (look: Look) => onPreview?.(look)
      if (signal?.aborted) return
      onlookers.add(hear)
      await new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => resolve(), { once: true })
      })
      onlookers.delete(hear)
    },

    checkpoints: (run) => shelf.checkpoints(run),

    space: async () => (await import('./run-space.ts')).spaceOf(await database()),

    async setLimit(bytes) {
      return (await import('./run-space.ts')).limitRuns(await database(), bytes)
    },
    exportFormats: () => exportFormats(),

    async exportRun(run, format, which, call) {
      const inMemory = unkeptOf(run, which)
      if (!inMemory) await flushed(run)
      return exportRun(parts, run, format, which, call, inMemory)
    },

    async proof(run, which, call) {
      if (!unkeptOf(run, which)) await flushed(run)
      return (await import('./run-proof.ts')).proofInfo(parts, run, which, call, unkeptOf(run, which))
    },

    async prove(run, which, call) {
      if (!unkeptOf(run, which)) await flushed(run)
      return (await import('./run-proof.ts')).proveRun(parts, run, which, call, unkeptOf(run, which))
    },

    async exportSnippets(run, which, call) {
      const inMemory = unkeptOf(run, which)
      if (!inMemory) await flushed(run)
      return exportSnippets(parts, run, which, call, inMemory)
    },

    async openAdapter(files, name, model, call) {
      const { openAdapterFiles } = await import('./run-extras.ts')
      return openAdapterFiles(await library(), files, name, model, call)
    },

    async runFile(run, options, call) {
      if (!unkept(run)) await flushed(run)
      return (await import('./run-extras.ts')).saveRun(parts, run, options, call, unkept(run))
    },

    async readRunFile(file, name, call) {
      const { readRunFile } = await import('./run-extras.ts')
      const { manifest, config, record, events, evaluations } = await readRunFile(file, name, call)
      return { manifest, config, record, events, evaluations }
    },

    async openRunFile(file, name, call) {
      const opened = await (await import('./run-extras.ts')).openRun(parts, file, name, call)
      tell({ run: opened.run })
      return opened
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
      const template = request.template ?? prepared.template
      const record = recordOf(newId(), request, { ...prepared, template })
      const log = await RunLog.begin(db, { ...record, seconds: meta.seconds })
      for (const event of events.slice(0, -1)) log.add(event)
      log.note({ status: 'stopped' })
      await log.saveCheckpoint(meta, bytes, last)
      return log.record.id
    },
  }
}

/** Takes a run for this worker. @throws LapidaryError `bad_state`: another tab has it */
async function held(
  run: string,
  hint = 'Stop it there, or wait until it is done.',
): Promise<() => Promise<void>> {
  return (await holdRun(run)) ?? fail('bad_state', 'This run is going on in another tab.', hint, { run })
}

function recordOf(
  id: string,
  { dataset, model, samplePrompts, trial }: StartRequest,
  { config, hashes, tokens, steps, template, model: { info } }: Awaited<ReturnType<typeof prepareRun>>,
): RunRecord {
  const parts = { id, config, model, dataset, tokens, samplePrompts, template, maxSteps: steps }
  return newRun(
    {
      ...parts,
      ...(trial && { trial }),
      base: { name: info.name, origin: info.origin },
      modelHash: hashes.base,
      tokensHash: hashes.data,
    },
    Date.now(),
  )
}
