import type { RunEvent } from '../protocol/events.ts'
import type { AnswerRoom, DataRoom, ModelRoom, RunRoom, Studio } from '../protocol/studio.ts'
import { registerTransfers } from './bridge.ts'
import { remoteRoom, WorkerHost } from './worker-host.ts'

/** An idle data worker holds a parsed file, an idle train worker a model on the GPU: both are given back in time. */
const DATA_IDLE_MS = 60_000
const TRAIN_IDLE_MS = 10 * 60_000

/** The studio behind its two workers, which start when first needed. */
export function createStudio(): Studio {
  registerTransfers()
  const base = new URL(import.meta.env.BASE_URL, document.baseURI).href
  const dataHost = new WorkerHost(
    'data',
    () => new Worker(new URL('./data.worker.ts', import.meta.url), { type: 'module' }),
    base,
    DATA_IDLE_MS,
  )
  const trainHost = new WorkerHost(
    'train',
    () => new Worker(new URL('./train.worker.ts', import.meta.url), { type: 'module' }),
    base,
    TRAIN_IDLE_MS,
  )
  const models = remoteRoom<ModelRoom>(trainHost, 'models')
  const runs = remoteRoom<RunRoom>(trainHost, 'runs')
  const follow = (onEvent: (event: RunEvent) => void) => watched(trainHost, onEvent)
  return {
    data: remoteRoom<DataRoom>(dataHost),
    models: override(models, {
      async add(files, name, call) {
        await keepStorage()
        return models.add(files, name, call)
      },
    }),
    runs: override(runs, {
      async start(request, onEvent, call) {
        await keepStorage()
        const run = follow(onEvent)
        return run.settle(runs.start(request, run.onEvent, call))
      },
      resume(id, onEvent, call) {
        const run = follow(onEvent)
        return run.settle(runs.resume(id, run.onEvent, call))
      },
    }),
    answers: remoteRoom<AnswerRoom>(trainHost, 'answers'),
  }
}

/** A worker is kept while a run goes on, and its crash is told as the run's error: the run itself cannot any more. */
function watched(host: WorkerHost, onEvent: (event: RunEvent) => void) {
  const release = host.hold((error) => onEvent({ type: 'error', failure: error.toFailure() }))
  return {
    onEvent(event: RunEvent) {
      if (event.type === 'done' || event.type === 'error') release()
      onEvent(event)
    },
    settle: <T>(started: Promise<T>): Promise<T> =>
      started.catch((error: unknown) => {
        release()
        throw error
      }),
  }
}

/** Asked once there is something to lose. Only a page can ask, a worker cannot; a no is no reason to stop. */
let asked = false
async function keepStorage(): Promise<void> {
  if (asked) return
  asked = true
  await navigator.storage?.persist?.().catch(() => false)
}

function override<Room extends object>(room: Room, own: Partial<Room>): Room {
  return new Proxy(room, { get: (target, name) => Reflect.get(name in own ? own : target, name) })
}
