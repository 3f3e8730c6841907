import type { RunEvent } from '../protocol/events.ts'
import type { CheckpointRoom, DataRoom, Studio, TrainRoom } from '../protocol/studio.ts'
import { registerTransfers } from './bridge.ts'
import { remoteRoom, WorkerHost } from './worker-host.ts'

/** An idle data worker holds a parsed file, an idle train worker a model on the GPU: both are given back in time. */
const DATA_IDLE_MS = 60_000
const TRAIN_IDLE_MS = 10 * 60_000

/** The studio behind its two workers, which start when first needed. */
export function createStudio(): Studio & { checkpoints: CheckpointRoom } {
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
  const data = remoteRoom<DataRoom>(dataHost)
  const remote = remoteRoom<TrainRoom & CheckpointRoom>(trainHost)
  const follow = (onEvent: (event: RunEvent) => void) => watched(trainHost, onEvent)
  const train: TrainRoom = override(remote, {
    addModel(files, name, onProgress) {
      keepStorage()
      return remote.addModel(files, name, onProgress ?? (() => {}))
    },
    start(request, onEvent) {
      keepStorage()
      const run = follow(onEvent)
      return run.settle(remote.start(request, run.onEvent))
    },
    resume(id, onEvent) {
      const run = follow(onEvent)
      return run.settle(remote.resume(id, run.onEvent))
    },
  })
  return { data, train, checkpoints: remote }
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

/**
 * Asked once there is something to lose. Only a page can ask, a worker cannot. Nobody waits: a no is no reason to stop, and
 * where the browser puts the question to the person it may never be answered.
 */
let asked = false
function keepStorage(): void {
  if (asked) return
  asked = true
  void Promise.resolve()
    .then(() => navigator.storage?.persist?.())
    .catch(() => {})
}

function override<Room extends object>(room: Room, own: Partial<Room>): Room {
  return new Proxy(room, { get: (target, name) => Reflect.get(name in own ? own : target, name) })
}
