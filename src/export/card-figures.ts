import type { EvalEvent, RunEvent, StepEvent } from '../protocol/events.ts'
import type { RunConfig } from '../protocol/run-config.ts'

/** Sections of a card that tell how a run went, for adapters and merged models. */

/** As the Hub names what a base comes under. */
export type Licence = 'gemma' | 'apache-2.0'

/** Fields of the training section that a reader asks for first; the whole config follows as JSON. */
const SHOWN = [
  'learning_rate',
  'lr_scheduler_type',
  'warmup_steps',
  'per_device_train_batch_size',
  'gradient_accumulation_steps',
  'max_length',
  'packing',
  'weight_decay',
  'max_grad_norm',
  'seed',
] as const

/** How a run was set. @param config without paths and rows */
export function settings(config: RunConfig): string[] {
  return [
    '## Training',
    '',
    '| setting | value |',
    '|---|---|',
    ...SHOWN.map((name) => `| ${name} | ${config.training[name]} |`),
    '',
    'The whole run config:',
    '',
    '```json',
    JSON.stringify(config, null, 2),
    '```',
    '',
  ]
}

/** What it reached. @param seconds that it was trained for; undefined where that is not known */
export function results(events: readonly RunEvent[], seconds?: number): string[] {
  const evaluations = events.filter((event) => event.type === 'eval')
  const steps = events.filter((event) => event.type === 'step' && !event.skipped)
  const first = evaluations[0]
  const last = evaluations.at(-1)
  const lastStep = steps.at(-1)
  const rows: string[] = []
  if (lastStep?.type === 'step') {
    rows.push(`| training loss at step ${lastStep.step} (nats a token) | ${lastStep.loss.toFixed(4)} |`)
    rows.push(`| tokens trained on | ${lastStep.tokens} |`)
  }
  if (first && last && first !== last) {
    rows.push(`| validation loss before | ${first.eval_loss.toFixed(4)} |`)
    // Of a run that was stopped in between, of an earlier step than its weights.
    const then = lastStep?.type === 'step' && lastStep.step !== last.step ? `at step ${last.step}` : 'after'
    rows.push(`| validation loss ${then} | ${last.eval_loss.toFixed(4)} |`)
    const accuracy = last.metrics.mean_token_accuracy
    if (accuracy !== undefined)
      rows.push(`| validation token accuracy ${then} | ${(accuracy * 100).toFixed(1)}% |`)
  }
  if (seconds !== undefined) rows.push(`| training time | ${time(seconds)} |`)
  const cut = events.findLast((event) => event.type === 'notice' && event.cut !== undefined)
  if (cut?.type === 'notice' && cut.cut) {
    const { examples, of, max_length } = cut.cut
    rows.push(`| examples cut at ${max_length} tokens, their ends not learnt | ${examples} of ${of} |`)
  }
  const one = events.findLast((event) => event.type === 'notice' && event.one_label !== undefined)
  if (one?.type === 'notice' && one.one_label)
    rows.push(`| validation examples, all with the same answer | ${one.one_label} |`)
  return rows.length === 0 ? [] : ['## Results', '', '| what | figure |', '|---|---|', ...rows, '']
}

const time = (seconds: number) =>
  seconds < 90
    ? `${seconds.toFixed(0)} s`
    : seconds < 5400
      ? `${(seconds / 60).toFixed(0)} min`
      : `${(seconds / 3600).toFixed(1)} h`

/** Rows of a curve at the most. */
const MOST_ROWS = 12

/** Loss by step: at the evaluations, else at equal distances, of training as the mean since the row before. */
export function curves(events: readonly RunEvent[]): string[] {
  const steps = events.filter((event): event is StepEvent => event.type === 'step' && !event.skipped)
  const held = new Map(
    events
      .filter((event): event is EvalEvent => event.type === 'eval')
      .map((event) => [event.step, event.eval_loss]),
  )
  const last = steps.at(-1)?.step
  if (last === undefined || steps.length < 2) return []
  const measured = [...held.keys()].filter((step) => step < last)
  const marks = thinned(measured.length > 1 ? [...measured, last] : steps.map(({ step }) => step))
  let from = 0
  const rows = marks.map((mark) => {
    const since = steps.filter(({ step }) => step > from && step <= mark)
    from = mark
    const mean = since.reduce((sum, { loss }) => sum + loss, 0) / since.length
    return `| ${mark} | ${since.length > 0 ? mean.toFixed(4) : ''} | ${held.get(mark)?.toFixed(4) ?? ''} |`
  })
  return [
    '## Curves',
    '',
    'Losses in nats a token; of training, the mean over the steps since the row above.',
    '',
    '| step | training loss | validation loss |',
    '|---|---|---|',
    ...rows,
    '',
  ]
}

/** The first, the last, and of those between as many as there is room for. */
function thinned(marks: readonly number[]): number[] {
  const rows = Math.min(marks.length, MOST_ROWS)
  const chosen = Array.from(
    { length: rows },
    (_, i) => marks[Math.round((i * (marks.length - 1)) / (rows - 1))]!,
  )
  return [...new Set(chosen)]
}
