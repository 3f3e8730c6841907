import { counted } from '../lib/counted.ts'
import type { Correction } from '../protocol/data-steps.ts'
import type { Finding } from '../protocol/preparation.ts'
import type { Conversation, Message, Split } from '../protocol/tokens.ts'
import type { TextRow } from './rows.ts'

type Row = Conversation | TextRow
type Rows = Record<Split, Row[]>

/**
 * Puts answers right after rows have been parted, so that which rows are held out stays as it was: a run can go on from another's
 * checkpoint, and its test rows are still rows that nothing has learnt from. A corrected row is learnt from; one that was held out for
 * validation moves to training. Of test rows nothing is learnt, whatever a correction says.
 * @param first number of the first row that is no row of the data set: questions that are in none
 */
export function corrected(
  rows: Rows,
  corrections: readonly Correction[],
  first: number,
): { rows: Rows; findings: Finding[] } {
  if (corrections.length === 0) return { rows, findings: [] }
  let [train, validation] = [rows.train, rows.validation]
  const told = { done: 0, left: 0, test: 0, gone: 0 }
  for (const [i, correction] of corrections.entries()) {
    const meant = (row: Row) =>
      questionOf(row) === correction.prompt.trim() && (correction.row === null || row.row === correction.row)
    if (rows.test.some((row) => questionOf(row) === correction.prompt.trim() && questionOf(row) !== '')) {
      told.test++
      continue
    }
    const { response } = correction
    if (response === null) {
      const kept = train.filter((row) => !meant(row))
      told[kept.length < train.length ? 'left' : 'gone']++
      train = kept
      continue
    }
    const held = validation.filter(meant)
    if (train.some(meant) || held.length > 0) {
      train = [...train.map((row) => (meant(row) ? answered(row, response) : row)), ...held.map((row) => answered(row, response))] // biome-ignore format: two lists
      validation = validation.filter((row) => !meant(row))
      told.done++
    } else if (correction.row === null) {
      train = [...train, typed(correction, response, first + i)]
      told.done++
    } else told.gone++
  }
  return { rows: { ...rows, train, validation }, findings: findingsOf(told) }
}

/** The last thing that is asked; of plain text, the text. */
function questionOf(row: Row): string {
  if ('text' in row) return row.text.trim()
  return row.messages.findLast(({ role }) => role === 'user')?.content.trim() ?? ''
}

/** With another last answer. */
function answered(row: Row, response: string): Row {
  if ('text' in row) return { ...row, text: response }
  const at = row.messages.findLastIndex(({ role, learn }) => role === 'assistant' && learn !== false)
  const answer: Message = { role: 'assistant', content: response }
  return { ...row, messages: row.messages.map((turn, i) => (i === at ? answer : turn)) }
}

function typed({ prompt, system }: Correction, response: string, row: number): Conversation {
  return {
    row,
    messages: [
      ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: prompt },
      { role: 'assistant', content: response },
    ],
  }
}

function findingsOf(told: Record<'done' | 'left' | 'test' | 'gone', number>): Finding[] {
  const found = (count: number, severity: Finding['severity'], message: string, hint: string): Finding[] =>
    count === 0 ? [] : [{ kind: 'step', severity, message, hint, count }]
  return [
    ...found(
      told.done,
      'note',
      `${counted(told.done, 'answer was', 'answers were')} put right by hand (data.corrections).`,
      'Such rows are learnt from, also where they were held out for validation before.',
    ),
    ...found(
      told.left,
      'note',
      `${counted(told.left, 'row is', 'rows are')} left out by hand (data.corrections).`,
      'They stay in the data set.',
    ),
    ...found(
      told.test,
      'warning',
      `${counted(told.test, 'correction asks', 'corrections ask')} what a test row asks: not learnt from.`,
      'Test rows tell how good a model is only as long as it has never learnt from them.',
    ),
    ...found(
      told.gone,
      'warning',
      `${counted(told.gone, 'correction is', 'corrections are')} of rows that are not there any more, or ask something else now: of no effect.`,
      'Put these answers right again.',
    ),
  ]
}
