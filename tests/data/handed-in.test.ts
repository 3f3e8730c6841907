import { expect, test } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { RunFileContents, RunFileEvaluation } from '../../src/protocol/run-file.ts'
import type { RunScore } from '../../src/protocol/studio.ts'
import { handedCsv, handedTable, type Scored } from '../../src/runs/handed-in.ts'

const evaluation = (
  rowsKey: string,
  right: number | null,
  { step = 20 as number | null, judged = 48, created = 1 } = {},
) =>
  ({
    evaluation: { rowsKey, step, judged, total: 48, created, data: { name: `${rowsKey}.csv` } },
    sides: [
      { name: 'base', right: 1 },
      { name: 'judged', right },
    ],
  }) as unknown as RunFileEvaluation

function contents(
  by: string | undefined,
  training: object,
  evaluations: RunFileEvaluation[],
  losses: [step: number, loss: number][] = [],
): RunFileContents {
  return {
    manifest: by === undefined ? {} : { by },
    config: parseRunConfig({ data: { name: 'mood.csv', hash: 'a' }, training }),
    record: {
      id: by ?? '',
      name: 'Pebble, mood',
      step: 20,
      max_steps: 20,
      eval_loss: losses.at(-1)?.[1] ?? null,
      model: { name: 'Pebble' },
      data: { name: 'mood.csv' },
    },
    events: losses.map(([step, eval_loss]) => ({ type: 'eval', step, eval_loss })),
    evaluations,
  } as unknown as RunFileContents
}

const unscored = (all: RunFileContents[]) => handedTable(all.map((contents) => ({ contents, scored: null })))

test('runs of a class stand side by side, with scores of one and the same set of rows', () => {
  const table = unscored([
    contents(
      'Ada',
      {},
      [evaluation('mine', 48), evaluation('bench', 40)],
      [
        [10, 0.2],
        [20, 0.5],
      ],
    ),
    contents('=Ben', { learning_rate: 0.5 }, [
      evaluation('bench', 7, { created: 1 }),
      evaluation('bench', 9, { created: 2 }),
      evaluation('bench', 11, { created: 3, judged: 20 }),
      evaluation('bench', 12, { created: 4, step: null }),
    ]),
    contents(undefined, {}, [evaluation('other', 48), evaluation('third', null)]),
  ])
  expect(table.benchmark).toEqual({ name: 'bench.csv', set: null, rows: 48, runs: 2, here: false })
  expect(table.fields).toEqual(['training.learning_rate'])
  expect(table.runs.map(({ by, score, values }) => ({ by, score, values }))).toEqual([
    { by: 'Ada', score: { right: 40, rows: 48 }, values: [2e-5] },
    { by: '=Ben', score: { right: 9, rows: 48 }, values: [0.5] },
    { by: null, score: null, values: [2e-5] },
  ])
  expect(table.runs[0]).toMatchObject({ heldOut: 0.5, best: { loss: 0.2, step: 10 } })
  expect(table.runs[2]).toMatchObject({ heldOut: null, best: null })
  // A name that a spreadsheet would take for a formula stays a name.
  const [head, ada, ben] = handedCsv(table).split('\r\n')
  expect(head).toMatch(
    /^name,run,model,data,step,.*,right,rows,scored_on,figure,value,note,training\.learning_rate$/,
  )
  expect(ada).toBe('Ada,"Pebble, mood",Pebble,mood.csv,20,20,0.5,0.2,10,40,48,bench.csv,"","","",0.00002')
  expect(ben).toMatch(/^'=Ben,/)
})

test('runs that nobody judged have no benchmark, and one run alone differs from none', () => {
  const table = unscored([contents('Ada', {}, [])])
  expect(table).toMatchObject({ benchmark: null, fields: [] })
  expect(unscored([])).toEqual({ runs: [], fields: [], benchmark: null })
})

test('scored here, runs stand by that alone: of one set, against all of its rows, and what failed says why', () => {
  const score = (right: number | null, given: Partial<RunScore> = {}): Scored => ({
    score: {
      ...{ changed: false, kind: 'labels', step: 20, rows: 50, judged: 50, right, notes: [], seconds: 1 },
      data: { name: 'set.csv', hash: 'b', split: null, rows: 50 },
      figures: [{ name: 'accuracy', value: (right ?? 0) / 50, low: 0, high: 1 }],
      ...given,
    },
  })
  const failure = {
    code: 'missing_file',
    message: 'Its base model, Gemma, is not here.',
    hint: 'Add it.',
  } as const
  // What Ada's file says of itself is no score of this set.
  const ada = contents('Ada', {}, [evaluation('bench', 48)])
  const table = handedTable([
    { contents: ada, scored: score(40) },
    { contents: contents('@Ben', {}, []), scored: { failure } },
    { contents: contents('Cem', {}, []), scored: score(10, { judged: 12 }) },
    { contents: contents('Cho', {}, []), scored: score(49, { changed: true }) },
    { contents: contents('Eve', {}, [evaluation('bench', 3)]), scored: null },
  ])
  expect(table.benchmark).toEqual({ name: 'set.csv', set: null, rows: 50, runs: 3, here: true })
  expect(table.runs.map(({ score, note }) => [score, note])).toEqual([
    [{ right: 40, rows: 50 }, null],
    [null, { kind: 'failed', failure }],
    [
      { right: 10, rows: 50 },
      { kind: 'missed', rows: 38 },
    ],
    [{ right: 49, rows: 50 }, { kind: 'changed' }],
    [null, null],
  ])
  const [, first, second] = handedCsv(table).split('\r\n')
  expect(first).toMatch(/,40,50,set\.csv,accuracy,0\.8,""$/)
  expect(second).toMatch(/^'@Ben,.*,("",){5}"Its base model, Gemma, is not here\."$/)
})
