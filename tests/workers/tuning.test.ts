import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { Queue, StartRequest, Studio } from '../../src/protocol/studio.ts'
import {
  movedTrial,
  type QueueListener,
  QueueRunner,
  runOf,
  scoresOf,
  type TrialDriver,
  trialState,
  tryAgain,
  waiting,
  withoutTrial,
} from '../../src/runs/queue.ts'
import { planQueue, type QueueWish } from '../../src/runs/queue-plan.ts'
import { rank } from '../../src/runs/ranking.ts'
import { addingRoom } from '../../src/workers/adding-room.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { FakeLocks } from './support/fake-locks.ts'
import { changedPebble } from './support/toy-rooms.ts'
import { ToyEngine } from './toy-engine.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }), withinBudget: (plan: unknown) => plan }
})

let server: RunningServer
beforeAll(async () => {
  server = await serve({ root: join(import.meta.dirname, '..', '..', 'public') })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  ToyEngine.made = []
})

type Rooms = Studio & { data: ReturnType<typeof dataRoom> }

function studio(): Rooms {
  const [data, train] = [dataRoom(), trainRooms()]
  for (const room of [data, train]) room.open({ base: server.url })
  return { ...train, data } as unknown as Rooms
}

const LABELS = ['red', 'green', 'blue']
const ROWS = `q,a\n${Array.from({ length: 60 }, (_, i) => `Colour of ${i}?,${LABELS[i % 3]}`).join('\n')}\n`
const SETTINGS = {
  learning_rate: 0.05,
  max_steps: 4,
  per_device_train_batch_size: 4,
  max_length: 64,
  eval_steps: 2,
}

async function requested({ data }: Rooms, settings: object = {}): Promise<StartRequest> {
  const info = await data.openFile(new File([ROWS], 'rows.csv'))
  const config = parseRunConfig({
    ...SETTINGS,
    ...settings,
    data: { prompt: 'q', response: 'a', validation_share: 0.2, name: 'rows.csv', hash: info.hash },
  })
  return { dataset: info.id, model: 'pebble', config, samplePrompts: [] }
}

const WISH: QueueWish = {
  kind: 'sweep',
  metric: 'eval_loss',
  name: 'Several',
  fields: [{ field: 'training.learning_rate', values: [0.05, 0.5] }],
  seeds: [1, 2],
}

/** As the command line drives it, and the page beside its own watching. */
const driver = ({ runs }: Studio, on: (what: string) => void = () => {}): TrialDriver => ({
  start(request, onEvent) {
    on(`start ${request.trial!.trial}`)
    return runs.start(request, onEvent)
  },
  resume(run, onEvent) {
    on('resume')
    return runs.resume(run, onEvent)
  },
})

const deaf: QueueListener = { onQueue: () => {} }
const states = async ({ runs }: Studio, queue: Queue) => {
  const list = await runs.list()
  return queue.trials.map((trial) => trialState(trial, runOf(list, queue, trial)))
}

describe('a queue', () => {
  test('says beforehand what it will run, runs all of it, and ranks what came of it', async () => {
    const rooms = studio()
    const { queue, seconds, refused } = await planQueue(rooms, await requested(rooms), WISH)
    expect(queue.trials.map(({ key }) => key)).toEqual([
      'learning_rate=0.05 seed=1',
      'learning_rate=0.05 seed=2',
      'learning_rate=0.5 seed=1',
      'learning_rate=0.5 seed=2',
    ])
    expect(refused.size).toBe(0)
    // Nothing was measured on this machine yet: no time is made up.
    expect(seconds).toBeNull()
    expect(queue.rows).toEqual({ train: 48, validation: 12 })
    expect(queue.labels).toEqual(expect.arrayContaining(LABELS))
    const heard: string[] = []
    await new QueueRunner(
      rooms,
      queue,
      driver(rooms, (what) => heard.push(what)),
      deaf,
    ).run()
    expect(heard).toEqual(queue.trials.map(({ key }) => `start ${key}`))
    const [stored] = await rooms.tuning.list()
    expect(stored!.held).toBe(false)
    expect(await states(rooms, stored!.queue)).toEqual(['done', 'done', 'done', 'done'])
    // Each is an ordinary kept run.
    const list = await rooms.runs.list()
    expect(list).toHaveLength(4)
    const ranked = rank(await scoresOf(rooms, stored!.queue), 'eval_loss')
    expect(ranked.map(({ count, spread }) => [count, spread !== null])).toEqual([
      [2, true],
      [2, true],
    ])
    const losses = list.map(({ evalLoss }) => evalLoss!)
    expect(Math.min(...ranked[0]!.members.map(({ scores }) => scores!.eval_loss))).toBeCloseTo(
      Math.min(...losses),
      9,
    )
    // By now the machine's speed is known.
    expect((await planQueue(rooms, await requested(rooms), WISH)).seconds).toBeGreaterThan(0)
  })

  test('that is stopped goes on in another session where it was', async () => {
    const rooms = studio()
    const { queue } = await planQueue(rooms, await requested(rooms), WISH)
    const first = new QueueRunner(
      rooms,
      queue,
      {
        ...driver(rooms),
        start: (request, onEvent) =>
          rooms.runs.start(request, (event) => {
            if (event.type === 'step' && event.step === 2 && request.trial!.trial.endsWith('seed=2'))
              void rooms.runs.stop()
            return onEvent(event)
          }),
      },
      deaf,
    )
    await first.run()
    expect(await states(rooms, queue)).toEqual(['done', 'stopped', 'waiting', 'waiting'])
    // A reload: other workers, the same storage.
    const again = studio()
    const { queue: stored, held } = (await again.tuning.list())[0]!
    expect(held).toBe(false)
    const heard: string[] = []
    await new QueueRunner(
      again,
      stored,
      driver(again, (what) => heard.push(what)),
      deaf,
    ).run()
    expect(heard).toEqual(['resume', 'start learning_rate=0.5 seed=1', 'start learning_rate=0.5 seed=2'])
    expect(await again.runs.list()).toHaveLength(4)
    expect(await states(again, stored)).toEqual(['done', 'done', 'done', 'done'])
  })

  test('tells of a run that fails, and the rest goes on; it can be tried again', async () => {
    const rooms = studio()
    const { queue } = await planQueue(rooms, await requested(rooms), WISH)
    const broken: TrialDriver = {
      ...driver(rooms),
      start(request, onEvent) {
        if (request.trial!.trial === 'learning_rate=0.05 seed=2') throw new Error('The disk sneezed.')
        return rooms.runs.start(request, onEvent)
      },
    }
    const runner = new QueueRunner(rooms, queue, broken, deaf)
    await runner.run()
    expect(await states(rooms, runner.queue)).toEqual(['done', 'failed', 'done', 'done'])
    expect(runner.queue.trials[1]!.failure?.message).toContain('sneezed')
    const [ranked] = rank(await scoresOf(rooms, runner.queue), 'eval_loss').filter(({ count }) => count === 1)
    expect(ranked!.members).toHaveLength(2)
    const repaired = tryAgain(runner.queue, runner.queue.trials[1]!.key)
    const second = new QueueRunner(rooms, repaired, driver(rooms), deaf)
    await second.run()
    expect(await states(rooms, second.queue)).toEqual(['done', 'done', 'done', 'done'])
  })

  test('goes on with a run that failed in its middle, where that is asked', async () => {
    const rooms = studio()
    const { queue } = await planQueue(rooms, await requested(rooms, { save_steps: 1 }), WISH)
    const real = ToyEngine.prototype.step
    const broken = vi.spyOn(ToyEngine.prototype, 'step')
    let steps = 0
    const failing: TrialDriver = {
      ...driver(rooms),
      start(request, onEvent) {
        if (request.trial!.trial.endsWith('seed=2'))
          broken.mockImplementation(async function (this: ToyEngine, ...asked) {
            if (++steps === 3) throw new Error('The sums came out wrong.')
            return real.apply(this, asked)
          })
        return rooms.runs.start(request, onEvent)
      },
    }
    const runner = new QueueRunner(rooms, { ...queue, trials: queue.trials.slice(0, 2) }, failing, deaf)
    await runner.run()
    broken.mockRestore()
    expect(await states(rooms, runner.queue)).toEqual(['done', 'failed'])
    const heard: string[] = []
    const key = runner.queue.trials[1]!.key
    const again = new QueueRunner(
      rooms,
      tryAgain(runner.queue, key),
      driver(rooms, (what) => heard.push(what)),
      deaf,
    )
    await again.run()
    expect(heard).toEqual(['resume'])
    expect(await states(rooms, again.queue)).toEqual(['done', 'done'])
    expect(again.queue.trials[1]).not.toHaveProperty('again')
    expect(await rooms.runs.list()).toHaveLength(2)
  })

  test('stands still, and says why, where its data is gone or was changed', async () => {
    const rooms = studio()
    const request = await requested(rooms)
    const { queue } = await planQueue(rooms, request, WISH)
    await rooms.data.edit(request.dataset, [{ type: 'set', row: 0, column: 'a', value: 'grey' }])
    const changed = new QueueRunner(rooms, queue, driver(rooms), deaf)
    await changed.run()
    expect(changed.queue.failure?.message).toMatch(/rows.csv was changed since/)
    await rooms.data.undo(request.dataset)
    await rooms.data.remove(request.dataset)
    const gone = new QueueRunner(rooms, changed.queue, driver(rooms), deaf)
    await gone.run()
    expect(gone.queue.failure?.message).toMatch(/rows.csv is not in this browser any more/)
    expect(await states(rooms, gone.queue)).toEqual(['waiting', 'waiting', 'waiting', 'waiting'])
    expect(await rooms.runs.list()).toEqual([])
  })

  test('finds its model by its files, under another name too, and stands still where only the name is here', async () => {
    const rooms = studio()
    const adding = addingRoom()
    adding.open({ base: server.url })
    const { id, hash } = await adding.add(changedPebble(1), 'mine')
    const asked = await requested(rooms)
    const { config } = asked
    const request = { ...asked, model: id, config: { ...config, model: { ...config.model, id, hash } } }
    const { queue } = await planQueue(rooms, request, WISH)
    await rooms.models.remove(id)
    expect((await adding.add(changedPebble(2), 'mine')).id).toBe(id)
    const without = new QueueRunner(rooms, queue, driver(rooms), deaf)
    await without.run()
    expect(without.queue.failure).toMatchObject({
      code: 'missing_file',
      message: expect.stringMatching(/^The base model of this queue, mine, is not in this browser any more/),
    })
    expect(await rooms.runs.list()).toEqual([])
    const again = await adding.add(changedPebble(1), 'called otherwise')
    const { failure: _, ...waits } = without.queue
    const runner = new QueueRunner(rooms, waits, driver(rooms), deaf)
    await runner.run()
    expect(await states(rooms, runner.queue)).toEqual(['done', 'done', 'done', 'done'])
    expect((await rooms.runs.list()).map(({ model }) => model)).toEqual(Array(4).fill(again.id))
  })

  test('is reordered and shortened where it waits, while it goes on', async () => {
    const rooms = studio()
    const { queue } = await planQueue(rooms, await requested(rooms), WISH)
    const heard: string[] = []
    const [, second, third, last] = queue.trials.map(({ key }) => key) as [string, string, string, string]
    const runner: QueueRunner = new QueueRunner(
      rooms,
      queue,
      {
        ...driver(rooms),
        async start(request, onEvent) {
          heard.push(request.trial!.trial)
          const run = await rooms.runs.start(request, onEvent)
          if (heard.length > 1) return run
          await runner.change((now, runs) => movedTrial(now, runs, last, -1))
          await runner.change((now, runs) => withoutTrial(now, runs, second))
          // What has run is neither moved nor removed.
          await runner.change((now, runs) =>
            withoutTrial(movedTrial(now, runs, heard[0]!, 1), runs, heard[0]!),
          )
          return run
        },
      },
      deaf,
    )
    await runner.run()
    expect(heard).toEqual([queue.trials[0]!.key, last, third])
    expect(waiting(runner.queue, await rooms.runs.list())).toEqual([])
  })

  test('is one tab at a time', async () => {
    const locks = new FakeLocks().of({})
    vi.stubGlobal('navigator', { locks })
    try {
      const [here, there] = [studio(), studio()]
      expect(await here.tuning.take('q')).toBe(true)
      expect(await here.tuning.take('q')).toBe(true)
      expect(await there.tuning.take('q')).toBe(false)
      await here.tuning.put({ ...(await planQueue(here, await requested(here), WISH)).queue, id: 'q' })
      expect((await there.tuning.list())[0]!.held).toBe(true)
      const { queue } = (await there.tuning.list())[0]!
      await expect(new QueueRunner(there, queue, driver(there), deaf).run()).rejects.toMatchObject({
        code: 'bad_state',
        message: expect.stringContaining('another tab'),
      })
      await here.tuning.release('q')
      expect((await there.tuning.list())[0]!.held).toBe(false)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  test('judges labels where that is asked, of the same rows for every run', async () => {
    const rooms = studio()
    const { queue } = await planQueue(rooms, await requested(rooms), {
      ...WISH,
      seeds: [],
      metric: 'accuracy',
    })
    const runner = new QueueRunner(rooms, queue, driver(rooms), deaf)
    await runner.run()
    expect(runner.queue.trials.map(({ judged }) => judged?.rows)).toEqual([12, 12])
    for (const { judged } of runner.queue.trials) {
      expect(judged!.accuracy).toBeGreaterThanOrEqual(0)
      expect(judged!.accuracy).toBeLessThanOrEqual(1)
    }
    expect(rank(await scoresOf(rooms, runner.queue), 'accuracy')[0]!.rank).toBe(1)

    // A run that is deleted takes its score along: the queue says that it waits, and nothing of how good it was.
    const list = await rooms.runs.list()
    await rooms.runs.remove(runOf(list, runner.queue, runner.queue.trials[0]!)!.id)
    expect(await states(rooms, runner.queue)).toEqual(['waiting', 'done'])
    const left = rank(await scoresOf(rooms, runner.queue), 'accuracy')
    expect(left.map(({ mean }) => mean === null)).toEqual([false, true])
  })
})

describe('a learning curve', () => {
  test('learns from nested shares of the rows, and holds the same ones out', async () => {
    const rooms = studio()
    const wish: QueueWish = { ...WISH, kind: 'learning_curve', fields: [], seeds: [] }
    const { queue } = await planQueue(rooms, await requested(rooms), wish)
    expect(queue.trials.map(({ set }) => set[0]!.value)).toEqual([0.25, 0.5, 1])
    const runner = new QueueRunner(rooms, queue, driver(rooms), deaf)
    await runner.run()
    const list = await rooms.runs.list()
    const rowsOf = async (split: 'train' | 'validation') =>
      Promise.all(
        runner.queue.trials.map(async (trial) => {
          const { config, model } = runOf(list, runner.queue, trial)!
          const recipe = { dataset: queue.base.dataset, model, config }
          const { examples } = await rooms.data.examples(recipe, split, { offset: 0, count: 100 })
          return examples.map(({ row }) => row)
        }),
      )
    const [quarter, half, all] = (await rowsOf('train')) as [number[], number[], number[]]
    expect([quarter.length, half.length, all.length]).toEqual([12, 24, 48])
    expect(half).toEqual(expect.arrayContaining(quarter))
    expect(all).toEqual(expect.arrayContaining(half))
    for (const label of [0, 1, 2]) {
      const share =
        quarter.filter((row) => row % 3 === label).length / all.filter((row) => row % 3 === label).length
      expect(Math.abs(share - 0.25)).toBeLessThan(0.1)
    }
    const held = await rowsOf('validation')
    expect(held[0]).toHaveLength(12)
    expect(held[1]).toEqual(held[0])
    expect(held[2]).toEqual(held[0])
    for (const run of list) expect(run.step).toBe(4)
  })

  test('and a sweep are refused where nothing is held out, or nothing can be judged', async () => {
    const rooms = studio()
    const request = await requested(rooms)
    const none = {
      ...request,
      config: { ...request.config, data: { ...request.config.data, validation_share: 0 } },
    }
    await expect(planQueue(rooms, none, WISH)).rejects.toMatchObject({ code: 'bad_data' })
    const info = await rooms.data.openFile(
      new File(
        [`q,a\n${Array.from({ length: 20 }, (_, i) => `q${i},answer ${i}`).join('\n')}\n`],
        'texts.csv',
      ),
    )
    const texts = {
      ...request,
      dataset: info.id,
      config: { ...request.config, data: { ...request.config.data, hash: info.hash } },
    }
    await expect(planQueue(rooms, texts, { ...WISH, metric: 'accuracy' })).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringContaining('no labels'),
    })
  })
})

describe('the limit on what runs take', () => {
  test('removes spare checkpoints, keeps what was learnt, and stops a queue that would go beyond, saying so', async () => {
    const rooms = studio()
    const request = await requested(rooms, { max_steps: 6, eval_steps: 2, save_steps: 2 })
    const { queue, bytes } = await planQueue(rooms, request, { ...WISH, seeds: [] })
    const runner = new QueueRunner(rooms, queue, driver(rooms), deaf)
    await runner.run()
    const before = await rooms.runs.space()
    expect(before.limit).toBeNull()
    expect(before.runs).toHaveLength(2)
    expect(before.used).toBe(before.runs.reduce((sum, one) => sum + one.bytes, 0))
    const kept = async () => {
      const all = await Promise.all((await rooms.runs.list()).map(({ id }) => rooms.runs.checkpoints(id)))
      return all.flat()
    }
    const spare = (await kept()).filter(({ last, best }) => !last && !best)
    expect(spare.length).toBeGreaterThan(0)
    const after = await rooms.runs.setLimit(before.used - 1)
    expect(after.used).toBeLessThan(before.used)
    const left = await kept()
    expect(left.filter(({ last }) => last)).toHaveLength(2)
    expect(left.filter(({ last, best }) => !last && !best).length).toBeLessThan(spare.length)
    await rooms.runs.setLimit(1)
    const least = await rooms.runs.space()
    expect(least.used).toBeGreaterThan(1)
    expect(bytes).toBeGreaterThan(0)
    const { queue: more } = await planQueue(rooms, request, { ...WISH, seeds: [] })
    const second = new QueueRunner(rooms, more, driver(rooms), deaf)
    await second.run()
    expect(second.queue.failure).toMatchObject({ code: 'quota_exceeded' })
    expect(await states(rooms, second.queue)).toEqual(['waiting', 'waiting'])
    expect(await rooms.runs.list()).toHaveLength(2)
    await rooms.runs.setLimit(null)
    const third = new QueueRunner(rooms, second.queue, driver(rooms), deaf)
    await third.run()
    expect(third.queue.failure).toBeUndefined()
    expect(await states(rooms, third.queue)).toEqual(['done', 'done'])
  })
})
