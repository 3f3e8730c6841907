import { type Failure, fail, LapidaryError, toFailure } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import { takeLoading } from '../protocol/later-files.ts'
import type { ServiceWorkerAnswer, ServiceWorkerAsked } from '../protocol/offline.ts'
import type { HubRoom } from '../protocol/rooms/hub.ts'
import type {
  AnswerRoom,
  DataRoom,
  ExportedFile,
  KeptRoom,
  ModelRoom,
  PackRoom,
  RunListener,
  RunRoom,
  ScoringRoom,
  Studio,
  TuningRoom,
} from '../protocol/studio.ts'
import { startAtAddresses, Worker } from '../protocol/worker.ts'
import { registerTransfers } from './bridge.ts'
import { reaching } from './hub-access.ts'
import { hearKept } from './kept-news.ts'
import { hearRuns } from './run-news.ts'
import { remoteRoom, WorkerHost } from './worker-host.ts'

/** An idle data worker holds a parsed file, an idle train worker a model on the GPU: both are given back in time. */
const DATA_IDLE_MS = 60_000
const TRAIN_IDLE_MS = 10 * 60_000

/**
 * What a data worker is deep in when it does not hear of a stop ends within this, or never. It holds nothing that is not stored:
 * what changes nothing, or comes to the same twice, is asked again of another one.
 */
const DATA_STOP_MS = 8000
const DATA_AGAIN: ReadonlySet<keyof DataRoom> = new Set([
  'samples',
  'searchHub',
  'hubConfigs',
  'list',
  'rows',
  'columnStats',
  'inspect',
  'runSteps',
  'rowsAfter',
  'estimate',
  'prepare',
  'examples',
  'tokenSamples',
  'openSample',
  'openFile',
  'openFiles',
  'openUrl',
  'openHub',
  'openPasted',
] as const)

/** A download that is made again goes on where it was. */
const HUB_AGAIN: ReadonlySet<keyof HubRoom> = new Set([
  'lookUp',
  'fetchAdapter',
  'download',
  'unfinished',
  'hubAccess',
] as const)

/**
 * What is made of a stored run to be taken away can be made again: where a worker that is not heard of holds it up, as where a browser
 * never comes back from beginning a thread, a stop ends that worker. Never beside a run.
 */
const EXPORT_STOP_MS = 15_000
const EXPORTS: ReadonlySet<string> = new Set<keyof RunRoom>(['prove', 'exportRun', 'runFile'])

/** A worker that is deep in one operation hears nothing: after so long a stop that is meant at once ends it. */
const NOW_MS = 1500
const AT_ONCE: Failure = {
  code: 'cancelled',
  message: 'Stopped at once.',
  hint: 'The run goes on from its last checkpoint, or where there is none from the start.',
}

const LEFT: Failure = {
  code: 'cancelled',
  message: 'The studio was left.',
  hint: 'Open it anew.',
}

/** How long the service worker may take to say that it answers with the policy, ms: without it workers begin as blobs. */
const BINDS_MS = 2000

/** Settles how workers begin, before there are any. */
export async function settleWorkers(): Promise<void> {
  const { controller } = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker ?? {}
  if (!controller) return
  const { port1, port2 } = new MessageChannel()
  const answer = await new Promise<ServiceWorkerAnswer | null>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<ServiceWorkerAnswer>) => resolve(data)
    setTimeout(() => resolve(null), BINDS_MS)
    controller.postMessage('binds' satisfies ServiceWorkerAsked, [port2])
  })
  port1.close()
  if (answer?.type === 'binds') startAtAddresses()
}

let hosts: readonly WorkerHost[] = []

/** Ends every worker, whatever it does, before what they have stored is removed. */
export function endStudio(): void {
  for (const host of hosts) host.abandon(new LapidaryError(LEFT))
}

/** The studio behind its workers, which start when first needed. */
export function createStudio(): Studio {
  registerTransfers()
  const base = new URL(import.meta.env.BASE_URL, document.baseURI).href
  const dataHost = new WorkerHost(
    'data',
    () => new Worker(new URL('./data.worker.ts', import.meta.url), { type: 'module' }),
    base,
    DATA_IDLE_MS,
    undefined,
    { stopMs: DATA_STOP_MS, again: DATA_AGAIN },
  )
  // What is in a model's files is foreign: they are read in workers of their own, which are thrown away. A pack's are read again where
  // it is written.
  const [addingHost, hubHost, packHost] = ['model', 'hub', 'pack'].map(
    (name) =>
      new WorkerHost(
        name,
        () => new Worker(new URL('./adding.worker.ts', import.meta.url), { type: 'module' }),
        base,
        name === 'pack' ? DATA_IDLE_MS : 0,
        undefined,
        { stopMs: NOW_MS, again: HUB_AGAIN },
      ),
  ) as [WorkerHost, WorkerHost, WorkerHost]
  const trainHost = new WorkerHost(
    'train',
    () => new Worker(new URL('./train.worker.ts', import.meta.url), { type: 'module' }),
    base,
    TRAIN_IDLE_MS,
    undefined,
    { stopMs: EXPORT_STOP_MS, only: EXPORTS },
  )
  hosts = [dataHost, addingHost, hubHost, packHost, trainHost]
  takeLoading((later) => {
    dataHost.loadNow(later.data)
    trainHost.loadNow(later.train)
  })
  const data = remoteRoom<DataRoom>(dataHost)
  const models = remoteRoom<ModelRoom>(trainHost, 'models')
  const adding = remoteRoom<Pick<ModelRoom, 'add'>>(addingHost)
  const packs = remoteRoom<PackRoom>(packHost, 'packs')
  const runs = remoteRoom<RunRoom>(trainHost, 'runs')
  const evaluations = remoteRoom<Studio['evaluations']>(trainHost, 'evaluations')
  const follow = (onEvent: RunListener) => watched(trainHost, onEvent)
  return {
    data: override(data, { exportData: (...asked) => files(dataHost, () => data.exportData(...asked)) }),
    models: override(models, {
      ...reaching(remoteRoom<HubRoom>(hubHost), keepStorage),
      add(files, name, call) {
        keepStorage()
        return adding.add(files, name, call)
      },
      exportModel: (...asked) => files(trainHost, () => models.exportModel(...asked)),
    }),
    packs: override(packs, {
      make: (...asked) => files(packHost, () => packs.make(...asked)),
      open(...asked) {
        keepStorage()
        return packs.open(...asked)
      },
    }),
    runs: override(runs, {
      start(request, onEvent, call) {
        keepStorage()
        const run = follow(onEvent)
        return run.settle(runs.start(request, run.onEvent, call))
      },
      resume(id, onEvent, how, call) {
        const run = follow(onEvent)
        return run.settle(runs.resume(id, run.onEvent, how, call))
      },
      // Heard on the page: a worker would be kept by it.
      async follow(onNews, { signal } = {}) {
        hearRuns(onNews, signal)
      },
      async stop(how, call) {
        const stopped = runs.stop(how, call)
        if (!how?.now) return stopped
        const late = setTimeout(() => trainHost.abandon(new LapidaryError(AT_ONCE)), NOW_MS)
        try {
          await stopped
        } catch (error) {
          if (toFailure(error).code !== 'cancelled') throw error
        } finally {
          clearTimeout(late)
        }
      },
      exportRun: (...asked) => files(trainHost, () => runs.exportRun(...asked)),
      runFile: (...asked) => files(trainHost, () => runs.runFile(...asked)),
      openRunFile(file, name, call) {
        keepStorage()
        return runs.openRunFile(file, name, call)
      },
    }),
    answers: remoteRoom<AnswerRoom>(trainHost, 'answers'),
    tuning: remoteRoom<TuningRoom>(trainHost, 'tuning'),
    evaluations: override(evaluations, {
      files: (...asked) => files(trainHost, () => evaluations.files(...asked)),
    }),
    scoring: remoteRoom<ScoringRoom>(trainHost, 'scoring'),
    kept: override(remoteRoom<KeptRoom>(trainHost, 'kept'), {
      // Heard on the page, as of runs.
      async follow(onNews, { signal } = {}) {
        hearKept(onNews, signal)
      },
    }),
  }
}

/** Files of a worker, which keep it while they are read; where it was ended before that, they are made again. */
async function files(host: WorkerHost, make: () => Promise<ExportedFile[]>): Promise<ExportedFile[]> {
  let made = await make()
  let worker = host.worker
  return made.map(({ path, size }, i) => ({
    path,
    size,
    async *chunks() {
      if (host.worker !== worker) {
        made = await make()
        worker = host.worker
      }
      const file = made[i]
      if (file?.path !== path || file.size !== size)
        fail('bad_state', `${path} has changed since it was made.`, 'Make the files again.', { path })
      yield* host.reading(file.chunks())
    },
  }))
}

/** A worker is kept while a run goes on, and its crash is told as the run's error: the run itself cannot any more. */
function watched(host: WorkerHost, onEvent: RunListener) {
  const release = host.hold((error) => void onEvent({ type: 'error', failure: error.toFailure() }))
  // What could not be stored is in the worker's memory alone, which must not be ended for being idle.
  let unkept = false
  return {
    onEvent(event: RunEvent) {
      if (event.type === 'stage' && event.unkept !== undefined) unkept = event.unkept !== null
      if ((event.type === 'done' && !unkept) || event.type === 'error') release()
      return onEvent(event)
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
