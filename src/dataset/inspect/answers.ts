import { counted } from '../../lib/counted.ts'
import type { Finding } from '../../protocol/preparation.ts'
import type { Mapping } from '../../protocol/recipe.ts'
import type { Split } from '../../protocol/tokens.ts'
import type { Frame } from '../frame.ts'
import { asText } from '../values.ts'
import { type Examples, FEW_ROWS, leaveOut, leaveOutRows, step } from './examples.ts'

/** Checks on answers: whether there is anything to learn in them, and as classes, how even they are. */

/** Answers that say there is none. */
const PLACEHOLDER = /^(?:n\/?a|nan|none|null|nil|undefined|unknown|todo|tbd|test|xxx+|[\p{P}\p{S}]+)$/iu

/** Examples with nothing to learn: placeholders for answers, and answers that repeat the question. */
export function emptyLessons({ rows, asked, answers, number }: Examples, mapping: Mapping): Finding[] {
  if (mapping.response === null || mapping.text !== null) return []
  const column = mapping.response
  const placeholders: number[] = []
  const copies: number[] = []
  const values = new Set<string>()
  for (const [i, answer] of answers.entries()) {
    if (PLACEHOLDER.test(answer)) {
      placeholders.push(i)
      if (values.size < 1000) values.add(answer)
    } else if (answer.length > 20 && answer === asked[i]) copies.push(i)
  }
  // Where a placeholder is one of the classes, it is an answer.
  const different = new Set(answers).size
  const isClass =
    placeholders.length > 0.02 * answers.length && different < 50 && different * 3 <= answers.length
  const findings: Finding[] = []
  if (placeholders.length > 0 && !isClass)
    findings.push({
      kind: 'nothing_to_learn',
      severity: 'warning',
      message: `${counted(placeholders.length, 'answer', 'answers')} in "${column}" ${placeholders.length === 1 ? 'is a placeholder' : 'are placeholders'} such as "${answers[placeholders[0]!]!.slice(0, 20)}", row ${number(rows[placeholders[0]!]!)} first.`,
      hint: 'The model would learn to answer so. Leave these rows out, or fill the answers in.',
      row: rows[placeholders[0]!]!,
      column,
      count: placeholders.length,
      // With words for labels, what stands in the column is something else.
      ...(mapping.labels
        ? {}
        : {
            fix: step(leaveOut(placeholders.length), {
              type: 'filter',
              enabled: true,
              column,
              keep: false,
              test: { is: 'equals', values: [...values] },
            }),
          }),
    })
  if (copies.length > 0)
    findings.push({
      kind: 'nothing_to_learn',
      severity: 'warning',
      message: `${counted(copies.length, 'answer repeats', 'answers repeat')} the question word for word, row ${number(rows[copies[0]!]!)} first.`,
      hint: 'The model would learn to echo. Check whether the right column is chosen for the answer.',
      row: rows[copies[0]!]!,
      column,
      count: copies.length,
      fix: leaveOutRows(copies.map((i) => rows[i]!)),
    })
  return findings
}

/** A class this many times as frequent as another drowns it. */
const IMBALANCE = 10

/** Answers that are classes: how evenly they occur, and whether they are words. */
export function classes(
  frame: Frame,
  examples: Examples,
  mapping: Mapping,
  /** Of each example; null where it is not known. */
  parts: readonly Split[] | null = null,
): Finding[] {
  const column = mapping.response
  if (column === null || mapping.text !== null || mapping.messages !== null) return []
  // Rows for testing teach nothing: how many there are of each is no fault.
  const seen = <T>(values: readonly T[]) => (parts ? values.filter((_, i) => parts[i] !== 'test') : values)
  const [rows, answers] = [seen(examples.rows), seen(examples.answers)]
  const counts = new Map<string, { count: number; first: number }>()
  for (const [i, answer] of answers.entries()) {
    const known = counts.get(answer)
    if (known) known.count++
    else counts.set(answer, { count: 1, first: rows[i]! })
    if (counts.size > 100 || answer.length > 80) return []
  }
  if (counts.size === 0 || counts.size * 3 > answers.length) return []
  const sorted = [...counts].sort(([, a], [, b]) => b.count - a.count)
  const [[most, top], [least, bottom]] = [sorted[0]!, sorted.at(-1)!]
  const findings: Finding[] = []
  if (counts.size === 1)
    findings.push({
      kind: 'class_imbalance',
      severity: 'warning',
      message: `Every answer in "${column}" is "${most}".`,
      hint: 'The model would learn to say it whatever is asked. Add rows with other answers, or choose another column.',
      column,
      row: top.first,
      count: top.count,
    })
  else if (top.count >= IMBALANCE * bottom.count && answers.length >= FEW_ROWS) {
    const limit = Math.max(bottom.count * 3, 10)
    findings.push({
      kind: 'class_imbalance',
      severity: 'warning',
      message: `Answers are uneven: "${most}" occurs ${top.count} times, "${least}" ${bottom.count === 1 ? 'once' : `${bottom.count} times`}.`,
      hint: `A model that always said "${most}" would be right in ${Math.round((100 * top.count) / answers.length)}% of rows. Add rows of the rare answers, or take fewer of the frequent ones.`,
      column,
      row: bottom.first,
      count: counts.size,
      ...(top.count > limit
        ? {
            fix: step(`At most ${limit} rows of each answer`, {
              type: 'balance',
              enabled: true,
              column,
              most: limit,
            }),
          }
        : {}),
    })
  }
  const raw = new Set(frame.column(column).flatMap((value) => asText(value)?.trim() ?? []))
  const named = mapping.labels ?? {}
  const bare = [...raw].filter((value) => /^-?\d+(?:\.0+)?$/.test(value) && !Object.hasOwn(named, value))
  if (bare.length === raw.size && raw.size > 1 && raw.size <= 100)
    findings.push({
      kind: 'number_labels',
      severity: 'note',
      message: `The answers in "${column}" are numbers (${bare.slice(0, 4).join(', ')}${bare.length > 4 ? ', …' : ''}).`,
      hint: 'If they stand for words, say which: a model knows what "positive" means, not what 1 does.',
      column,
      row: top.first,
      count: raw.size,
      fix: {
        kind: 'label_words',
        label: 'Give words for them',
        column,
        values: bare.sort((a, b) => Number(a) - Number(b)),
      },
    })
  return findings
}
