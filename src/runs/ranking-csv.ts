import { csvWords } from '../lib/csv-text.ts'
import type { Queue, RunInfo } from '../protocol/studio.ts'
import { runOf, trialState } from './queue.ts'
import { type Ranked, scoreBy } from './ranking.ts'
import { shortName } from './sweep.ts'

const TOLD = ['eval_loss', 'eval_mean_token_accuracy'] as const

/**
 * A queue as CSV (RFC 4180), a row a run, those of the best setting first: its rank, the values that were tried by field, seed, state, the
 * step of its best checkpoint, figures there, judged accuracy, and mean and spread of its setting by the queue's metric.
 */
export function rankingCsv(queue: Queue, ranked: readonly Ranked[], runs: readonly RunInfo[]): string {
  const fields = [...new Set(queue.trials.flatMap(({ set }) => set.map(({ field }) => field)))]
  const head = [
    ...['rank', ...fields.map(shortName), 'seed', 'state', 'run', 'best_step', ...TOLD, 'accuracy'],
    ...['metric', 'score', 'mean', 'spread', 'runs'],
  ]
  const lines = ranked.flatMap(({ rank, members, mean, spread, count }) =>
    members.map(({ trial, scores }) => {
      const run = runOf(runs, queue, trial)
      return [
        rank,
        ...fields.map((field) => trial.set.find((one) => one.field === field)?.value),
        trial.seed,
        trialState(trial, run),
        run?.name,
        scores?.step,
        ...TOLD.map((name) => scores?.[name]),
        trial.judged?.accuracy,
        ...[queue.metric, scoreBy(queue.metric, { trial, scores }), mean, spread, count],
      ]
    }),
  )
  return `${[head, ...lines].map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : ''
  return csvWords(String(value))
}
