import { deleteDB } from 'idb'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { blobOf, giveBack } from '../../src/protocol/exported.ts'
import type { DatasetPreview } from '../../src/protocol/studio.ts'
import { registerTransfers } from '../../src/workers/bridge.ts'
import { createStudio } from '../../src/workers/client.ts'
import { remoteRoom, WorkerHost } from '../../src/workers/worker-host.ts'
import { recipeOf } from '../support/recipe.ts'
import { TIMED, watchLongTasks } from './support/long-tasks.ts'
import type { TestRoom } from './test-room.ts'

beforeAll(registerTransfers)

function host(idleMs = 60_000) {
  const make = () => new Worker(new URL('./test.worker.ts', import.meta.url), { type: 'module' })
  const workers = new WorkerHost('test', make, 'http://base/', idleMs)
  return { workers, room: remoteRoom<TestRoom>(workers) }
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  )
}

describe('the worker border', () => {
  test('is told where files lie, before anything else', async () => {
    expect((await host().room.born()).base).toBe('http://base/')
  })

  test('lets failures through whole', async () => {
    const error = await thrownBy(host().room.refuse())
    expect(error).toBeInstanceOf(LapidaryError)
    expect((error as LapidaryError).toFailure()).toEqual({
      code: 'bad_data',
      message: 'Row 3 is ragged.',
      hint: 'Mend it.',
      detail: { row: 3 },
    })
    const unexpected = await thrownBy(host().room.broken())
    expect(unexpected).toMatchObject({ code: 'internal', message: expect.stringMatching(/undefined/) })
  })

  test('lets callbacks and calls through, also one that was stopped before it began', async () => {
    const { room } = host()
    const control = new AbortController()
    const seen: number[] = []
    const notes: unknown[] = []
    const previews: number[] = []
    const counting = room.count((n) => seen.push(n), {
      signal: control.signal,
      onProgress: (progress) => notes.push(progress),
      onPreview: (n) => {
        previews.push(n)
        if (n === 3) control.abort()
      },
    })
    expect(await thrownBy(counting)).toMatchObject({ code: 'cancelled' })
    expect(seen.slice(0, 3)).toEqual([1, 2, 3])
    expect(previews.slice(0, 3)).toEqual([1, 2, 3])
    expect(notes.slice(0, 2)).toEqual([
      { share: null, note: '1' },
      { share: null, note: '2' },
    ])
    const late = room.count((n) => seen.push(-n), { signal: AbortSignal.abort() })
    expect(await thrownBy(late)).toMatchObject({ code: 'cancelled' })
    expect(Math.min(...seen)).toBe(1)
  })

  test('lets files through piece by piece, as they are read', async () => {
    const { room, workers } = host()
    const [file] = await room.files(500 * 2 ** 20)
    expect([file!.path, file!.size]).toEqual(['folder/large.bin', 500 * 2 ** 20])
    let read = 0
    for await (const piece of file!.chunks()) {
      expect(piece[0]).toBe((read / 2 ** 20) % 256)
      read += piece.byteLength
      if (read >= 40 * 2 ** 20) break
    }
    // No more was made than a few pieces ahead of what was read.
    expect(await room.made()).toBeLessThan(60 * 2 ** 20)
    const [short] = await room.files(9 * 2 ** 20 + 5)
    // Pieces that are given back are empty at once, and filled again: what is read is the same.
    const firsts: number[] = []
    for await (const piece of short!.chunks()) {
      firsts.push(piece[0]!, piece.at(-1)!)
      const whole = piece.byteLength === 4 * 2 ** 20
      giveBack(piece)
      expect(piece.byteLength === 0).toBe(whole)
    }
    expect(firsts).toEqual([0, 3, 4, 7, 8, 9])
    for (let time = 0; time < 2; time++) expect((await blobOf(short!)).size).toBe(9 * 2 ** 20 + 5)
    const [broken] = await room.files(9 * 2 ** 20, 6 * 2 ** 20)
    expect(await thrownBy(blobOf(broken!))).toMatchObject({ code: 'bad_file', message: 'It broke off.' })
    // A worker that dies meanwhile is told to whoever reads.
    const [lost] = await room.files(500 * 2 ** 20)
    const reading = workers.reading(lost!.chunks())
    await reading.next()
    const dying = room.die()
    expect(
      await thrownBy(
        (async () => {
          for (;;) await reading.next().then(() => new Promise((resolve) => setTimeout(resolve, 5)))
        })(),
      ),
    ).toMatchObject({ code: 'internal', message: expect.stringMatching(/out of everything/) })
    await dying.catch(() => {})
  })

  test('ends a worker when idle, and starts another when needed; a held or busy one stays', async () => {
    const { workers, room } = host(50)
    const pause = () => new Promise((resolve) => setTimeout(resolve, 200))
    const first = (await room.born()).born
    const release = workers.hold(() => {})
    await pause()
    expect((await room.born()).born).toBe(first)
    release()
    const control = new AbortController()
    const busy = thrownBy(room.count(() => {}, { signal: control.signal }))
    await pause()
    expect((await room.born()).born).toBe(first)
    control.abort()
    await busy
    await pause()
    expect((await room.born()).born).not.toBe(first)
  })

  test('loads what it would load later where its host may change, and is not ended when idle: it gives back what it holds', async () => {
    const { workers, room } = host(50)
    const module = URL.createObjectURL(
      new Blob(['globalThis.loaded = (globalThis.loaded ?? 0) + 1'], { type: 'text/javascript' }),
    )
    const first = (await room.born()).born
    const missing = 'https://gone.example/assets/x.js'
    workers.loadNow([missing, module])
    await expect.poll(() => room.state()).toMatchObject({ loaded: 1 })
    await expect.poll(() => room.state(), { interval: 120 }).toMatchObject({ loaded: 1, rested: 1 })
    expect((await room.born()).born).toBe(first)
    // One that is made after that has it as well.
    workers.abandon(new LapidaryError({ code: 'cancelled', message: 'x', hint: 'x' }))
    await expect.poll(() => room.state()).toMatchObject({ loaded: 1 })
    expect((await room.born()).born).not.toBe(first)
  })

  test("tells of a worker's death to whoever waits, and goes on with a new one", async () => {
    const { workers, room } = host()
    const first = (await room.born()).born
    const told: LapidaryError[] = []
    workers.hold((error) => told.push(error))
    const hanging = thrownBy(room.hang())
    await room.die()
    expect(await hanging).toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/out of everything/),
    })
    expect(told.map(({ code }) => code)).toEqual(['internal'])
    expect((await room.born()).born).not.toBe(first)
  })

  test('a stop that is not heard ends the worker; what only asks is asked again of another one', async () => {
    const make = () => new Worker(new URL('./test.worker.ts', import.meta.url), { type: 'module' })
    const again = new Set(['born'])
    const workers = new WorkerHost('test', make, 'http://base/', 60_000, undefined, { stopMs: 100, again })
    const room = remoteRoom<TestRoom>(workers)
    const first = (await room.born()).born
    const control = new AbortController()
    const began = performance.now()
    const busy = thrownBy(room.busy(20_000, { signal: control.signal }))
    const [bystander, changing] = [room.born(), thrownBy(room.made())]
    // By now it is deep in it.
    await new Promise((resolve) => setTimeout(resolve, 200))
    control.abort()
    expect(await busy).toMatchObject({ code: 'cancelled', message: 'Stopped.' })
    expect(await changing).toMatchObject({ code: 'cancelled' })
    expect((await bystander).born).not.toBe(first)
    expect(performance.now() - began).toBeLessThan(15_000)
    // One that is done in time is not ended.
    const brief = new AbortController()
    const done = room.busy(50, { signal: brief.signal })
    await new Promise((resolve) => setTimeout(resolve, 10))
    brief.abort()
    const second = await done.catch(() => null)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await room.born()).born).toBe((await bystander).born)
    expect([null, (await bystander).born]).toContain(second)
  })

  test('only what may end it does, and nothing while somebody holds it', async () => {
    const make = () => new Worker(new URL('./test.worker.ts', import.meta.url), { type: 'module' })
    const stopped = async (only: string, hold: boolean) => {
      const ending = { stopMs: 100, only: new Set([only]) }
      const workers = new WorkerHost('test', make, 'http://base/', 60_000, undefined, ending)
      const room = remoteRoom<TestRoom>(workers)
      const first = (await room.born()).born
      const release = hold ? workers.hold(() => {}) : () => {}
      const control = new AbortController()
      const busy = room.busy(1500, { signal: control.signal }).catch(({ message }) => message as string)
      await new Promise((resolve) => setTimeout(resolve, 100))
      control.abort()
      const came = await busy
      release()
      return { came, same: (await room.born()).born === first }
    }
    expect(await stopped('busy', false)).toEqual({ came: 'Stopped.', same: false })
    expect((await stopped('busy', true)).same).toBe(true)
    expect((await stopped('born', false)).same).toBe(true)
  })

  test('that hears nothing is ended all the same, and whoever waits is told why', async () => {
    const { workers, room } = host()
    const first = (await room.born()).born
    const told: LapidaryError[] = []
    workers.hold((error) => told.push(error))
    const hanging = thrownBy(room.hang())
    workers.abandon(new LapidaryError({ code: 'cancelled', message: 'Stopped at once.', hint: 'Go on.' }))
    expect(await hanging).toMatchObject({ code: 'cancelled', message: 'Stopped at once.' })
    expect(told.map(({ code }) => code)).toEqual(['cancelled'])
    expect((await room.born()).born).not.toBe(first)
  })
})

describe('a worker that starts', () => {
  const made = (make: () => Worker, startMs?: number) => {
    const workers = new WorkerHost('test', make, 'http://base/', 60_000, startMs)
    return { workers, room: remoteRoom<TestRoom>(workers) }
  }
  const script = (text: string) => () =>
    new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })), { type: 'module' })
  const good = () => new Worker(new URL('./test.worker.ts', import.meta.url), { type: 'module' })

  test('late is waited for before anything is asked of it', async () => {
    const { room } = made(() => new Worker(new URL('./late.worker.ts', import.meta.url), { type: 'module' }))
    const first = room.born()
    const second = room.born()
    expect((await first).base).toBe('http://base/')
    expect(await second).toEqual(await first)
  })

  test.each([
    ['whose script is missing', () => new Worker('/nowhere.worker.js', { type: 'module' }), /did not start/],
    ['whose script throws', script("throw new Error('no such thing here')"), /no such thing here/],
    ['that is never heard of', script('setInterval(() => {}, 1000)'), /within 5 s/],
    [
      'that may not be made',
      () => {
        throw new DOMException('blocked by policy', 'SecurityError')
      },
      /blocked by policy/,
    ],
  ])('never, %s, is told of in words, and the call may be repeated', async (_, bad, words) => {
    let tries = 0
    const { workers, room } = made(() => (tries++ === 0 ? bad() : good()), 5000)
    const told: LapidaryError[] = []
    workers.hold((error) => told.push(error))
    const error = await thrownBy(room.born())
    expect(error).toBeInstanceOf(LapidaryError)
    expect(error).toMatchObject({
      code: 'internal',
      message: expect.stringMatching(words),
      hint: expect.stringMatching(/again/),
    })
    expect((error as LapidaryError).message).toMatch(/test worker did not start/)
    expect(told).toEqual([error])
    expect((await room.born()).base).toBe('http://base/')
    expect(tries).toBe(2)
  })
})

describe('the studio', () => {
  const studio = createStudio()

  test('waits for no answer to the question whether storage may stay', async () => {
    const asked = vi.spyOn(navigator.storage, 'persist').mockImplementation(() => new Promise(() => {}))
    expect(await thrownBy(studio.models.add([], 'nothing'))).toMatchObject({ code: 'missing_file' })
    expect(asked).toHaveBeenCalledTimes(1)
    asked.mockRestore()
  })

  afterAll(() => deleteDB('lapidary'))

  test('reads and tokenises a large file', async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, i) => `"What is thing ${i}, please?","It is number ${i}."`,
    )
    const file = new File([`question,answer\n${rows.join('\n')}\n`], 'large.csv')
    const longestTask = watchLongTasks()
    const dataset = await studio.data.openFile(file)
    expect(dataset).toMatchObject({ rows: 20_000, guess: { prompt: 'question', response: 'answer' } })
    const data = { prompt: 'question', response: 'answer' }
    const training = { max_length: 128, seed: 1 }
    const prepared = await studio.data.prepare(recipeOf(dataset, { data, training }))
    const stall = longestTask()
    expect(prepared.examples).toEqual({ train: 18_000, validation: 2000, test: 0 })
    if (TIMED) expect(stall < 250, `the page stood still for ${stall} ms`).toBe(true)
  })

  test('reads other formats, and several files, with the first rows at once', async () => {
    const table = await binary('text-zstd.parquet')
    const workbook = await binary('workbook.xlsx')
    const previews: DatasetPreview[] = []
    const progress: number[] = []
    const parquet = await studio.data.openFiles(
      [new File([table], 'rows.csv')],
      {},
      {
        onPreview: (preview) => previews.push(preview),
        onProgress: ({ share }) => progress.push(share!),
      },
    )
    expect(parquet).toMatchObject({ rows: 300, columns: [{ name: 'prompt' }, {}, {}, {}, {}] })
    expect(previews).toMatchObject([{ format: 'parquet', name: 'rows.csv' }])
    expect(previews[0]!.rows[1]).toMatchObject({ prompt: 'ok 0', score: 0.25, good: false })
    expect(progress.at(-1)).toBe(1)
    expect((await studio.data.openFiles([new File([workbook], 'w.xlsx')])).columns).toMatchObject([
      { name: 'prompt', type: 'text' },
      { name: 'response' },
      { name: 'when', type: 'date' },
      { name: 'score', type: 'number' },
      { name: 'sure', type: 'boolean' },
    ])
    const packed = await new Response(
      new Blob(['q,a\nc,d\n']).stream().pipeThrough(new CompressionStream('gzip')),
    ).blob()
    const set = await studio.data.openFiles([
      { path: 'set/test.csv.gz', file: new File([packed], 'test.csv.gz') },
      { path: 'set/train.jsonl', file: new File(['{"q":"a","a":"b"}\n'], 'train.jsonl') },
    ])
    expect(set).toMatchObject({ name: 'set', rows: 2 })
    expect(await studio.data.rows(set.id, { offset: 0, count: 2 })).toEqual([
      { q: 'c', a: 'd', split: 'test' },
      { q: 'a', a: 'b', split: 'train' },
    ])
  })

  test('hands bad input back as a failure with its place', async () => {
    const error = await thrownBy(studio.data.openFile(new File(['a,b\n1,2\n1,2,3\n'], 'ragged.csv')))
    expect(error).toBeInstanceOf(LapidaryError)
    expect((error as LapidaryError).code).toBe('bad_data')
  })

  test('stops reading when told to', async () => {
    const file = new File([`q,a\n${'x,y\n'.repeat(300_000)}`], 'long.csv')
    expect(await thrownBy(studio.data.openFile(file, { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'cancelled',
    })
  })

  test('names the software adapter, and has stored Pebble for the next visit', async () => {
    const device = await studio.models.device('webgpu')
    expect(device.reason).toBeUndefined()
    expect(device).toMatchObject({ engine: 'webgpu', software: true })
    const [pebble] = await studio.models.list()
    expect(pebble!.bytes).toBeGreaterThan(1e6)
    const plan = await studio.models.plan(
      (await import('../../src/protocol/run-config.ts')).defaultRunConfig(),
      'pebble',
    )
    expect(plan.bytes.total).toBeGreaterThan(pebble!.parameters * 2)
  })

  test('left to itself takes the portable engine where there is no GPU, and says why', async () => {
    const device = await studio.models.device()
    expect(device).toMatchObject({ engine: 'portable', reason: { code: 'missing_device' } })
    expect(device.description).toContain('WebAssembly')
  })
})

/** A file of tests/golden/files. */
async function binary(name: string): Promise<ArrayBuffer> {
  const response = await fetch(new URL(`../golden/files/${name}`, import.meta.url))
  if (!response.ok) throw new Error(`${name}: ${response.status}`)
  return response.arrayBuffer()
}
