import { counted } from '../../lib/counted.ts'
import type { Finding } from '../../protocol/preparation.ts'
import type { Mapping } from '../../protocol/recipe.ts'
import type { Frame } from '../frame.ts'
import {
  besideText,
  isAlternating,
  looksLikeTurns,
  mergedTurns,
  readMessages,
  readSystem,
} from '../messages.ts'
import { step } from './examples.ts'

/** Findings about turns of conversations. */

/** Rows with a system text in a column and another one in the conversation beside it. */
export function systemTwice(frame: Frame, mapping: Mapping): Finding[] {
  const { system, messages, prompt } = mapping
  const turns = messages ?? prompt
  if (system === null || turns === null || !frame.has(system) || !frame.has(turns)) return []
  const [texts, values] = [frame.column(system), frame.column(turns)]
  const twice = [...values.keys()].filter((i) => {
    const text = readSystem(texts[i])
    if (text === null || !looksLikeTurns(values[i])) return false
    const read = readMessages(values[i])
    const own = typeof read === 'string' ? undefined : read.find(({ role }) => role === 'system')
    return own !== undefined && own.content.trim() !== text.trim()
  })
  const first = twice[0]
  if (first === undefined) return []
  return [
    {
      kind: 'left_aside',
      severity: 'warning',
      message: `${counted(twice.length, 'row has', 'rows have')} two system texts, one in "${system}" and another in "${turns}", row ${frame.number(frame.source[first]!)} first.`,
      hint: `The one in "${turns}" is learnt with, that in "${system}" is left aside there. Take one of them out, or leave it so.`,
      column: system,
      row: frame.source[first]!,
      count: twice.length,
    },
  ]
}

/** Conversations in which one speaker has several turns in a row, and that are as templates want them once those are one. */
export function sameSpeaker(frame: Frame, mapping: Mapping): Finding[] {
  const columns = [...new Set([mapping.messages, mapping.prompt, mapping.response])]
  return columns.flatMap((column): Finding[] => {
    if (column === null || !frame.has(column)) return []
    const found = [...frame.column(column).entries()].flatMap(([i, value]) => {
      if (!looksLikeTurns(value)) return []
      const turns = readMessages(value)
      if (typeof turns === 'string' || !turns.some(({ role }, t) => role === turns[t - 1]?.role)) return []
      const merged = mergedTurns(turns, '\n\n')
      return column === mapping.response || isAlternating(merged) ? [i] : []
    })
    const first = found[0]
    if (first === undefined) return []
    return [
      {
        kind: 'same_speaker',
        severity: 'note',
        message: `${counted(found.length, 'conversation has', 'conversations have')} several turns of one speaker in a row in "${column}", row ${frame.number(frame.source[first]!)} first.`,
        hint: 'Most chat templates, those of Gemma included, refuse such conversations, and these rows are then left out. Put such turns together, or leave it so.',
        column,
        row: frame.source[first]!,
        count: found.length,
        fix: step('Put turns of one speaker together', {
          type: 'merge_turns',
          enabled: true,
          column,
          separator: '\n\n',
        }),
      },
    ]
  })
}

/** Turns with more in them than their text: what a model thought before its answer, pictures. */
export function turnsHoldMore(frame: Frame, mapping: Mapping): Finding[] {
  const columns = [mapping.messages, mapping.prompt, mapping.response]
  return [...new Set(columns)].flatMap((column) => {
    if (column === null || !frame.has(column)) return []
    const rows = new Map<string, number[]>()
    for (const [i, value] of frame.column(column).entries()) {
      if (column !== mapping.messages && !looksLikeTurns(value)) continue
      for (const name of besideText(value)) {
        const found = rows.get(name)
        if (found) found.push(frame.source[i]!)
        else rows.set(name, [frame.source[i]!])
      }
    }
    return [...rows].map(
      ([name, found]): Finding => ({
        kind: 'left_aside',
        severity: 'warning',
        message: `"${name}" in turns of "${column}" is left aside: ${counted(found.length, 'row has', 'rows have')} something in it that the model will not see, row ${frame.number(found[0]!)} first.`,
        hint: 'Only the text of turns is learnt. Where the rest is to be learnt, too, write it into the text; or leave it so.',
        column,
        row: found[0]!,
        count: found.length,
      }),
    )
  })
}
