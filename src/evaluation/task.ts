import type { TaskOutlook } from '../protocol/preparation.ts'
import type { Task, TaskKind } from '../protocol/rooms/evaluations.ts'
import type { RunConfig } from '../protocol/run-config.ts'

/** An answer as data has it, for telling what kind of answers these are. */
export interface Answered {
  /** Empty for plain text. */
  reference: string
  /** It calls a function. */
  calls: boolean
  /** There is no question, only text. */
  plain: boolean
}

/** More different answers than this are no labels, nor are longer ones. */
const MOST_LABELS = 200
const LONGEST_LABEL = 80
/** Share of labels that may occur once only: one slip in writing does not make prose of labels. */
const ONCE = 0.1
/** Share of answers that must be of a kind for the data to be. */
const MOSTLY = 0.9

/** What a run's config says of its task; undefined: nothing. Configs of before there was such a field have none. */
export function saidOf({ data }: Pick<RunConfig, 'data'>): { kind: TaskKind } | undefined {
  return data.task ? { kind: data.task } : undefined
}

/** Distinct answers, the most frequent first; of equals, that which comes first in order of their text. */
export function distinctAnswers(rows: readonly Answered[]): { label: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const { reference } of rows) counts.set(reference, (counts.get(reference) ?? 0) + 1)
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1))
}

/** What kind of task rows are. */
export function guessKind(rows: readonly Answered[]): TaskKind {
  const most = (is: (row: Answered) => boolean) =>
    rows.length > 0 && rows.filter(is).length >= MOSTLY * rows.length
  if (most(({ plain }) => plain)) return 'plain'
  if (rows.filter(({ calls }) => calls).length * 2 > rows.length) return 'calls'
  if (most(({ reference }) => isJsonRecord(reference))) return 'json'
  return areLabels(rows) ? 'labels' : 'text'
}

/** What kind of task rows are, and why they can be no other. */
export function taskOutlook(rows: readonly Answered[]): TaskOutlook {
  const answers = rows.filter(({ plain }) => !plain)
  const distinct = distinctAnswers(answers)
  const longest = answers.reduce((most, { reference }) => Math.max(most, reference.length), 0)
  const ruledOut: TaskOutlook['ruledOut'] = {}
  if (answers.length === 0)
    for (const kind of ['labels', 'json', 'calls', 'text'] as const) ruledOut[kind] = { why: 'texts' }
  else {
    if (answers.length === rows.length) ruledOut.plain = { why: 'answers' }
    if (!answers.some(({ reference }) => isJsonRecord(reference))) ruledOut.json = { why: 'no_json' }
    if (!answers.some(({ calls }) => calls)) ruledOut.calls = { why: 'no_calls' }
    if (distinct.length < 2) ruledOut.labels = { why: 'one_answer' }
    else if (distinct.length > MOST_LABELS)
      ruledOut.labels = { why: 'many_answers', count: distinct.length, most: MOST_LABELS }
    else if (longest > LONGEST_LABEL)
      ruledOut.labels = { why: 'long_answers', count: longest, most: LONGEST_LABEL }
  }
  return {
    guess: guessKind(rows),
    answers: ruledOut.labels ? null : distinct.map(({ label }) => label),
    ruledOut,
  }
}

function areLabels(rows: readonly Answered[]): boolean {
  const distinct = distinctAnswers(rows)
  const once = distinct.filter(({ count }) => count === 1).length
  return (
    distinct.length > 1 &&
    distinct.length <= MOST_LABELS &&
    once <= ONCE * distinct.length &&
    rows.every(({ reference, calls, plain }) => !calls && !plain && reference.length <= LONGEST_LABEL)
  )
}

function isJsonRecord(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

/**
 * The task of an evaluation.
 * @param learnt rows that the run learnt from; null where they are not known
 * @param judged rows to be judged
 * @param said by a person
 */
export function taskOf(
  learnt: readonly Answered[] | null,
  judged: readonly Answered[],
  said?: { kind: TaskKind; labels?: string[] },
): Task {
  const source = learnt ?? judged
  const kind = said?.kind ?? guessKind(source)
  if (kind !== 'labels') return { kind, labels: [], from: said ? 'given' : learnt ? 'learnt' : 'judged' }
  const given = said?.labels
  if (given) return { kind, labels: [...new Set(given.map((label) => label.trim()))], from: 'given' }
  return {
    kind,
    labels: distinctAnswers(source).map(({ label }) => label),
    from: learnt ? 'learnt' : 'judged',
  }
}

/** Labels that the rows ask for and the task does not know, in order of the rows. */
export function unseenLabels(task: Task, judged: readonly Pick<Answered, 'reference'>[]): string[] {
  if (task.kind !== 'labels') return []
  const known = new Set(task.labels)
  return [...new Set(judged.map(({ reference }) => reference))].filter((label) => !known.has(label))
}

/** Labels that begin another one. */
export function prefixLabels({ labels }: Task): string[] {
  return labels.filter((label) => labels.some((other) => other !== label && other.startsWith(label)))
}
