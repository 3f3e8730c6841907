import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { mulberry } from '../../src/engine/check/values.ts'
import { type Failure, toFailure } from '../../src/protocol/errors.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { StartRequest } from '../../src/protocol/studio.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { listCheckpoints, readEvents } from '../../src/storage/runs.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { hearRuns } from '../../src/workers/run-news.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { stubBrowser, Tab } from './support/tabs.ts'

/** Two tabs of one browser that start, go on with, stop and delete runs, and are closed, in whatever order it comes. */

vi.mock('../../src/storage/database.ts', async (original) => {
  const real = await original<typeof import('../../src/storage/database.ts')>()
  const { mortal } = await import('./support/tabs.ts')
  const openedOnce = () => {
    const open = real.openedOnce()
    return async () => mortal(await open())
  }
  return { ...real, openedOnce }
})
vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

vi.setConfig({ testTimeout: 900_000 })

const INTERLEAVINGS = 200
const ACTIONS = 8
const CSV = `q,a\n${Array.from({ length: 12 }, (_, i) => `Where is ball ${i}?,Box ${i % 5}.`).join('\n')}\n`
const SETTINGS = {
  learning_rate: 0.05,
  max_steps: 6,
  per_device_train_batch_size: 2,
  max_length: 48,
  eval_steps: 3,
  save_steps: 2,
  data: { prompt: 'q', response: 'a', validation_share: 0.2 },
}
let server: RunningServer
let request: StartRequest
let database: Database

beforeAll(async () => {
  server = await serve({ root: join(import.meta.dirname, '..', '..', 'public') })
  globalThis.indexedDB = new IDBFactory()
  stubBrowser()
  const data = dataRoom()
  data.open({ base: server.url })
  const dataset = await data.openFile(new File([CSV], 'rows.csv'))
  const recipe = { dataset: dataset.id, model: 'pebble', config: parseRunConfig(SETTINGS) }
  await data.prepare(recipe)
  request = { ...recipe, samplePrompts: [] }
  database = await openDatabase()
})
afterAll(async () => {
  database.close()
  vi.unstubAllGlobals()
  await server.close()
})

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

function opened() {
  const tab = new Tab()
  const { runs } = tab.within(() => {
    const train = trainRooms()
    train.open({ base: server.url })
    return train
  })
  return { tab, runs }
}

/** What runs have told, by their places in their logs. */
function listener() {
  const logs = new Map<string, RunEvent[]>()
  const hearing = new AbortController()
  hearRuns(({ run, event, at }) => {
    if (at === undefined) return
    const log = (logs.get(run) ?? []).slice(0, at)
    log[at] = event!
    logs.set(run, log)
  }, hearing.signal)
  return { logs, close: () => hearing.abort() }
}

const figures = (events: readonly RunEvent[]) =>
  events.flatMap((event): unknown[] => {
    if (event.type === 'step') return [[event.step, event.loss, event.grad_norm]]
    return event.type === 'eval' ? [[event.step, event.eval_loss]] : []
  })

async function stored(run: string) {
  const checkpoints = await listCheckpoints(database, run)
  return {
    events: await readEvents(database, run),
    checkpoints,
    hash: checkpoints.find(({ slot }) => slot === 'last')?.tensors.hash,
  }
}

/** Whatever a run says in the end: a tab that is closed says nothing. */
function ending(tab: Tab) {
  let tell: (event: RunEvent) => void = () => {}
  const end = new Promise<RunEvent>((resolve) => {
    tell = resolve
  })
  const onEvent = (event: RunEvent) => {
    if (!tab.closed && (event.type === 'done' || event.type === 'error')) tell(event)
  }
  return { onEvent, over: Promise.race([end, tab.end]) }
}

test(`${INTERLEAVINGS} interleavings of two tabs: no run is damaged, no event lost`, async () => {
  const alone = opened()
  const first = ending(alone.tab)
  const whole = await alone.tab.within(() => alone.runs.start(request, first.onEvent))
  await first.over
  const expected = await stored(whole)
  const tabs = [opened(), opened()]
  const last = opened()
  const seen = { started: 0, resumed: 0, removed: 0, closed: 0, stopped: 0, refused: 0, cut: 0 }

  for (let seed = 1; seed <= INTERLEAVINGS; seed++) {
    const where = `interleaving ${seed}`
    const random = mulberry(seed)
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
    const heard = listener()
    const known = new Set<string>()
    const failures: Failure[] = []
    const pending: Promise<unknown>[] = []
    const attempt = (tab: Tab, what: keyof typeof seen, work: () => Promise<unknown>) => {
      const done = tab.within(work).then(
        () => {
          if (!tab.closed) seen[what]++
        },
        (error: unknown) => {
          if (!tab.closed) failures.push(toFailure(error))
        },
      )
      pending.push(Promise.race([done, tab.end]))
    }
    const start = () => {
      const { tab, runs } = pick(tabs)
      const { onEvent, over } = ending(tab)
      attempt(tab, 'started', async () => {
        known.add(await runs.start(request, onEvent))
        await over
      })
    }
    const resume = () => {
      const { tab, runs } = pick(tabs)
      const { onEvent, over } = ending(tab)
      const run = pick([...known])
      if (run === undefined) return
      attempt(tab, 'resumed', async () => {
        await runs.resume(run, onEvent)
        await over
      })
    }
    const remove = () => {
      const { tab, runs } = pick(tabs)
      const run = pick([...known])
      if (run !== undefined) attempt(tab, 'removed', () => runs.remove(run))
    }
    const stop = () => {
      const { tab, runs } = pick(tabs)
      const now = random() < 0.5
      attempt(tab, 'stopped', () => runs.stop({ now }))
    }
    let closes = 0
    const close = () => {
      closes++
      const at = Math.floor(random() * tabs.length)
      tabs[at]!.tab.close()
      tabs[at] = opened()
      seen.closed++
    }

    start()
    for (let i = 0; i < ACTIONS; i++) {
      await pause(random() < 0.3 ? 0 : random() * 15)
      pick([start, resume, resume, remove, remove, remove, close, stop])()
    }
    for (const { tab, runs } of tabs) await tab.within(() => runs.stop())
    await Promise.all(pending)
    for (const failure of failures) {
      const allowed =
        failure.code === 'cancelled' ||
        (failure.code === 'bad_state' &&
          /another tab|is going on|is just being loaded/.test(failure.message)) ||
        (failure.code === 'missing_file' && /^There is no run/.test(failure.message))
      expect(allowed, `${where}: ${failure.code}: ${failure.message}`).toBe(true)
      seen.refused++
    }

    // Whoever comes next finds runs that all go on to the same end.
    const { tab, runs } = last
    const left = (await tab.within(() => runs.list())).filter(({ id }) => id !== whole)
    const ids = (await database.getAllKeys('runs')).filter((id) => id !== whole)
    expect(left.map(({ id }) => id).sort(), where).toEqual(ids.sort())
    for (const store of ['events', 'checkpoints'] as const)
      for (const [run] of (await database.getAllKeys(store)) as [string, unknown][])
        expect([whole, ...ids], `${where}: ${store} of a run that is gone`).toContain(run)
    for (const { id, status, cutOff } of left) {
      expect(status, where).not.toBe('running')
      if (cutOff) seen.cut++
      const before = await stored(id)
      for (const { meta, step } of before.checkpoints) {
        const { event_count } = meta as { event_count: number }
        expect(before.events[event_count - 1], where).toMatchObject({ type: 'checkpoint', step })
      }
      if (status !== 'done') {
        const { onEvent, over } = ending(tab)
        await tab.within(() => runs.resume(id, onEvent))
        expect(await over, where).toMatchObject({ type: 'done', reason: 'finished' })
      }
      const after = await stored(id)
      expect(figures(after.events), where).toEqual(figures(expected.events))
      expect(after.hash, where).toBe(expected.hash)
      await pause(0)
      // A checkpoint is told once it is stored: a tab that is closed between leaves a gap, which the page fills from the log.
      const told = heard.logs.get(id) ?? []
      for (const [i, event] of after.events.entries()) {
        if (told[i] === undefined && event.type === 'checkpoint' && closes > 0) closes--
        else expect(told[i], where).toEqual(event)
      }
      expect(told.length, where).toBe(after.events.length)
      await tab.within(() => runs.remove(id))
    }
    heard.close()
  }
  // Each of them happened, and not once only.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(5)
})
