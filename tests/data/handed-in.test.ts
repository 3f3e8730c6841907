import { expect, test } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { RunFileContents, RunFileEvaluation } from '../../src/protocol/run-file.ts'
import { handedCsv, handedTable } from '../../src/runs/handed-in.ts'

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

test('runs of a class stand side by side, with scores of one and the same set of rows', () => {
  const table = handedTable([
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
  expect(table.benchmark).toEqual({ name: 'bench.csv', rows: 48, runs: 2 })
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
  expect(head).toMatch(/^name,run,model,data,step,.*,right,rows,training\.learning_rate$/)
  expect(ada).toBe('Ada,"Pebble, mood",Pebble,mood.csv,20,20,0.5,0.2,10,40,48,0.00002')
  expect(ben).toMatch(/^'=Ben,/)
})

test('runs that nobody judged have no benchmark, and one run alone differs from none', () => {
  const table = handedTable([contents('Ada', {}, [])])
  expect(table).toMatchObject({ benchmark: null, fields: [] })
  expect(handedTable([])).toEqual({ runs: [], fields: [], benchmark: null })
})
