import { counted } from '../../lib/counted.ts'
import { rowNumber } from '../../lib/row-numbers.ts'
import type { DataStep } from '../../protocol/data-steps.ts'
import type { Finding, Fix } from '../../protocol/preparation.ts'
import type { Mapping } from '../../protocol/recipe.ts'
import { parseTemplate } from '../../protocol/template.ts'
import { type Message, type Split, saidIn } from '../../protocol/tokens.ts'
import type { Frame } from '../frame.ts'
import { rowReader, sharedFault } from '../rows.ts'
import { sameForm } from '../steps/deduplicate.ts'
import { isMissing } from '../values.ts'

/** Checks on rows as examples: what is asked, and what is to be answered. */

/** Fewer rows than this teach little that holds up elsewhere. */
export const FEW_ROWS = 20

export interface Examples {
  /** [n] row of the data set. */
  rows: number[]
  /** [n] index in the frame. */
  at: number[]
  asked: string[]
  answers: string[]
  /** Columns that questions are made of. */
  columns: string[]
  /** Rows that cannot be used, and in words why. */
  faults: { row: number; cause: string }[]
  /** A row of the data set as messages name it. */
  number(row: number): string
}

/** Holds no row of the frame. */
const naming =
  ({ numbers }: Frame) =>
  (row: number) =>
    rowNumber(row, numbers)

/** Null while the mapping is not whole. */
export function readExamples(frame: Frame, mapping: Mapping, tools = false): Examples | null {
  const { prompt, template = null, response, messages, text } = mapping
  if (messages === null && text === null && (response === null || (prompt ?? template) === null)) return null
  const used = [prompt, response, messages, text, mapping.system, mapping.input ?? null]
  if (used.some((name) => name !== null && !frame.has(name))) return null
  const read = rowReader(frame, mapping, tools)
  const examples: Examples = {
    rows: [],
    at: [],
    asked: [],
    answers: [],
    columns: askedColumns(frame, mapping),
    faults: [],
    number: naming(frame),
  }
  for (let i = 0; i < frame.rows; i++) {
    const row = read(i)
    if (typeof row === 'string') {
      examples.faults.push({ row: frame.source[i]!, cause: row })
      continue
    }
    const turns = 'messages' in row ? row.messages : null
    examples.rows.push(row.row)
    examples.at.push(i)
    examples.asked.push((turns ? asked(turns) : (row as { text: string }).text).trim())
    const last = turns?.at(-1)
    examples.answers.push(last?.role === 'assistant' ? saidIn(last).trim() : '')
  }
  return examples
}

function asked(turns: readonly Message[]): string {
  const before = turns.at(-1)?.role === 'assistant' ? turns.slice(0, -1) : turns
  const spoken = before.filter(({ role }) => role !== 'system')
  return spoken.length === 1
    ? spoken[0]!.content
    : spoken.map((turn) => `${turn.role}: ${saidIn(turn)}`).join('\n')
}

export function fewRows(rows: number): Finding[] {
  if (rows >= FEW_ROWS) return []
  return [
    {
      kind: 'few_rows',
      severity: 'note',
      message: rows === 1 ? 'There is only 1 row.' : `There are only ${rows} rows.`,
      hint: 'Enough to try things out. A few hundred varied rows teach a model something lasting.',
      count: rows,
    },
  ]
}

/** Columns that prompts are made of. */
export function askedColumns(frame: Frame, { prompt, template, input, messages, text }: Mapping): string[] {
  if (messages !== null) return [messages]
  if (text !== null) return [text]
  const extra = input ? [input] : []
  if (!template) return prompt === null ? [] : [prompt, ...extra]
  const columns = parseTemplate(template, frame.names).flatMap((part) =>
    'column' in part ? [part.column] : [],
  )
  return [...new Set([...columns, ...extra])]
}

export interface MissingCount {
  column: string
  role: string
  count: number
  /** Row of the data set, -1 where none lacks anything. */
  first: number
  number(row: number): string
}

/** For each column that an example needs, in how many rows it holds nothing. */
export function countMissing(frame: Frame, mapping: Mapping): MissingCount[] {
  const { response, input } = mapping
  const roles: [string, string][] = askedColumns(frame, mapping)
    .filter((column) => column !== input)
    .map((column) => [
      column,
      mapping.messages !== null ? 'messages' : mapping.text !== null ? 'text' : 'prompt',
    ])
  if (response !== null) roles.push([response, 'response'])
  return roles.flatMap(([column, role]): MissingCount[] => {
    if (!frame.has(column)) return []
    let [count, first] = [0, -1]
    for (const [i, value] of frame.column(column).entries())
      if (isMissing(value) && count++ === 0) first = frame.source[i]!
    return [{ column, role, count, first, number: naming(frame) }]
  })
}

export function missingValues(counts: readonly MissingCount[], rows: number): Finding[] {
  return counts.flatMap(({ column, role, count, first, number }): Finding[] => {
    if (count === 0) return []
    const all = count === rows
    return [
      {
        kind: 'missing',
        severity: all ? 'error' : 'warning',
        message: `${counted(count, 'row has', 'rows have')} nothing in "${column}" (the ${role}), row ${number(first)} first.`,
        hint: all ? 'Choose another column.' : 'Such rows are left out. Fill them in, or leave it so.',
        row: first,
        column,
        count,
        ...(all
          ? {}
          : {
              fix: step(leaveOut(count), {
                type: 'drop_missing',
                enabled: true,
                columns: [column],
                how: 'any',
              }),
            }),
      },
    ]
  })
}

/** The columns that make an example, and those that make a question; of conversations the latter cannot be told. */
export function deduplicating(
  { columns }: Pick<Examples, 'columns'>,
  mapping: Mapping,
): { columns: string[]; unique: string[] } {
  const { response, messages, text, system } = mapping
  if (messages !== null || text !== null) return { columns, unique: [] }
  const unique = [...new Set([...columns, ...(system ? [system] : [])])]
  return { columns: [...new Set([...unique, response!])], unique }
}

/** Questions that stand on both sides: validation then measures memory. Case, punctuation and space do not count. */
export function leakage(examples: Examples, parts: readonly Split[], mapping: Mapping): Finding[] {
  const { rows, asked, number } = examples
  const trained = new Map<string, number>()
  for (const [i, question] of asked.entries())
    if (parts[i] === 'train' && !trained.has(sameForm(question))) trained.set(sameForm(question), i)
  const found = { validation: [] as number[], test: [] as number[] }
  let exact = true
  for (const [i, question] of asked.entries()) {
    const part = parts[i]!
    if (part === 'train') continue
    const source = trained.get(sameForm(question))
    if (source === undefined) continue
    found[part].push(i)
    if (asked[source] !== question) exact = false
  }
  return (['validation', 'test'] as const).flatMap((part): Finding[] => {
    const first = found[part][0]
    if (first === undefined) return []
    const count = found[part].length
    const [one, many, same] =
      mapping.text === null ? ['question', 'questions', 'asks what'] : ['text', 'texts', 'says what']
    const twin = rows[trained.get(sameForm(asked[first]!))!]!
    return [
      {
        kind: 'leakage',
        severity: 'warning',
        message: `${counted(count, one!, many!)} of the ${part} rows ${count === 1 ? 'is' : 'are'} also trained on: row ${number(rows[first]!)}, for one, ${same} row ${number(twin)} does.`,
        hint: `The ${part} figures would look better than they are. Keep rows with the same ${one} together, or keep one of each.`,
        row: rows[first]!,
        count,
        ...(mapping.prompt === null ? {} : { column: mapping.prompt }),
        fix: leakageFix(examples, mapping, exact),
      },
    ]
  })
}

function leakageFix(examples: Examples, mapping: Mapping, exact: boolean): Fix {
  if (exact && mapping.prompt !== null && examples.columns.length === 1)
    return {
      kind: 'split',
      label: 'Keep the same questions together',
      split: { method: 'grouped', column: mapping.prompt },
    }
  const { columns, unique } = deduplicating(examples, mapping)
  return step(mapping.text === null ? 'Keep one of each question' : 'Keep one of each', {
    type: 'deduplicate',
    enabled: true,
    columns: unique.length > 0 ? unique : columns,
    match: 'normalised',
    keep: 'first',
  })
}

/** Conversations that cannot be read, by cause. Missing values have their own finding. */
export function badConversations({ faults, number }: Examples, mapping: Mapping): Finding[] {
  if (mapping.messages === null) return []
  const causes = new Map<string, number[]>()
  for (const { row, cause } of faults)
    if (!cause.startsWith('has nothing')) causes.set(cause, [...(causes.get(cause) ?? []), row])
  return [...causes].map(
    ([cause, rows]): Finding => ({
      kind: 'bad_conversation',
      severity: 'warning',
      message: sharedFault(rows.length, number(rows[0]!), cause),
      hint: 'Such rows are left out. Correct them, or leave it so.',
      row: rows[0]!,
      column: mapping.messages!,
      count: rows.length,
      fix: leaveOutRows(rows),
    }),
  )
}

export const leaveOut = (count: number) => (count === 1 ? 'Leave this row out' : 'Leave these rows out')

/** @param rows of the data set */
export function leaveOutRows(rows: readonly number[]): Fix {
  return step(leaveOut(rows.length), { type: 'drop_rows', enabled: true, rows: rows.slice(0, 100_000) })
}

export function step(label: string, data: DataStep): Fix {
  return { kind: 'step', label, step: data }
}
