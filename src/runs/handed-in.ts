import { csvWords } from '../lib/csv-text.ts'
import type { RunFileContents, RunFileEvaluation } from '../protocol/run-file.ts'
import { tellingDifferences } from './compare.ts'

/** A run that was handed in, as a line of the table. */
export interface HandedRun {
  /** Who handed it in; null: nobody wrote a name. */
  by: string | null
  run: string
  model: string
  data: string
  step: number
  maxSteps: number
  /** On rows never trained on, nats, at the last evaluation while it was trained; and the least of all of them, with its step. */
  heldOut: number | null
  best: { loss: number; step: number } | null
  /** On the benchmark of the table; null: it was not judged on that. */
  score: { right: number; rows: number } | null
  /** Its value of each of the table's fields. */
  values: unknown[]
}

export interface HandedTable {
  runs: HandedRun[]
  /** Settings in which they differ, by dotted paths. */
  fields: string[]
  /** The rows that most of them were judged on; null: none was. */
  benchmark: { name: string; rows: number; runs: number } | null
}

/** Runs side by side, in the order given. Scores are of one and the same set of rows, judged in the same way, or are not shown. */
export function handedTable(files: readonly RunFileContents[]): HandedTable {
  const differing = tellingDifferences(files.map(({ config }) => config))
  const judged = files.map(({ evaluations }) => evaluations.filter(isScore))
  const counts = new Map<string, number>()
  for (const own of judged)
    for (const key of new Set(own.map(keyOf))) counts.set(key, (counts.get(key) ?? 0) + 1)
  const most = [...counts].reduce<[string, number] | null>(
    (best, each) => (best && best[1] >= each[1] ? best : each),
    null,
  )
  const chosen = judged.map((own) =>
    most === null ? null : (newest(own.filter((one) => keyOf(one) === most[0])) ?? null),
  )
  const first = chosen.find((one) => one !== null)
  return {
    fields: differing.map(({ field }) => field),
    benchmark:
      most && first
        ? { name: first.evaluation.data.name, rows: first.evaluation.total, runs: most[1] }
        : null,
    runs: files.map(({ manifest, record, events }, i) => ({
      by: manifest.by?.trim() || null,
      run: record.name,
      model: record.model.name,
      data: record.data.name,
      step: record.step,
      maxSteps: record.max_steps,
      heldOut: record.eval_loss,
      best: events.reduce<HandedRun['best']>(
        (best, event) =>
          event.type === 'eval' && Number.isFinite(event.eval_loss) && !(best && best.loss <= event.eval_loss)
            ? { loss: event.eval_loss, step: event.step }
            : best,
        null,
      ),
      score: scoreOf(chosen[i] ?? null),
      values: differing.map(({ values }) => values[i]),
    })),
  }
}

/** Judged to its end, by the run's own adapter, with answers that are right or wrong. */
const isScore = (one: RunFileEvaluation): boolean =>
  one.evaluation?.step !== null &&
  one.evaluation?.judged === one.evaluation?.total &&
  typeof rightOf(one) === 'number'

const rightOf = ({ sides }: RunFileEvaluation): number | null | undefined =>
  sides?.find(({ name }) => name === 'judged')?.right

const keyOf = ({ evaluation }: RunFileEvaluation): string => evaluation.rowsKey

const newest = (all: readonly RunFileEvaluation[]): RunFileEvaluation | undefined =>
  [...all].sort((a, b) => b.evaluation.created - a.evaluation.created)[0]

const scoreOf = (one: RunFileEvaluation | null): HandedRun['score'] =>
  one && { right: rightOf(one)!, rows: one.evaluation.total }

/** The table for a spreadsheet, under names that do not depend on the page's language. */
export function handedCsv({ runs, fields }: HandedTable): string {
  const head = [
    'name',
    'run',
    'model',
    'data',
    'step',
    'max_steps',
    'eval_loss',
    'best_eval_loss',
    'best_step',
    'right',
    'rows',
    ...fields,
  ]
  const lines = runs.map(({ by, run, model, data, step, maxSteps, heldOut, best, score, values }) =>
    [
      by ?? '',
      run,
      model,
      data,
      step,
      maxSteps,
      heldOut ?? '',
      best?.loss ?? '',
      best?.step ?? '',
      score?.right ?? '',
      score?.rows ?? '',
      ...values.map((value) =>
        typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? ''),
      ),
    ].map((cell) => (typeof cell === 'number' ? String(cell) : csvWords(String(cell)))),
  )
  return `${[head, ...lines].map((cells) => cells.join(',')).join('\r\n')}\r\n`
}
