import { mark } from '../evaluation/answers.ts'
import { likeliest } from '../evaluation/decide.ts'
import { type RowLoss, suspectsOf } from '../evaluation/suspects.ts'
import { saidOf, taskOf } from '../evaluation/task.ts'
import { fail } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { Call, HeldAnswer, HeldAnswersRequest, JudgedRow, Suspects, Task } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import { judge, judging } from './evaluation-judging.ts'
import type { EvaluationRow } from './evaluation-rows.ts'
import { RowTokens } from './evaluation-tokens.ts'
import { type ViewParts, viewing } from './evaluation-views.ts'

/** @throws LapidaryError `missing_file` where what was learnt is not here any more */
async function learntOf({ data }: ViewParts, record: RunRecord, { signal }: Call): Promise<EvaluationRow[]> {
  return (
    (await data.learnt(record, signal)) ??
    fail(
      'missing_file',
      'What this run learnt from is not in this browser any more, or has been changed since.',
      'Open the same file again.',
      { dataset: record.dataset },
    )
  )
}

/** By row of the data set, what its passes cost; of a pass that was gone over twice, the later one. */
export function lossesIn(events: readonly RunEvent[]): Map<number, RowLoss[]> {
  const found = new Map<number, Map<number, RowLoss>>()
  for (const event of events)
    if (event.type === 'row_losses' && event.version === 1)
      for (const [i, row] of event.rows.entries()) {
        const passes = found.get(row) ?? new Map<number, RowLoss>()
        found.set(row, passes)
        passes.set(event.pass, { pass: event.pass, nats: event.nats[i]!, tokens: event.tokens[i]! })
      }
  return new Map([...found].map(([row, passes]) => [row, [...passes.values()]]))
}

export async function suspects(
  parts: ViewParts,
  record: RunRecord,
  events: readonly RunEvent[],
  call: Call = {},
): Promise<Suspects> {
  const rows = await learntOf(parts, record, call)
  const { kind } = taskOf(rows, [], saidOf(record.config))
  return suspectsOf({ kind, losses: lossesIn(events), rows })
}

/** What a checkpoint answers to rows that it learnt from, as an evaluation would count it. */
export async function heldAnswers(
  parts: ViewParts,
  { run, checkpoint, rows: wanted }: HeldAnswersRequest,
  call: Call = {},
): Promise<HeldAnswer[]> {
  const { record, subject } = await parts.subject(run, checkpoint, call)
  const learnt = await learntOf(parts, record, call)
  const task = taskOf(learnt, [], saidOf(record.config))
  const first = new Map(learnt.toReversed().map((row) => [row.row, row]))
  const tokens = new RowTokens(await subject.model.chat(), subject.model, subject.config)
  const { rows } = tokens.rows(wanted.flatMap((row) => first.get(row) ?? []))
  if (rows.length === 0 || task.kind === 'plain') return []
  const what = await judging(subject, task, tokens, rows)
  return viewing(parts, what, call, async (engine, signal) => {
    const found: HeldAnswer[] = []
    for (let at = 0; at < rows.length; at += what.atOnce) {
      call.onProgress?.({ share: at / rows.length })
      const judged = await judge(engine, what, rows.slice(at, at + what.atOnce), signal)
      found.push(...judged.map((row) => heldAnswer(task, row)))
    }
    return found
  })
}

function heldAnswer(task: Task, judged: JudgedRow): HeldAnswer {
  const answer = task.kind === 'labels' ? task.labels[likeliest(judged.scores!)]! : (judged.answer ?? '')
  const same = task.kind === 'labels' ? answer === judged.reference : mark(task.kind, judged)!.right
  return { row: judged.row, answer, same }
}
