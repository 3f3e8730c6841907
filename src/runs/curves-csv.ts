import { csvWords } from '../lib/csv-text.ts'
import type { RunSeries, Track } from './series.ts'

const TRAINING = ['loss', 'mean_token_accuracy', 'learning_rate', 'grad_norm', 'tokens_per_second'] as const

/**
 * Every figure of every step of some runs as CSV (RFC 4180), a row a step: `run`, `step`, `epoch`, the figures of training by
 * their names in the log, `eval_loss`, and the evaluations' further ones as `eval_...`. What was not told, or not finite, is empty.
 */
export function curvesCsv(runs: readonly { name: string; series: RunSeries }[]): string {
  const further = new Set(runs.flatMap(({ series }) => series.validation.names))
  further.delete('eval_loss')
  const evaluated = ['eval_loss', ...further]
  const head = [
    'run',
    'step',
    'epoch',
    ...TRAINING,
    ...evaluated.map((name) => (name === 'eval_loss' ? name : `eval_${name}`)),
  ]
  const lines = [head.map(csvWords).join(',')]
  for (const { name, series } of runs) {
    const { training, validation } = series
    const steps = [...new Set([...training.steps.view(), ...validation.steps.view()])].sort((a, b) => a - b)
    for (const step of steps) {
      const [trained, measured] = [placeOf(training, step), placeOf(validation, step)]
      const epoch = trained < 0 ? validation.epochs.at(measured) : training.epochs.at(trained)
      lines.push(
        [
          csvWords(name),
          step,
          number(epoch),
          ...TRAINING.map((column) => number(training.column(column).at(trained))),
          ...evaluated.map((column) => number(validation.column(column).at(measured))),
        ].join(','),
      )
    }
  }
  return `${lines.join('\r\n')}\r\n`
}

/** Where a track tells of a step; -1 where it does not. */
function placeOf(track: Track, step: number): number {
  const at = track.steps.lowerBound(step)
  return track.steps.at(at) === step ? at : -1
}

const number = (value: number): string => (Number.isFinite(value) ? String(value) : '')
