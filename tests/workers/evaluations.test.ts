import 'fake-indexeddb/auto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { EvaluateRequest, JudgedRow, LayerView } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { readEvents } from '../../src/storage/runs.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { evaluateHeadless } from '../../src/workers/headless-evaluate.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { ToyEngine } from './toy-engine.ts'

// Machines that run other things beside the tests are slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const PUBLIC = join(import.meta.dirname, '..', '..', 'public')
let server: RunningServer

beforeAll(async () => {
  server = await serve({ root: PUBLIC })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  ToyEngine.made = []
  ToyEngine.faults = []
})

const COLOURS = ['red', 'green', 'blue']
const table = (rows: readonly (readonly [string, string])[], head = 'q,a') =>
  `${head}\n${rows.map(([q, a]) => `${q},${a}`).join('\n')}\n`
const asked = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i): [string, string] => [
    `Which colour has stone ${from + i}?`,
    COLOURS[(from + i) % 3]!,
  ])
const LABELLED = table(asked(40))
const SENTENCES = table(
  Array.from({ length: 24 }, (_, i): [string, string] => [`Where is ball ${i}?`, `It is in box ${i}.`]),
)

/** A run of a few steps on these rows, ended. */
async function trained(text = LABELLED, steps = 4, more: { task?: 'text' | 'json' } = {}) {
  const [data, train] = [dataRoom(), trainRooms()]
  for (const room of [data, train]) room.open({ base: server.url })
  const dataset = await data.openFile(new File([text], 'rows.csv'))
  const config = parseRunConfig({
    learning_rate: 0.05,
    max_steps: steps,
    per_device_train_batch_size: 4,
    max_length: 64,
    save_steps: 2,
    data: {
      prompt: 'q',
      response: 'a',
      hash: dataset.hash,
      name: dataset.name,
      validation_share: 0.25,
      ...more,
    },
  })
  const recipe = { dataset: dataset.id, model: 'pebble', config }
  await data.prepare(recipe)
  let ended: (event: RunEvent) => void
  const end = new Promise<RunEvent>((resolve) => {
    ended = resolve
  })
  const run = await train.runs.start({ ...recipe, samplePrompts: [] }, (event) => {
    if (event.type === 'done' || event.type === 'error') ended(event)
  })
  expect((await end).type).toBe('done')
  return { data, train, run, dataset }
}

const held = (run: string, checkpoint: EvaluateRequest['checkpoint'] = 'last'): EvaluateRequest => ({
  run,
  checkpoint,
  rows: { split: 'validation' },
})

const nothing = () => {}
const LAYERS: LayerView = {
  ...{ step: 4, layers: 0, modules: [], cells: [] },
  summary: { most: [], alike: false, part: null },
}

describe('an evaluation of labels', () => {
  test('decides by what each label is worth behind the question, its end included', async () => {
    const { train, run } = await trained()
    const outlook = await train.evaluations.outlook(held(run))
    expect(outlook).toMatchObject({ rows: 10, judged: 0, baseJudged: 0, guess: 'labels', notes: [] })
    expect([...outlook.task.labels].sort()).toEqual([...COLOURS].sort())
    expect(outlook.task.from).toBe('learnt')

    const heard: JudgedRow[] = []
    const info = await train.evaluations.evaluate(held(run), (rows) => heard.push(...rows))
    expect(info).toMatchObject({ id: outlook.evaluation, run, step: 4, total: 10, judged: 10 })
    expect(heard).toHaveLength(10)
    for (const { scores, reference, logProbability, tokens } of heard) {
      const at = info.task.labels.indexOf(reference)
      // The reference is scored twice, by two ways through the engine.
      expect(scores![at]).toBeCloseTo(logProbability, 4)
      expect(info.labelTokens[at]).toBe(tokens)
    }

    await train.evaluations.evaluate(held(run, null), nothing)
    const report = await train.evaluations.report(run, info.id)
    expect(report.sides.map(({ name }) => name)).toEqual(['judged', 'base', 'nearest', 'majority'])
    expect(report.base).toMatchObject({ step: null, total: 10 })
    const right = report.rows.filter(({ answer, reference }) => answer === reference).length
    expect(report.sides[0]!.right).toBe(right)
    expect(report.count).toBe(10)
    for (const row of report.rows) {
      const best = Math.max(...row.scores!)
      expect(row.answer).toBe(info.task.labels[row.scores!.indexOf(best)])
    }
    const accuracy = report.sides[0]!.figures.find(({ name }) => name === 'accuracy')!
    expect(accuracy.value).toBeCloseTo(right / 10, 12)
    expect(accuracy.low).toBeLessThanOrEqual(accuracy.value)
    expect(accuracy.high).toBeGreaterThanOrEqual(accuracy.value)
    expect(report.labels!.confusion.reduce((sum, one) => sum + one, 0)).toBe(10)
    expect(report.labels!.temperature).toMatchObject({ rows: 10, same: true })
    expect(ToyEngine.faults).toEqual([])
  })

  test('that was stopped goes on where it was, in another worker too, and comes to the same', async () => {
    const { train, run } = await trained(table(asked(160)))
    const control = new AbortController()
    const before: JudgedRow[] = []
    const first = train.evaluations.evaluate(
      held(run),
      (rows) => {
        before.push(...rows)
        control.abort()
      },
      { signal: control.signal },
    )
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    expect(before).toHaveLength(16)
    expect((await train.evaluations.list(run))[0]).toMatchObject({ judged: 16, total: 40 })

    const again = trainRooms()
    again.open({ base: server.url })
    expect(await again.evaluations.outlook(held(run))).toMatchObject({ judged: 16, rows: 40 })
    const after: JudgedRow[][] = []
    const info = await again.evaluations.evaluate(held(run), (rows) => after.push(rows))
    expect(after.map(({ length }) => length)).toEqual([16, 16, 8])
    expect(after[0]).toEqual(before)
    const report = await again.evaluations.report(run, info.id)
    expect(report.count).toBe(40)
    expect(new Set(report.rows.map(({ row }) => row)).size).toBe(40)

    // What is whole is not judged again.
    const scored = vi.spyOn(ToyEngine.prototype, 'score')
    expect(await again.evaluations.evaluate(held(run), nothing)).toEqual(info)
    expect(scored).not.toHaveBeenCalled()
    scored.mockRestore()
  })

  test('belongs to a step: another checkpoint of the run has none yet', async () => {
    const { train, run } = await trained()
    const info = await train.evaluations.evaluate(held(run), nothing)
    const earlier = (await train.runs.checkpoints(run)).find(({ last }) => !last)!
    const other = await train.evaluations.outlook(held(run, earlier.step))
    expect(other.judged).toBe(0)
    expect(other.evaluation).not.toBe(info.id)
    // The base is the same, whichever checkpoint it is held against.
    const base = await train.evaluations.evaluate(held(run, null), nothing)
    expect((await train.evaluations.outlook(held(run, earlier.step))).baseJudged).toBe(base.total)
  })

  test('goes with its run', async () => {
    const { train, run } = await trained()
    await train.evaluations.evaluate(held(run), nothing)
    const { id } = await train.evaluations.evaluate(held(run, null), nothing)
    await train.evaluations.remove(run, id)
    expect(await train.evaluations.list(run)).toHaveLength(1)
    await train.runs.remove(run)
    const database = await openDatabase()
    expect(await database.count('evaluations')).toBe(0)
    expect(await database.count('judged')).toBe(0)
    database.close()
  })
})

describe('another file', () => {
  test('is judged whole, and tells labels that were never learnt and rows that were', async () => {
    const { data, train, run } = await trained()
    const rows: [string, string][] = [...asked(3), ...asked(4, 100), ['Which colour has coal?', 'black']]
    const file = await data.openFile(new File([table(rows)], 'test.csv'))
    const request = { run, checkpoint: 'last' as const, rows: { dataset: file.id } }
    const { notes, rows: count } = await train.evaluations.outlook(request)
    expect(count).toBe(8)
    expect(notes).toContainEqual({ kind: 'unseen_labels', count: 1, rows: [8], names: ['black'] })
    const learnt = notes.find(({ kind }) => kind === 'learnt_rows')!
    expect(learnt.count).toBeGreaterThan(0)
    expect(learnt.count).toBeLessThanOrEqual(3)
    const info = await train.evaluations.evaluate(request, nothing)
    const report = await train.evaluations.report(run, info.id)
    expect(report.labels!.classes.map(({ label, seen }) => [label, seen])).toContainEqual(['black', false])
    expect(report.rows.find(({ reference }) => reference === 'black')).toMatchObject({
      right: false,
      score: 0,
    })
    // Nothing was fitted to these rows.
    expect(report.labels!.temperature).toBeNull()
    await train.evaluations.evaluate(held(run), nothing)
    const then = await train.evaluations.report(run, info.id)
    expect(then.labels!.temperature).toMatchObject({ rows: 10, same: false })
    expect(then.sides[0]!.figures.map(({ name }) => name)).toContain('ece_calibrated')
  })

  test('of one label alone is told: whoever always says so is right in all of it', async () => {
    const { data, train, run } = await trained()
    const outlook = async (rows: [string, string][]) => {
      const file = await data.openFile(new File([table(rows)], 'test.csv'))
      const found = await train.evaluations.outlook({ run, checkpoint: 'last', rows: { dataset: file.id } })
      return found.notes.filter(({ kind }) => kind === 'one_label')
    }
    const [[, label]] = asked(1, 100) as [[string, string]]
    const same: [string, string][] = [1, 2, 3].map((i) => [`What has colour ${i}?`, label])
    expect(await outlook(same)).toEqual([{ kind: 'one_label', count: 3, names: [label] }])
    expect(await outlook(asked(4, 100))).toEqual([])
  })

  test('may name its columns otherwise, which is told; a wrong name is refused', async () => {
    const { data, train, run } = await trained()
    const file = await data.openFile(new File([table(asked(6, 50), 'question,answer')], 'test.csv'))
    const request = { run, checkpoint: 'last' as const, rows: { dataset: file.id } }
    const { notes, rows } = await train.evaluations.outlook(request)
    expect(rows).toBe(6)
    expect(notes).toContainEqual({ kind: 'other_columns', count: 2, names: ['question', 'answer'] })
    const wrong = { ...request, rows: { dataset: file.id, mapping: { prompt: 'nope', response: 'answer' } } }
    await expect(train.evaluations.outlook(wrong)).rejects.toMatchObject({ code: 'missing_column' })
  })

  test('that the run learnt from is refused, and so is a split without rows', async () => {
    const { train, run, dataset } = await trained()
    const own = { run, checkpoint: 'last' as const, rows: { dataset: dataset.id } }
    await expect(train.evaluations.outlook(own)).rejects.toMatchObject({
      code: 'bad_data',
      message: expect.stringContaining('learnt from'),
    })
    await expect(
      train.evaluations.evaluate({ ...own, rows: { split: 'test' } }, nothing),
    ).rejects.toMatchObject({ code: 'bad_data', message: expect.stringContaining('testing') })
  })

  test('is judged where the training data is gone, without baselines, which is said', async () => {
    const { data, train, run, dataset } = await trained()
    const file = await data.openFile(new File([table(asked(9, 100))], 'test.csv'))
    await data.remove(dataset.id)
    const request = { run, checkpoint: 'last' as const, rows: { dataset: file.id } }
    const { notes, task } = await train.evaluations.outlook(request)
    expect(notes).toContainEqual({ kind: 'no_training_rows', count: 0 })
    expect(task.from).toBe('judged')
    const info = await train.evaluations.evaluate(request, nothing)
    const report = await train.evaluations.report(run, info.id)
    expect(report.sides.map(({ name }) => name)).toEqual(['judged'])
    await expect(train.evaluations.outlook(held(run))).rejects.toMatchObject({ code: 'missing_file' })
  })

  test('of many rows gives as many as are wanted, always the same, which is said', async () => {
    const { data, train, run } = await trained()
    const file = await data.openFile(new File([table(asked(50, 100))], 'test.csv'))
    const request = { run, checkpoint: 'last' as const, rows: { dataset: file.id }, limit: 7 }
    expect(await train.evaluations.outlook(request)).toMatchObject({
      rows: 7,
      data: { rows: 50 },
      notes: [{ kind: 'drawn', count: 7 }],
    })
    const rows: JudgedRow[] = []
    await train.evaluations.evaluate(request, (some) => rows.push(...some))
    const base: JudgedRow[] = []
    await train.evaluations.evaluate({ ...request, checkpoint: null }, (some) => base.push(...some))
    expect(base.map(({ row }) => row)).toEqual(rows.map(({ row }) => row))
    expect(rows[0]).toMatchObject({ number: rows[0]!.row + 1 })
  })
})

describe('a benchmark set', () => {
  const feelings = (run: string, checkpoint: EvaluateRequest['checkpoint'] = 'last'): EvaluateRequest => ({
    ...{ run, checkpoint, rows: { benchmark: 'feelings' }, limit: 12 },
  })

  test('is judged by its own labels, whatever the run learnt, which is told', async () => {
    const { train, run } = await trained()
    const outlook = await train.evaluations.outlook(feelings(run))
    expect(outlook).toMatchObject({
      rows: 12,
      data: { name: 'feelings.csv', split: null, benchmark: 'feelings' },
      task: { kind: 'labels', from: 'given' },
    })
    const labels = ['afraid', 'angry', 'happy', 'sad']
    expect([...outlook.task.labels].sort()).toEqual(labels)
    expect(outlook.notes).toContainEqual({ kind: 'other_labels', count: 4, names: outlook.task.labels })
    // What a person chose for the run's own rows is not meant here.
    const text = { ...feelings(run), task: { kind: 'text' as const } }
    expect((await train.evaluations.outlook(text)).task).toEqual(outlook.task)
    const rows: JudgedRow[] = []
    await train.evaluations.evaluate(feelings(run), (some) => rows.push(...some))
    expect(rows).toHaveLength(12)
    expect(rows.every(({ scores }) => scores?.length === 4)).toBe(true)
  })

  test('puts the same rows to every run, and each report holds the others beside', async () => {
    const first = await trained()
    const info = await first.train.evaluations.evaluate(feelings(first.run), nothing)
    await first.train.evaluations.evaluate(feelings(first.run, null), nothing)
    const alone = await first.train.evaluations.report(first.run, info.id)
    // The base model is one of the sides, and nobody else was judged.
    expect([alone.base?.step, alone.beside]).toEqual([null, []])
    const second = await trained(SENTENCES, 2)
    const other = await second.train.evaluations.evaluate(feelings(second.run), nothing)
    expect([other.rowsKey, other.id === info.id]).toEqual([info.rowsKey, false])
    const report = await first.train.evaluations.report(first.run, info.id)
    const own = await second.train.evaluations.report(second.run, other.id)
    expect(report.beside).toEqual([
      {
        ...{ run: second.run, model: 'Pebble', step: 2 },
        ...{ right: own.sides[0]!.right, figures: own.sides[0]!.figures },
      },
    ])
    expect(own.beside.map(({ run, step }) => [run, step])).toEqual([[first.run, 4]])
    // Held-out rows of one run are no rows of the other's.
    const heldOut = await first.train.evaluations.evaluate(held(first.run), nothing)
    expect((await first.train.evaluations.report(first.run, heldOut.id)).beside).toEqual([])
  })

  test('is not learnt from: by its bytes, whatever the file is called', async () => {
    const data = dataRoom()
    data.open({ base: server.url })
    const bytes = readFileSync(join(PUBLIC, 'benchmarks', 'feelings.csv'))
    const dataset = await data.openFile(new File([bytes], 'mine.csv'))
    const config = parseRunConfig({ data: { prompt: 'sentence', response: 'mood' } })
    await expect(data.prepare({ dataset: dataset.id, model: 'pebble', config })).rejects.toMatchObject({
      ...{ code: 'bad_data', message: expect.stringContaining('benchmark set "feelings"') },
    })
  })
})

describe('the task of a run', () => {
  const withTask = (task: 'text' | 'json') => trained(LABELLED, 2, { task })

  test('is what its config says, on the page and on the command line, and a person may say otherwise', async () => {
    const { train, run } = await withTask('text')
    expect(await train.evaluations.outlook(held(run))).toMatchObject({
      ...{ guess: 'labels', task: { kind: 'text', labels: [], from: 'given' } },
    })
    const labels = { ...held(run), task: { kind: 'labels' as const } }
    expect((await train.evaluations.outlook(labels)).task.kind).toBe('labels')
  })

  test('that the rows cannot be is refused where the run begins, and named', async () => {
    await expect(withTask('json')).rejects.toMatchObject({
      ...{ code: 'bad_config', message: expect.stringContaining('no answer is a JSON') },
      detail: { field: 'data.task', found: 'json' },
    })
  })
})

describe('answers that are written', () => {
  test('are held against the data, and judged beside the base', async () => {
    const { train, run } = await trained(SENTENCES)
    expect(await train.evaluations.outlook(held(run))).toMatchObject({
      guess: 'text',
      rows: 6,
      task: { kind: 'text', labels: [] },
    })
    const info = await train.evaluations.evaluate(held(run), nothing)
    expect(info.maxNewTokens! % 16).toBe(0)
    await train.evaluations.evaluate(held(run, null), nothing)
    const report = await train.evaluations.report(run, info.id)
    expect(report).toMatchObject({ choice: null, labels: null, count: 6 })
    expect(report.sides.map(({ name }) => name)).toEqual(['judged', 'base'])
    expect(report.rows.every(({ answer }) => answer !== null && answer.length > 0)).toBe(true)
    expect(report.sides[0]!.figures.map(({ name }) => name)).toEqual([
      'accuracy',
      'chrf',
      'rouge_l',
      'perplexity',
      'token_accuracy',
    ])
  })

  test('a person may say what they are; labels of which there is one are refused', async () => {
    const { train, run } = await trained()
    const text = { ...held(run), task: { kind: 'text' as const } }
    expect((await train.evaluations.outlook(text)).task).toEqual({ kind: 'text', labels: [], from: 'given' })
    const one = { ...held(run), task: { kind: 'labels' as const, labels: ['red'] } }
    await expect(train.evaluations.outlook(one)).rejects.toMatchObject({ code: 'bad_data' })
  })
})

test('files hold the figures of the report, and a row for each that was judged', async () => {
  const { train, run } = await trained()
  const { id } = await train.evaluations.evaluate(held(run), nothing)
  const how = { choice: 'mean' as const }
  const report = await train.evaluations.report(run, id, how)
  const [json, csv] = await train.evaluations.files(run, id, how)
  const figures = JSON.parse(await (await blobOf(json!)).text())
  expect(figures.choice).toBe('mean')
  expect(figures.sides).toEqual(JSON.parse(JSON.stringify(report.sides)))
  expect(figures.labels.confusion).toEqual([...report.labels!.confusion])
  const lines = (await (await blobOf(csv!)).text()).trim().split('\r\n')
  expect(lines).toHaveLength(11)
  expect(lines[0]).toMatch(/^row,question,reference,answer,right,/)
  expect(lines[1]).toContain(report.rows[0]!.question)
})

test('the command line gives the figures that the page gives, on the same run and file', async () => {
  const { data, train, run } = await trained()
  const rows = table([...asked(9, 100), ['Which colour has coal?', 'black']])
  const file = await data.openFile(new File([rows], 'test.csv'))
  const request = { run, checkpoint: 'last' as const, rows: { dataset: file.id } }
  const { id } = await train.evaluations.evaluate(request, nothing)
  await train.evaluations.evaluate({ ...request, checkpoint: null }, nothing)
  // The toy model is about as sure of every row: a threshold that it stays below.
  const sure = (await train.evaluations.report(run, id)).rows.map(({ confidence }) => confidence!)
  const abstain = (Math.max(...sure) + 1) / 2
  const page = await train.evaluations.report(run, id, { abstain })
  const [pageJson, pageCsv] = await train.evaluations.files(run, id, { abstain })

  const log = await readEvents(await openDatabase(), run)
  const pageSuspects = await train.evaluations.suspects(run)
  const files = new Map<string, { size: number; read(from: number, to: number): Promise<Uint8Array> }>()
  const give = (path: string, bytes: Uint8Array) =>
    files.set(path, { size: bytes.length, read: async (from, to) => bytes.subarray(from, to) })
  for (const one of await train.runs.exportRun(run, 'checkpoint'))
    give(`/run/${one.path}`, new Uint8Array(await (await blobOf(one)).arrayBuffer()))
  give(
    '/log',
    new TextEncoder().encode(
      `${log.map((event) => JSON.stringify(event)).join('\n')}\n{"type":"row_losses","ro`,
    ),
  )
  give('/rows.csv', new TextEncoder().encode(LABELLED))
  give('/test.csv', new TextEncoder().encode(rows))
  const written = new Map<string, string>()
  const given = await serve({
    root: PUBLIC,
    files,
    async put(path, body) {
      let text = ''
      for await (const piece of body) text += piece
      written.set(path, text)
    },
  })
  try {
    const { config } = (await train.runs.list())[0]!
    // As after the run: a browser that has never seen it.
    globalThis.indexedDB = new IDBFactory()
    const [fresh, other] = [dataRoom(), trainRooms()]
    for (const room of [fresh, other]) room.open({ base: server.url })
    const at = (path: string) => given.url.replace(/\/$/, '') + path
    const job = {
      run: {
        ...{ name: 'kept', config, checkpoint: at('/run/'), of: 'checkpoint.json' },
        log: at('/log'),
      },
      ...{ model: 'pebble', other: null },
      data: { name: 'test.csv', files: [{ name: 'test.csv', url: at('/test.csv') }] },
      train: { name: 'rows.csv', files: [{ name: 'rows.csv', url: at('/rows.csv') }], given: true },
      ...{ mapping: {}, task: null, limit: null, choice: 'sum' as const, abstain, engine: {} },
      out: at('/out/'),
    }
    // The toy engine's adapter is on no matrix of Pebble's.
    const layers = async () => LAYERS
    const studio = { data: fresh, evaluations: { ...other.evaluations, layers } }
    const heard: string[] = []
    const report = await evaluateHeadless(studio, job, ({ side, judged, total }) =>
      heard.push(`${side} ${judged}/${total}`),
    )
    expect(heard).toEqual(['tuned 10/10', 'base 10/10'])
    expect(report.sides).toEqual(page.sides)
    expect(report.layers).toBe(LAYERS)
    expect(pageSuspects.known).toBeGreaterThan(0)
    expect(report.suspects).toEqual(pageSuspects)
    expect(written.get('/out/predictions.csv')).toBe(await (await blobOf(pageCsv!)).text())
    const [mine, pages] = [written.get('/out/evaluation.json')!, await (await blobOf(pageJson!)).text()].map(
      (text) => JSON.parse(text),
    )
    expect([mine.sides, mine.labels, mine.count]).toEqual([pages.sides, pages.labels, pages.count])
    expect(report.abstain).toEqual(page.labels!.abstain)
    expect(mine.labels.abstain).toEqual(page.labels!.abstain)
    expect(report.abstain).toEqual({ threshold: abstain, answered: 0, accuracy: null })
    const [head, ...lines] = written.get('/out/predictions.csv')!.trim().split('\r\n')
    const column = head!.split(',').indexOf('answered')
    // Commas stand in no question of this file.
    expect(lines.map((line) => line.split(',')[column])).toEqual(sure.map(() => 'false'))

    // Training data that is not what the run learnt from is refused; without it there are no baselines.
    const foreign = { ...job, train: { ...job.data, given: true } }
    await expect(evaluateHeadless(studio, foreign, nothing)).rejects.toMatchObject({ code: 'bad_state' })
    const without = await evaluateHeadless(studio, { ...job, train: null }, nothing)
    expect(without.suspects).toBeNull()
    expect(without.sides.map(({ name }) => name)).toEqual(['judged', 'base'])
    expect(without.evaluation.notes).toContainEqual({ kind: 'no_training_rows', count: 0 })
    // Nobody named a file that was found where the run's lay: changed since, it is as good as gone.
    const changed = await evaluateHeadless(
      studio,
      { ...foreign, train: { ...job.data, given: false } },
      nothing,
    )
    expect(changed.sides).toEqual(without.sides)
    expect(changed.evaluation.notes).toEqual(without.evaluation.notes)
  } finally {
    await given.close()
  }
})
