import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { KeptNews } from '../../src/protocol/rooms/kept.ts'
import type { Queue } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { stubBrowser } from './support/tabs.ts'
import { changedPebble, stoppedOn, trainedOn, useToyRooms } from './support/toy-rooms.ts'

/** What is said before a model is deleted, and what other tabs hear of it. */

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const rooms = useToyRooms()
beforeEach(() => stubBrowser())
afterEach(() => vi.unstubAllGlobals())

/** Bytes of all that is stored in chunks. */
async function stored(): Promise<number> {
  const database = await openDatabase()
  const chunks = await database.getAll('chunks')
  database.close()
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
}

test('only what no other model has is said to become free, and that is what becomes free', async () => {
  const studio = rooms()
  const first = await studio.adding.add(changedPebble(1), 'first')
  const second = await studio.adding.add(changedPebble(2), 'second')
  // Tables of tokens that no run needs go with it.
  const run = await stoppedOn(studio, first.id)
  await studio.runs.remove(run)
  const use = (await studio.models.use(first.id))!
  const weights = changedPebble(1).find(({ name }) => name === 'model.safetensors')!.size
  expect(use.shared).toBe(first.bytes - weights)
  expect(use.frees).toBeGreaterThan(weights)
  const before = await stored()
  await studio.models.remove(first.id)
  expect(before - (await stored())).toBe(use.frees)
  // The last one that has them frees the shared files, too.
  expect(await studio.models.use(second.id)).toMatchObject({ frees: second.bytes, shared: 0, runs: [] })
  expect(await studio.models.use(first.id)).toBeNull()
})

test('runs that go on, are interrupted or done are told apart, and queues that wait are named', async () => {
  const studio = rooms()
  const { id, hash } = await studio.adding.add(changedPebble(1), 'mine')
  const other = await studio.adding.add(changedPebble(2), 'other')
  const done = await trainedOn(studio, id)
  const cut = await stoppedOn(studio, id)
  await trainedOn(studio, other.id)
  let going: Promise<unknown> = Promise.resolve()
  // Another tab sees it while it trains.
  const third = await trainedOn(studio, id, (step) => {
    if (step === 2) going = rooms().models.use(id)
  })
  expect(await going).toMatchObject({
    runs: [
      { run: third, state: 'going' },
      { run: cut, state: 'interrupted' },
      { run: done, state: 'done' },
    ],
    queues: [],
  })
  const database = await openDatabase()
  const record = (await database.get('runs', cut))!
  const queue = (name: string, change: Partial<Queue['base']['config']['model']>, model = id): Queue => ({
    ...{ id: name, name, created: 0, kind: 'sweep', metric: 'eval_loss', labels: null },
    trials: [{ key: 'a', set: [], seed: 1, seconds: null }],
    rows: { train: 1, validation: 1 },
    base: {
      ...{ dataset: record.dataset, model, samplePrompts: [] },
      config: { ...record.config, model: { ...record.config.model, ...change } },
    },
  })
  await studio.tuning.put(queue('of this model', { hash }, 'called otherwise before'))
  await studio.tuning.put(queue('of an earlier version', { hash: null }))
  await studio.tuning.put(queue('of other weights', { hash: other.hash }))
  const { trials: _, ...over } = queue('over', { hash })
  await studio.tuning.put({ ...over, trials: [] })
  expect([...(await studio.models.use(id))!.queues].sort()).toEqual([
    'of an earlier version',
    'of this model',
  ])
  database.close()
})

test('tabs hear of models, data and queues that come and go in another', async () => {
  const [here, there] = [rooms(), rooms()]
  const heard: KeptNews[] = []
  const stop = new AbortController()
  await here.kept.follow((kind) => heard.push(kind), { signal: stop.signal })
  const after = async (work: Promise<unknown>) => {
    heard.length = 0
    await work
    await new Promise((resolve) => setTimeout(resolve, 20))
    return [...new Set(heard)]
  }
  const added = await there.adding.add(changedPebble(1), 'mine')
  expect(await after(there.adding.add(changedPebble(2), 'other'))).toEqual(['models'])
  const file = new File(['q,a\nx,y\nz,w\n'], 'a.csv')
  const [info, opened] = [await there.data.openFile(file), ['data']]
  expect(await after(there.data.openFile(file))).toEqual(opened)
  expect(await after(there.data.edit(info.id, [{ type: 'delete', rows: [0] }]))).toEqual(['data'])
  expect(await after(there.data.undo(info.id))).toEqual(['data'])
  expect(await after(there.data.remove(info.id))).toEqual(['data'])
  expect(await after(there.models.remove(added.id))).toEqual(['models'])
  expect(await after(there.tuning.remove('none'))).toEqual(['queues'])
  stop.abort()
  expect(await after(there.data.openFile(file))).toEqual([])
})
