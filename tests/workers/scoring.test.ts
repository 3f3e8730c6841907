import 'fake-indexeddb/auto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import { blobFile } from '../../src/protocol/exported.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { handedCsv, handedTable } from '../../src/runs/handed-in.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { createScoring } from '../../src/ui/state/scoring.ts'
import { addingRoom } from '../../src/workers/adding-room.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { classHeadless } from '../../src/workers/headless-class.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { zipOf } from '../support/zip.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const PUBLIC = join(import.meta.dirname, '..', '..', 'public')
const NAME = 'ada.lapidary-run.zip'
const rowsOf = (from: number, count: number) =>
  `q,a\n${Array.from({ length: count }, (_, i) => `Where is ball ${from + i}?,Box ${i % 3}.`).join('\n')}\n`
/** The teacher's own. */
const SET = rowsOf(100, 12)

let server: RunningServer
beforeAll(async () => {
  server = await serve({ root: PUBLIC })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})

function rooms() {
  const [data, train] = [dataRoom(), trainRooms()]
  for (const room of [data, train]) room.open({ base: server.url })
  return { data, ...train }
}

/** What a pupil hands in; after it, this is another browser. */
async function handed(
  steps: object[] = [],
  { model = 'pebble', checkpoints = 'best' as 'best' | 'none', rows = rowsOf(0, 24) } = {},
) {
  const pupil = rooms()
  const dataset = await pupil.data.openFile(new File([rows], 'balls.csv'))
  const config = parseRunConfig({
    ...{ learning_rate: 0.05, max_steps: 4, per_device_train_batch_size: 4, max_length: 64 },
    ...{ eval_steps: 2, save_steps: 2 },
    data: { prompt: 'q', response: 'a', validation_share: 0.2, name: 'balls.csv', hash: dataset.hash, steps },
  })
  const recipe = { dataset: dataset.id, model, config }
  await pupil.data.prepare(recipe)
  const run = await new Promise<string>((resolve, reject) => {
    const started = pupil.runs.start({ ...recipe, samplePrompts: [] }, (event) => {
      if (event.type === 'done') void started.then(resolve)
      if (event.type === 'error') reject(event.failure)
    })
    started.catch(reject)
  })
  const entries = await pupil.runs.runFile(run, { checkpoints, by: 'Ada' })
  const file = await zipOf(entries)
  globalThis.indexedDB = new IDBFactory()
  return { file, entries }
}

async function teacher() {
  const studio = rooms()
  const { id } = await studio.data.openFile(new File([SET], 'set.csv'))
  return { ...studio, set: { dataset: id } }
}

const refused = async (work: Promise<unknown>) =>
  toFailure(await work.then(() => expect.fail('it was scored')).catch((error: unknown) => error))

async function stored() {
  const database = await openDatabase()
  const found = await Promise.all(
    (['runs', 'events', 'checkpoints', 'evaluations', 'judged'] as const).map((store) =>
      database.count(store),
    ),
  )
  database.close()
  return found
}

describe('a run that was handed in', () => {
  test('is in the same table by the command line as on the page, scored on the same rows', async () => {
    const { file } = await handed()
    const folder = mkdtempSync(join(tmpdir(), 'lapidary-class-'))
    const whole = new Uint8Array(await file.arrayBuffer())
    const given: [string, Uint8Array][] = [
      [NAME, whole],
      ['torn.lapidary-run.zip', whole.subarray(0, 900)],
      ['again.lapidary-run.zip', whole],
      ['set.csv', new TextEncoder().encode(SET)],
    ]
    for (const [name, bytes] of given) writeFileSync(join(folder, name), bytes)
    const files = await serve({ root: folder })
    try {
      const at = (name: string) => ({ name, url: `${files.url}${name}` })
      const job = {
        runs: given.slice(0, 3).map(([name]) => at(name)),
        models: [],
        rows: { name: 'set.csv', files: [at('set.csv')] },
      }
      const told: string[] = []
      const made = await classHeadless(
        { ...rooms(), models: { add: async () => expect.fail() } },
        job,
        ({ doing, name, at, of }) => told.push(`${doing} ${name} ${at}/${of}`),
      )
      expect(await stored()).toEqual([0, 0, 0, 0, 0])
      expect(told.at(-1)).toBe('scoring Ada 1/1')
      expect(made.failures.map(({ message }) => message)).toEqual([expect.stringContaining('torn')])

      globalThis.indexedDB = new IDBFactory()
      const studio = await teacher()
      const page = createScoring(studio)
      await page.open(given.slice(0, 3).map(([name, bytes]) => new File([bytes as BlobPart], name)))
      await page.score(studio.set)
      expect(page.failures()).toHaveLength(1)
      const csv = handedCsv(handedTable(page.entries()))
      expect(csv.split('\r\n')[1]).toMatch(/^Ada,.*,\d+,12,set\.csv,accuracy,/)
      expect(handedCsv(made.table)).toBe(csv)
    } finally {
      await files.close()
      rmSync(folder, { recursive: true })
    }
  })

  test('is scored as if it were opened and evaluated on the same rows, and nothing of it is stored', async () => {
    const { file } = await handed()
    const { scoring, set, runs, evaluations } = await teacher()
    const shares: (number | null)[] = []
    const score = await scoring.score(file, NAME, set, { onProgress: ({ share }) => void shares.push(share) })
    expect(await stored()).toEqual([0, 0, 0, 0, 0])
    expect(score).toMatchObject({
      rows: 12,
      judged: 12,
      kind: 'labels',
      data: { name: 'set.csv' },
      notes: [],
    })
    expect(shares.at(-1)).toBe(1)
    const { run } = await runs.openRunFile(file, NAME)
    const { id } = await evaluations.evaluate({ run, checkpoint: score.step, rows: set }, () => {})
    const { sides } = await evaluations.report(run, id)
    const judged = sides.find(({ name }) => name === 'judged')!
    expect([score.right, score.figures]).toEqual([judged.right, judged.figures])
    // Once more it is the same, of the same rows.
    expect(await scoring.score(file, 'again.zip', set)).toMatchObject({
      ...{ right: score.right, figures: score.figures },
    })
  })

  test('cannot choose its questions: rows that its own steps leave out or rewrite are told', async () => {
    const plain = await handed()
    const fewer = await handed([{ type: 'limit', rows: 8 }])
    const easy = await handed([
      { type: 'replace', columns: ['a'], find: 'Box \\d', with: 'Box 0', mode: 'regex' },
    ])
    const { scoring, set } = await teacher()
    const [one, two, three] = await Promise.all(
      [plain, fewer, easy].map(({ file }) => scoring.score(file, NAME, set)),
    )
    expect([one, two, three].map((score) => [score!.rows, score!.judged, score!.changed])).toEqual([
      [12, 12, false],
      [12, 8, false],
      [12, 12, true],
    ])
  })

  test('is put the questions of a benchmark set as they stand, whatever its own steps do', async () => {
    const plain = await handed()
    const fewer = await handed([{ type: 'limit', rows: 8 }])
    const { scoring } = await teacher()
    const set = { benchmark: 'feelings' as const }
    const [one, two] = await Promise.all([plain, fewer].map(({ file }) => scoring.score(file, NAME, set)))
    expect([one!.rows, one!.judged, one!.kind, one!.data.benchmark]).toEqual([80, 80, 'labels', 'feelings'])
    expect([two!.rows, two!.judged, two!.changed]).toEqual([80, 80, false])
  })

  test('of another base, without a checkpoint, or damaged is told by what is wrong', async () => {
    const adding = addingRoom()
    adding.open({ base: server.url })
    const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
    const { id } = await adding.add(
      names.map((name) => new File([readFileSync(join(PUBLIC, 'models', 'pebble', name))], name)),
      'mine',
    )
    const other = await handed([], { model: id })
    const none = await handed([], { checkpoints: 'none' })
    const good = await handed()
    const { scoring, set } = await teacher()
    expect(await refused(scoring.score(other.file, NAME, set))).toMatchObject({
      code: 'missing_file',
      message: 'Its base model, mine, is not in this browser.',
    })
    expect(await refused(scoring.score(none.file, NAME, set))).toMatchObject({
      code: 'missing_file',
      message: `${NAME} holds no state of the run that could be judged.`,
    })
    const torn = good.entries.map((entry) =>
      /^checkpoints\/.*safetensors$/.test(entry.path)
        ? blobFile(entry.path, new Blob([new Uint8Array(entry.size)]))
        : entry,
    )
    expect(await refused(scoring.score(await zipOf(torn), NAME, set))).toMatchObject({ code: 'bad_file' })
    expect(await stored()).toEqual([0, 0, 0, 0, 0])
  })

  test('that learnt from these very rows is refused, and one that learnt some of them says how many', async () => {
    const same = await handed([], { rows: SET })
    const { scoring, set } = await teacher()
    expect(await refused(scoring.score(same.file, NAME, set))).toMatchObject({ code: 'bad_data' })
  })

  test('stops at once when it is told to', async () => {
    const { file } = await handed()
    const { scoring, set } = await teacher()
    const control = new AbortController()
    const work = scoring.score(file, NAME, set, {
      signal: control.signal,
      onProgress: () => control.abort(),
    })
    expect(await refused(work)).toMatchObject({ code: 'cancelled' })
  })
})
