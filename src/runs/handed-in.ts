import { csvWords } from '../lib/csv-text.ts'
import type { Failure } from '../protocol/errors.ts'
import type { RunFileContents, RunFileEvaluation } from '../protocol/run-file.ts'
import type { BenchmarkId, Figure, RunScore } from '../protocol/studio.ts'
import { tellingDifferences } from './compare.ts'

/** A run that was handed in, and what came of scoring it here. */
export interface Handed {
  contents: RunFileContents
  scored: Scored | null
}
export type Scored = { score: RunScore; failure?: undefined } | { score?: undefined; failure: Failure }

/** The same file twice, or a run that somebody hands in again. */
export const sameHandIn = (a: RunFileContents, b: RunFileContents): boolean =>
  a.record.id === b.record.id && a.manifest.by === b.manifest.by

/** A run that was handed in, as a line of the table. */
export interface HandedRun {
  /** Its place among those given. */
  at: number
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
  /** Scored here: the first of its figures. */
  figure: Figure | null
  /**
   * What is to be known of its score; `missed`: rows that it was not asked, which its own steps leave out or which are too long for it;
   * `changed`: its own steps rewrite rows.
   */
  note: { kind: 'failed'; failure: Failure } | { kind: 'missed'; rows: number } | { kind: 'changed' } | null
  /** Its value of each of the table's fields. */
  values: unknown[]
}

export interface HandedTable {
  runs: HandedRun[]
  /** Settings in which they differ, by dotted paths. */
  fields: string[]
  /** The rows that most of them were judged on; null: none was. `here`: by this studio, whatever their files say. */
  benchmark: { name: string; set: BenchmarkId | null; rows: number; runs: number; here: boolean } | null
}

/**
 * Runs side by side, in the order given. Scores are of one and the same set of rows, judged in the same way, or are not shown. Where any
 * was scored here, what their files say of themselves is left out.
 */
export function handedTable(all: readonly Handed[]): HandedTable {
  const differing = tellingDifferences(all.map(({ contents: { config } }) => config))
  const here = all.some(({ scored }) => scored !== null)
  const { scores, benchmark } = here ? scoredHere(all) : toldByFiles(all)
  return {
    fields: differing.map(({ field }) => field),
    benchmark,
    runs: all.map(({ contents: { manifest, record, events } }, at) => ({
      ...{ at, by: manifest.by?.trim() || null },
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
      ...scores[at]!,
      values: differing.map(({ values }) => values[at]),
    })),
  }
}

type Scores = Pick<HandedTable, 'benchmark'> & {
  scores: Pick<HandedRun, 'score' | 'figure' | 'note'>[]
}

/** The key that most have; of as many, the first. */
function mostFrequent(keys: readonly (readonly string[])[]): [key: string, count: number] | null {
  const counts = new Map<string, number>()
  for (const own of keys) for (const key of new Set(own)) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts].reduce<[string, number] | null>(
    (best, each) => (best && best[1] >= each[1] ? best : each),
    null,
  )
}

function toldByFiles(all: readonly Handed[]): Scores {
  const judged = all.map(({ contents: { evaluations } }) => evaluations.filter(isScore))
  const most = mostFrequent(judged.map((own) => own.map(keyOf)))
  const chosen = judged.map((own) =>
    most === null ? null : (newest(own.filter((one) => keyOf(one) === most[0])) ?? null),
  )
  const first = chosen.find((one) => one !== null)
  return {
    benchmark:
      most && first
        ? {
            ...{ name: first.evaluation.data.name, set: first.evaluation.data.benchmark ?? null },
            rows: first.evaluation.total,
            ...{ runs: most[1], here: false },
          }
        : null,
    scores: chosen.map((one) => ({ score: scoreOf(one), figure: null, note: null })),
  }
}

/** Of rows that a run was not asked it answered none right. */
function scoredHere(all: readonly Handed[]): Scores {
  const found = all.map(({ scored }) => scored?.score ?? null)
  const first = found.find((score) => score !== null)
  return {
    benchmark: first
      ? {
          ...{ name: first.data.name, set: first.data.benchmark ?? null, rows: first.rows },
          ...{ runs: found.filter(Boolean).length, here: true },
        }
      : null,
    scores: all.map(({ scored }, i) => {
      const score = found[i]
      if (!score) {
        const failure = scored?.failure
        return { score: null, figure: null, note: failure ? { kind: 'failed', failure } : null }
      }
      const missed = score.rows - score.judged
      return {
        score: score.right === null ? null : { right: score.right, rows: score.rows },
        figure: score.figures[0] ?? null,
        note: missed > 0 ? { kind: 'missed', rows: missed } : score.changed ? { kind: 'changed' } : null,
      }
    }),
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

const noteText = (note: { kind: string; rows?: number }) => [note.kind, note.rows ?? []].flat().join(' ')

/** The table for a spreadsheet, under names that do not depend on the page's language. */
export function handedCsv({ runs, fields, benchmark }: HandedTable): string {
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
    'scored_on',
    'figure',
    'value',
    'note',
    ...fields,
  ]
  const lines = runs.map(
    ({ by, run, model, data, step, maxSteps, heldOut, best, score, figure, note, values }) =>
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
        score || figure ? (benchmark?.name ?? '') : '',
        figure?.name ?? '',
        figure?.value ?? '',
        note === null ? '' : note.kind === 'failed' ? note.failure.message : noteText(note),
        ...values.map((value) =>
          typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? ''),
        ),
      ].map((cell) => (typeof cell === 'number' ? String(cell) : csvWords(String(cell)))),
  )
  return `${[head, ...lines].map((cells) => cells.join(',')).join('\r\n')}\r\n`
}
