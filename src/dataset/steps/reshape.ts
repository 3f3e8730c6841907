import { counted } from '../../lib/counted.ts'
import type { StepOf } from '../../protocol/data-steps.ts'
import { fail } from '../../protocol/errors.ts'
import type { Finding } from '../../protocol/preparation.ts'
import type { Message } from '../../protocol/tokens.ts'
import type { Frame } from '../frame.ts'
import { mergedTurns, readMessages } from '../messages.ts'
import { asText, isMissing } from '../values.ts'
import { SHOWN, type StepContext, type StepResult, shown } from './step.ts'

/** Steps that change which columns and rows there are. */

/** One row for each of the columns: a table with a column for each language becomes one with a row for each. */
export function wideToLong(frame: Frame, step: StepOf<'wide_to_long'>): StepResult {
  const kept = frame.names.filter((name) => !step.columns.includes(name))
  for (const name of [step.name_to, step.value_to])
    if (kept.includes(name)) taken(name, name === step.name_to ? 'name_to' : 'value_to')
  if (step.name_to === step.value_to) taken(step.name_to, 'value_to')
  const wide = step.columns.map((name) => frame.column(name))
  const indices: number[] = []
  const names: string[] = []
  const values: unknown[] = []
  let empty = 0
  for (let i = 0; i < frame.rows; i++) {
    const before = indices.length
    for (const [c, column] of wide.entries())
      if (!isMissing(column[i])) {
        indices.push(i)
        names.push(step.columns[c]!)
        values.push(column[i])
      }
    if (indices.length === before) empty++
  }
  const long = frame
    .without(step.columns)
    .pick(Uint32Array.from(indices))
    .with(step.name_to, names)
    .with(step.value_to, values)
  const samples = indices.slice(0, SHOWN).map((index, i) => ({
    row: frame.source[index]!,
    column: step.value_to,
    before: shown(Object.fromEntries(step.columns.map((name) => [name, frame.column(name)[index] ?? null]))),
    after: `${step.name_to}: ${names[i]}, ${step.value_to}: ${shown(values[i])}`,
  }))
  const used = frame.rows - empty
  return { frame: long, changed: used, added: long.rows - used, dropped: empty, samples }
}

/** Values one after the other; what is missing leaves no separator behind. */
export function joinColumns(frame: Frame, step: StepOf<'join_columns'>): StepResult {
  const parts = step.columns.map((name) => frame.column(name))
  const joined = Array.from({ length: frame.rows }, (_, i) => {
    const texts = parts.map((values) => asText(values[i])).filter((text) => text !== null)
    return texts.length === 0 ? null : texts.join(step.separator)
  })
  return {
    frame: frame.with(step.to, joined),
    changed: joined.filter((text) => text !== null).length,
    samples: filled(frame, step.to, joined),
  }
}

/** Text with marked speakers as a list of turns, in `messages` form. What comes before the first mark is the system text. */
export function splitTurns(frame: Frame, step: StepOf<'split_turns'>, context: StepContext): StepResult {
  const marks = [
    ...step.user.map((mark) => [mark, 'user'] as const),
    ...step.assistant.map((mark) => [mark, 'assistant'] as const),
  ]
    .filter(([mark]) => mark !== '')
    // The longest first: "### Human:" before "Human:".
    .sort(([a], [b]) => b.length - a.length)
  if (marks.length === 0)
    fail('bad_config', 'No mark says where a turn begins.', 'Name at least one, such as "User:".', {
      field: 'user',
    })
  let [unmarked, first] = [0, -1]
  const turns = frame.column(step.column).map((value, i) => {
    context.signal?.throwIfAborted()
    const text = asText(value)
    if (text === null) return null
    const found = readTurns(text, marks)
    if (found === null && unmarked++ === 0) first = frame.source[i]!
    return found
  })
  const findings: Finding[] =
    unmarked === 0
      ? []
      : [
          {
            kind: 'step',
            severity: 'warning',
            message: `${counted(unmarked, 'row has', 'rows have')} no turn marked in "${step.column}", row ${frame.number(first)} first.`,
            hint: 'Such rows are left empty. Name the marks that stand there.',
            row: first,
            column: step.column,
            count: unmarked,
          },
        ]
  return {
    frame: frame.with(step.to, turns),
    changed: turns.filter((value) => value !== null).length,
    samples: filled(frame, step.to, turns),
    findings,
  }
}

/** Conversations in which no speaker has two turns in a row. What is no conversation stays as it is. */
export function mergeTurns(frame: Frame, step: StepOf<'merge_turns'>, context: StepContext): StepResult {
  let changed = 0
  const samples: NonNullable<StepResult['samples']> = []
  const values = frame.column(step.column).map((value, i) => {
    context.signal?.throwIfAborted()
    const messages = readMessages(value)
    if (typeof messages === 'string') return value
    const merged = mergedTurns(messages, step.separator)
    if (merged.length === messages.length) return value
    changed++
    if (samples.length < SHOWN)
      samples.push({
        row: frame.source[i]!,
        column: step.column,
        before: shown(value),
        after: shown(merged),
      })
    return merged
  })
  return { frame: frame.with(step.column, values), changed, samples }
}

function readTurns(text: string, marks: readonly (readonly [string, Message['role']])[]): Message[] | null {
  const turns: { role: Message['role']; lines: string[] }[] = [{ role: 'system', lines: [] }]
  for (const line of text.split(/\r\n?|\n/)) {
    const start = line.trimStart()
    const mark = marks.find(([sign]) => start.toLowerCase().startsWith(sign.toLowerCase()))
    if (!mark) turns.at(-1)!.lines.push(line)
    else {
      const rest = start.slice(mark[0].length).trimStart()
      // Two marks of one speaker in a row are one turn: templates want speakers to alternate.
      if (turns.at(-1)!.role === mark[1]) turns.at(-1)!.lines.push(rest)
      else turns.push({ role: mark[1], lines: [rest] })
    }
  }
  const messages = turns.map(({ role, lines }) => ({ role, content: lines.join('\n').trim() }))
  if (messages.length === 1) return null
  return messages[0]!.content === '' ? messages.slice(1) : messages
}

export function renameColumn(frame: Frame, step: StepOf<'rename_column'>): StepResult {
  frame.column(step.column)
  if (step.to !== step.column && frame.has(step.to)) taken(step.to, 'to')
  return { frame: frame.renamed(step.column, step.to), changed: step.to === step.column ? 0 : frame.rows }
}

export function fillMissing(frame: Frame, step: StepOf<'fill_missing'>, context: StepContext): StepResult {
  let result = frame
  const touched = new Set<number>()
  const samples: NonNullable<StepResult['samples']> = []
  for (const column of step.columns) {
    context.signal?.throwIfAborted()
    const values = frame.column(column).map((value, i) => {
      if (!isMissing(value)) return value
      touched.add(i)
      if (samples.length < SHOWN)
        samples.push({ row: frame.source[i]!, column, before: null, after: step.with })
      return step.with
    })
    result = result.with(column, values)
  }
  return { frame: result, changed: touched.size, samples }
}

function filled(
  frame: Frame,
  column: string,
  values: readonly unknown[],
): NonNullable<StepResult['samples']> {
  return values.slice(0, SHOWN).map((value, i) => ({
    row: frame.source[i]!,
    column,
    before: frame.has(column) ? shown(frame.column(column)[i]) : null,
    after: shown(value),
  }))
}

function taken(name: string, field: string): never {
  fail('bad_config', `There is a column "${name}" already.`, 'Give the new column another name.', {
    field,
    column: name,
  })
}
