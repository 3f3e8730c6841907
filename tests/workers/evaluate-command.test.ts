import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setAside } from '../../cli/evaluate-former.ts'
import { evaluateJob } from '../../cli/evaluate-job.ts'
import {
  figureTable,
  headline,
  layersInWords,
  layerTable,
  noteLine,
  suspectLines,
} from '../../cli/evaluate-words.ts'
import { exitCode, type Failure, toFailure } from '../../src/protocol/errors.ts'
import type { Figure, LayerView, Side, Suspects } from '../../src/protocol/studio.ts'
import type { PrintedReport } from '../../src/workers/headless-evaluate.ts'

const DATASETS = join(import.meta.dirname, '..', '..', 'public', 'datasets')
const PIRATE = join(DATASETS, 'pirate.csv')
const MOOD = join(DATASETS, 'mood.csv')
let folder: string
let run: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-evaluate-'))
  run = join(folder, 'run')
  mkdirSync(join(run, 'checkpoint'), { recursive: true })
  writeFileSync(join(run, 'run.json'), JSON.stringify({ data: { name: MOOD } }))
  writeFileSync(join(run, 'checkpoint', 'checkpoint.json'), '{"step":8}')
  writeFileSync(join(run, 'checkpoint', 'step-4.json'), '{"step":4}')
  writeFileSync(join(folder, 'empty.csv'), '')
})
afterAll(() => rmSync(folder, { recursive: true }))

const job = (...args: string[]) => evaluateJob(['--run', run, '--data', PIRATE, ...args])

describe('npm run evaluate', () => {
  test('takes from the run what is not said', async () => {
    expect(await job()).toMatchObject({
      run: { name: 'run', folder: run, of: 'checkpoint.json' },
      model: { name: 'pebble', path: null },
      data: { files: [{ path: PIRATE }] },
      train: { files: [{ path: MOOD }], given: false },
      ...{ mapping: {}, task: null, choice: 'sum', limit: null, engine: {}, beside: null },
      json: join(run, 'evaluation.json'),
      csv: join(run, 'predictions.csv'),
      keepOther: true,
    })
    const json = join(folder, 'figures.json')
    expect(
      await job('--json', json, '--choice', 'mean', '--limit', '50', '--prompt', 'q', '--response', 'a'),
    ).toMatchObject({
      ...{ json, csv: join(folder, 'figures-predictions.csv'), keepOther: false, choice: 'mean', limit: 50 },
      mapping: { prompt: 'q', response: 'a' },
    })
    const benchmark = await evaluateJob(['--run', run, '--benchmark', 'general', '--limit', '5'])
    expect(benchmark).toMatchObject({ data: { benchmark: 'general' }, task: null, limit: 5 })
    expect(await job('--task', 'labels', '--labels', 'yes,no', '--engine', 'portable')).toMatchObject({
      task: { kind: 'labels', labels: ['yes', 'no'] },
      engine: { kind: 'portable' },
    })
    const labels = async (...args: string[]) => (await job('--task', 'labels', ...args))!.task!.labels
    expect(await labels('--labels', '"yes, please", no ,"say ""hm"""')).toEqual([
      'yes, please',
      'no',
      'say "hm"',
    ])
    expect(await labels('--labels', '"a,b"', '--labels', 'c')).toEqual(['a,b', 'c'])
    expect(await job('--train', MOOD)).toMatchObject({ train: { files: [{ path: MOOD }], given: true } })
    expect((await job('--beside', 'pebble'))!.beside).toEqual({ name: 'pebble', path: null })
    expect([(await job())!.abstain, (await job('--abstain', '0.8'))!.abstain]).toEqual([0, 0.8])
    expect(await evaluateJob(['--help'])).toBeNull()
  })

  test('judges whichever checkpoint is kept', async () => {
    expect((await job('--step', '4'))!.run.of).toBe('step-4.json')
    expect((await job('--step', '8'))!.run.of).toBe('checkpoint.json')
  })

  test('figures of another evaluation make way under a name of their own', () => {
    const place = join(folder, 'out')
    mkdirSync(place)
    const [json, csv] = [join(place, 'evaluation.json'), join(place, 'predictions.csv')]
    const write = (path: string, step: number | null, rowsKey: string) =>
      writeFileSync(path, JSON.stringify({ evaluation: { id: path, step, rowsKey, model: { hash: 'm' } } }))
    expect(setAside({ json, csv })).toEqual([])
    write(json, 4, '0123456789abcdef')
    writeFileSync(csv, 'rows')
    write(`${json}.tmp`, 4, '0123456789abcdef')
    expect(setAside({ json, csv })).toEqual([])
    write(`${json}.tmp`, 8, '0123456789abcdef')
    const [first, second] = setAside({ json, csv })
    expect(first).toContain(join(place, 'evaluation-step-4-01234567.json'))
    expect(second).toContain(join(place, 'predictions-step-4-01234567.csv'))
    expect(readdirSync(place).sort()).toEqual([
      'evaluation-step-4-01234567.json',
      'evaluation.json.tmp',
      'predictions-step-4-01234567.csv',
    ])
  })

  test('goes without what the run learnt from where that is gone', async () => {
    const gone = join(folder, 'gone')
    mkdirSync(join(gone, 'checkpoint'), { recursive: true })
    writeFileSync(join(gone, 'run.json'), JSON.stringify({ data: { name: join(folder, 'nowhere.csv') } }))
    writeFileSync(join(gone, 'checkpoint', 'checkpoint.json'), '{}')
    expect((await evaluateJob(['--run', gone, '--data', PIRATE]))!.train).toBeNull()
  })

  test.each<[string, () => string[], code: string, words: string]>([
    ['no run', () => ['--data', PIRATE], 'bad_config', '--run is missing'],
    ['no folder', () => ['--run', '/nowhere', '--data', PIRATE], 'missing_file', 'no folder /nowhere'],
    ['no checkpoint', () => ['--run', DATASETS, '--data', PIRATE], 'missing_file', 'run.json'],
    ['no data', () => ['--run', run], 'bad_config', '--data is missing'],
    ['a file that is not there', () => ['--run', run, '--data', '/no.csv'], 'missing_file', '/no.csv'],
    ['an empty file', () => ['--run', run, '--data', join(folder, 'empty.csv')], 'bad_data', 'empty'],
    ['a task', () => ['--run', run, '--data', PIRATE, '--task', 'x'], 'bad_config', '--task x'],
    ['a choice', () => ['--run', run, '--data', PIRATE, '--choice', 'x'], 'bad_config', '--choice x'],
    ['a threshold', () => ['--run', run, '--data', PIRATE, '--abstain', '80'], 'bad_config', '--abstain'],
    ['a limit', () => ['--run', run, '--data', PIRATE, '--limit', '0'], 'bad_config', '--limit'],
    ['text as a limit', () => ['--run', run, '--data', PIRATE, '--limit', 'ten'], 'bad_config', '"ten"'],
    ['a set that is none', () => ['--run', run, '--benchmark', 'x'], 'bad_config', 'benchmark set "x"'],
    [
      'a set beside data',
      () => ['--run', run, '--benchmark', 'general', '--data', PIRATE],
      'bad_config',
      '--data goes with other data',
    ],
    [
      'a set with a task',
      () => ['--run', run, '--benchmark', 'general', '--task', 'json'],
      'bad_config',
      '--task',
    ],
    [
      'a model beside that is none',
      () => ['--run', run, '--data', PIRATE, '--beside', '/no'],
      'missing_file',
      '/no',
    ],
    ['labels alone', () => ['--run', run, '--data', PIRATE, '--labels', 'a,b'], 'bad_config', '--labels'],
    [
      'figures where the rows go',
      () => ['--run', run, '--data', PIRATE, '--json', 'rows.csv'],
      'bad_config',
      '--json',
    ],
    [
      'a step',
      () => ['--run', run, '--data', PIRATE, '--step', '5'],
      'missing_file',
      'no checkpoint of step 5',
    ],
    ['an unknown flag', () => ['--run', run, '--data', PIRATE, '--nope', '1'], 'bad_config', '--nope'],
    ['a training file', () => ['--run', run, '--data', PIRATE, '--train', '/no'], 'missing_file', '/no'],
  ])('refuses %s before a browser is opened', async (_, args, code, words) => {
    const failure: Failure = await evaluateJob(args()).then(
      () => expect.fail('it was taken'),
      (error: unknown) => toFailure(error),
    )
    expect(failure.code).toBe(code)
    expect(failure.message).toContain(words)
    expect(exitCode(failure)).toBe(2)
  })
})

describe('what it prints', () => {
  const figure = (name: Figure['name'], value: number): Figure => ({ name, value, low: value, high: value })
  const side = (name: Side['name'], right: number | null, ...figures: Figure[]): Side => ({
    name,
    right,
    figures,
  })
  const report = (...sides: Side[]) => ({ sides, beside: [], count: 77 }) as unknown as PrintedReport

  test('is a headline in words', () => {
    expect(headline(report(side('judged', 61), side('base', 4)))).toBe('61 of 77 right; the base model 4')
    expect(headline(report(side('judged', 61)))).toBe('61 of 77 right')
    const perplexity = (value: number) => figure('perplexity', value)
    expect(
      headline(report(side('judged', null, perplexity(5.123)), side('base', null, perplexity(20)))),
    ).toBe('Perplexity 5.12; the base model 20.00')
  })

  test('is a table with a column for each who answers', () => {
    const lines = figureTable(
      report(
        side('judged', 1, figure('accuracy', 0.5), figure('ece', 0.25)),
        side('majority', 1, figure('accuracy', 0.125)),
      ),
    ).split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^ +this run +majority$/)
    expect(lines[1]).toMatch(/^right +0\.5000 \[0\.5000, 0\.5000\] +0\.1250 \[/)
    expect(lines[2]).toMatch(/-$/)
    const beside = [
      { run: 'r', model: 'Gemma 1B', step: null, ...side('judged', 9, figure('accuracy', 0.75)) },
    ]
    const [head, first] = figureTable({ sides: [side('judged', 1, figure('accuracy', 0.5))], beside }).split(
      '\n',
    )
    expect(head).toMatch(/^ +this run +Gemma 1B, untuned$/)
    expect(first).toMatch(/0\.5000 \[.*\] +0\.7500 \[/)
  })

  test('names rows that look wrong', () => {
    const row = (number: number, confidence: number) => ({
      ...{ row: number - 1, number, confidence, question: 'What is it? '.repeat(9), reference: 'sad' },
      ...{ variability: 0, losses: [], region: 'hard' as const },
    })
    const found: Suspects = {
      ...{ by: 'answer', kind: 'labels', epochs: 3, firstLeftOut: true, known: 320, early: false },
      rows: Array.from({ length: 12 }, (_, i) => row(i + 1, 0.0123)),
    }
    const lines = suspectLines(found).split('\n')
    expect(lines[0]).toContain('Of the 320 learnt rows')
    expect(lines[2]).toMatch(/^1 +1\.2% +hard +sad +What is it\?.*…$/)
    expect(lines).toHaveLength(2 + 10 + 1)
    expect(suspectLines({ ...found, rows: [] })).toBe(
      'Of the 320 learnt rows that enough is known of, none looks wrong.',
    )
    expect(suspectLines({ ...found, known: 0, rows: [] })).toContain('earlier version')
    expect(suspectLines({ ...found, early: true, rows: [] })).toContain('too little was learnt')
  })

  test('says where the adapter changed most', () => {
    const view: LayerView = {
      step: 8,
      layers: 2,
      modules: ['q_proj', 'up_proj'],
      cells: [
        { layer: 0, module: 'q_proj', change: 1, weight: 100 },
        { layer: 1, module: 'q_proj', change: 2, weight: 100 },
        { layer: 1, module: 'up_proj', change: 4, weight: 100 },
      ],
      summary: { most: [1], alike: false, part: { name: 'mlp', share: 0.762 } },
    }
    expect(layersInWords(view)).toBe('Layer 2 of 2 changed most; 76% of the change is in the MLP.')
    const lines = layerTable(view).split('\n')
    expect(lines[0]).toMatch(/^layer +q_proj +up_proj/)
    expect(lines[1]).toMatch(/^1 +1\.00% +-/)
    expect(lines[2]).toMatch(/^2 +2\.00% +4\.00%/)
    const none = { ...view, summary: { most: [], alike: false, part: null } }
    expect(layersInWords(none)).toBe('At step 8 the adapter changes nothing yet.')
  })

  test('names the rows and labels of a note', () => {
    const note = { kind: 'unseen_labels' as const, count: 2, rows: [3, 9], names: ['black'] }
    expect(noteLine(note, 'given')).toMatch(/^Not among the labels given is "black", which 2 of these rows/)
    expect(noteLine(note)).toBe(
      'The run never learnt the label "black", which 2 of these rows ask for (row 3, 9): they cannot be right.',
    )
  })
})
