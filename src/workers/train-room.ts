import type { ScoringRoom, Studio, TuningRoom } from '../protocol/studio.ts'
import { openedOnce } from '../storage/database.ts'
import { answerRoom } from './answer-room.ts'
import type { Opened } from './bridge.ts'
import { EngineHost } from './engine/host.ts'
import { keptRoom } from './kept-room.ts'
import { Library } from './library.ts'
import { modelRoom } from './model-room.ts'
import { baseOfRun } from './run-base.ts'
import { runRoom } from './run-room.ts'
import { RunShelf } from './run-shelf.ts'
import type { TrainParts } from './train-parts.ts'

/** Everything that computes with a model: it and its engine live in one worker. */
export function trainRooms(): Pick<
  Studio,
  'runs' | 'answers' | 'evaluations' | 'scoring' | 'kept' | 'tuning'
> & {
  models: ReturnType<typeof modelRoom>
} & Opened {
  let base = ''
  let models: Library | null = null
  const database = openedOnce()
  const parts = {
    database,
    library: async () => (models ??= new Library(database, base)),
    host: new EngineHost(database),
    shelf: new RunShelf(database),
  }
  return {
    open(options) {
      base = options.base
    },
    rest: () => parts.host.rest(),
    models: modelRoom(parts),
    runs: runRoom(parts),
    answers: answerRoom({
      ...parts,
      async baseOf(run, call) {
        // A run that goes on may not be stored.
        const record = await parts.shelf.record(run).catch(() => null)
        return record && baseOfRun(parts, record, call)
      },
    }),
    evaluations: evaluationsOf(parts),
    scoring: scoringOf(parts),
    kept: keptRoom(parts),
    tuning: tuningOf(parts),
  }
}

/** What evaluates is loaded when it is first asked: it reads rows, too, and counts. */
function evaluationsOf(parts: TrainParts): Studio['evaluations'] {
  let loading: Promise<Studio['evaluations']> | null = null
  const room = () =>
    (loading ??= import('./evaluation-room.ts').then(({ evaluationRoom }) => evaluationRoom(parts)))
  return {
    outlook: async (...asked) => (await room()).outlook(...asked),
    evaluate: async (...asked) => (await room()).evaluate(...asked),
    list: async (...asked) => (await room()).list(...asked),
    report: async (...asked) => (await room()).report(...asked),
    files: async (...asked) => (await room()).files(...asked),
    remove: async (...asked) => (await room()).remove(...asked),
    adopt: async (...asked) => (await room()).adopt(...asked),
    tokens: async (...asked) => (await room()).tokens(...asked),
    labels: async (...asked) => (await room()).labels(...asked),
    layers: async (...asked) => (await room()).layers(...asked),
    suspects: async (...asked) => (await room()).suspects(...asked),
    heldAnswers: async (...asked) => (await room()).heldAnswers(...asked),
  }
}

/** Teachers alone ask it. */
function scoringOf(parts: TrainParts): ScoringRoom {
  let loading: Promise<ScoringRoom> | null = null
  const room = () => (loading ??= import('./scoring-room.ts').then(({ scoringRoom }) => scoringRoom(parts)))
  return { score: async (...asked) => (await room()).score(...asked) }
}

/** Queues are looked at by few. */
function tuningOf(parts: TrainParts): TuningRoom {
  let loading: Promise<TuningRoom> | null = null
  const room = () => (loading ??= import('./tuning-room.ts').then(({ tuningRoom }) => tuningRoom(parts)))
  return {
    list: async (...asked) => (await room()).list(...asked),
    put: async (...asked) => (await room()).put(...asked),
    remove: async (...asked) => (await room()).remove(...asked),
    take: async (...asked) => (await room()).take(...asked),
    release: async (...asked) => (await room()).release(...asked),
  }
}
