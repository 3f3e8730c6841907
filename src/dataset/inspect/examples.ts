import type { DataStep } from '../../protocol/data-steps.ts'
import type { Finding, Fix, Mapping } from '../../protocol/preparation.ts'
import type { Split } from '../../protocol/tokens.ts'
import type { Frame } from '../frame.ts'
import { rowReader } from '../rows.ts'
import { sameForm } from '../steps/deduplicate.ts'
import { parseTemplate } from '../template.ts'
import { asText, isMissing } from '../values.ts'

/** Checks on rows as examples: what is asked, and what is to be answered. */

/** Fewer rows than this teach little that holds up elsewhere. */
const FEW_ROWS = 20

export interface Examples {
  /** [n] row of the data set. */
  rows: number[]
  /** [n] index in the frame. */
  at: number[]
  asked: string[]
  answers: string[]
  /** Rows that cannot be used, and in words why. */
  faults: { row: number; cause: string }[]
}

/** Null while the mapping is not whole. */
export function readExamples(frame: Frame, mapping: Mapping): Examples | null {
  const { prompt, template = null, response, messages, text } = mapping
  if (messages === null && text === null && (response === null || (prompt ?? template) === null)) return null
  const used = [prompt, response, messages, text, mapping.system, mapping.input ?? null]
  if (used.some((name) => name !== null && !frame.has(name))) return null
  const read = rowReader(frame, mapping)
  const examples: Examples = { rows: [], at: [], asked: [], answers: [], faults: [] }
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
    examples.answers.push(turns?.at(-1)?.role === 'assistant' ? turns.at(-1)!.content.trim() : '')
  }
  return examples
}

function asked(turns: readonly { role: string; content: string }[]): string {
  const before = turns.at(-1)?.role === 'assistant' ? turns.slice(0, -1) : turns
  const spoken = before.filter(({ role }) => role !== 'system')
  return spoken.length === 1
    ? spoken[0]!.content
    : spoken.map(({ role, content }) => `${role}: ${content}`).join('\n')
}

export function fewRows(rows: number): Finding[] {
  if (rows >= FEW_ROWS) return []
  return [
    {
      kind: 'few_rows',
      severity: 'note',
      message: `There are only ${rows} rows.`,
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

export function missingValues(frame: Frame, mapping: Mapping): Finding[] {
  const { response, input } = mapping
  const roles: [string, string][] = askedColumns(frame, mapping)
    .filter((column) => column !== input)
    .map((column) => [
      column,
      mapping.messages !== null ? 'messages' : mapping.text !== null ? 'text' : 'prompt',
    ])
  if (response !== null) roles.push([response, 'response'])
  return roles.flatMap(([column, role]): Finding[] => {
    if (!frame.has(column)) return []
    let [count, first] = [0, -1]
    for (const [i, value] of frame.column(column).entries()) if (isMissing(value) && count++ === 0) first = i
    if (count === 0) return []
    const all = count === frame.rows
    return [
      {
        kind: 'missing',
        severity: all ? 'error' : 'warning',
        message: `${count === 1 ? '1 row has' : `${count} rows have`} nothing in "${column}" (the ${role}), row ${frame.source[first]! + 1} first.`,
        hint: all ? 'Choose another column.' : 'Such rows are left out. Fill them in, or leave it so.',
        row: frame.source[first]!,
        column,
        count,
        ...(all
          ? {}
          : {
              fix: step('Leave these rows out', {
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

/** Rows said twice, and the same question with another answer. Compared without white space around. */
export function repeats({ rows, asked, answers }: Examples, mapping: Mapping): Finding[] {
  const seen = new Map<string, { answer: string; clashed: boolean; answers: Set<string> | null }>()
  let [same, firstSame, clashes, firstClash] = [0, -1, 0, -1]
  for (const [i, question] of asked.entries()) {
    const reply = answers[i]!
    const known = seen.get(question)
    if (!known) {
      seen.set(question, { answer: reply, clashed: false, answers: null })
      continue
    }
    if (known.answer === reply || known.answers?.has(reply)) {
      if (same++ === 0) firstSame = rows[i]!
      continue
    }
    known.answers ??= new Set([known.answer])
    known.answers.add(reply)
    if (!known.clashed && clashes++ === 0) firstClash = rows[i]!
    known.clashed = true
  }
  const first = mapping.prompt ?? mapping.messages ?? mapping.text
  const { columns, unique } = deduplicating(mapping)
  const findings: Finding[] = []
  if (same > 0)
    findings.push({
      kind: 'duplicate',
      severity: 'warning',
      message: `${same === 1 ? '1 row repeats' : `${same} rows repeat`} an earlier one, row ${firstSame + 1} first.`,
      hint: 'Repeats count more than once, and may be in both training and validation. Remove them unless that is meant.',
      row: firstSame,
      count: same,
      ...(first === null ? {} : { column: first }),
      fix: step('Keep one of each', {
        type: 'deduplicate',
        enabled: true,
        columns,
        match: 'exact',
        keep: 'first',
      }),
    })
  if (clashes > 0)
    findings.push({
      kind: 'contradiction',
      severity: 'warning',
      message: `${clashes === 1 ? '1 question has' : `${clashes} questions have`} different answers in different rows, row ${firstClash + 1} first.`,
      hint: 'The model can only learn a mixture of them. Keep one answer for each question.',
      row: firstClash,
      count: clashes,
      ...((mapping.response ?? first) === null ? {} : { column: (mapping.response ?? first)! }),
      // Which columns make a question is known only where it stands in them as it is.
      ...(unique.length === 0
        ? {}
        : {
            fix: step('Keep the first answer of each', {
              type: 'deduplicate',
              enabled: true,
              columns: unique,
              match: 'exact',
              keep: 'first',
            }),
          }),
    })
  return findings
}

/** The columns that make an example, and those that make a question. */
function deduplicating(mapping: Mapping): { columns: string[]; unique: string[] } {
  const { prompt, response, messages, text, input, template, system } = mapping
  if (messages !== null) return { columns: [messages], unique: [] }
  if (text !== null) return { columns: [text], unique: [] }
  const named = template ? [...template.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!.trim()) : [prompt!]
  const unique = [...new Set([...named, ...(input ? [input] : []), ...(system ? [system] : [])])]
  return { columns: [...new Set([...unique, response!])], unique }
}

/** Questions that stand on both sides: validation then measures memory. Case, punctuation and space do not count. */
export function leakage({ rows, asked }: Examples, parts: readonly Split[], mapping: Mapping): Finding[] {
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
    const twin = rows[trained.get(sameForm(asked[first]!))!]!
    return [
      {
        kind: 'leakage',
        severity: 'warning',
        message: `${count === 1 ? '1 question' : `${count} questions`} of the ${part} rows ${count === 1 ? 'is' : 'are'} also trained on: row ${rows[first]! + 1}, for one, asks what row ${twin + 1} does.`,
        hint: `The ${part} figures would look better than they are. Keep rows with the same question together, or keep one of each.`,
        row: rows[first]!,
        count,
        ...(mapping.prompt === null ? {} : { column: mapping.prompt }),
        fix: leakageFix(mapping, exact),
      },
    ]
  })
}

function leakageFix(mapping: Mapping, exact: boolean): Fix {
  if (exact && mapping.prompt !== null && !mapping.template)
    return {
      kind: 'split',
      label: 'Keep the same questions together',
      split: { method: 'grouped', column: mapping.prompt },
    }
  const { columns, unique } = deduplicating(mapping)
  return step('Keep one of each question', {
    type: 'deduplicate',
    enabled: true,
    columns: unique.length > 0 ? unique : columns,
    match: 'normalised',
    keep: 'first',
  })
}

/** Answers that say there is none. */
const PLACEHOLDER = /^(?:n\/?a|nan|none|null|nil|undefined|unknown|todo|tbd|test|xxx+|[\p{P}\p{S}]+)$/iu

/** Examples with nothing to learn: placeholders for answers, and answers that repeat the question. */
export function emptyLessons({ rows, asked, answers }: Examples, mapping: Mapping): Finding[] {
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
      message: `${placeholders.length === 1 ? '1 answer' : `${placeholders.length} answers`} in "${column}" ${placeholders.length === 1 ? 'is a placeholder' : 'are placeholders'} such as "${answers[placeholders[0]!]!.slice(0, 20)}", row ${rows[placeholders[0]!]! + 1} first.`,
      hint: 'The model would learn to answer so. Leave these rows out, or fill the answers in.',
      row: rows[placeholders[0]!]!,
      column,
      count: placeholders.length,
      fix: step('Leave these rows out', {
        type: 'filter',
        enabled: true,
        column,
        keep: false,
        test: { is: 'equals', values: [...values] },
      }),
    })
  if (copies.length > 0)
    findings.push({
      kind: 'nothing_to_learn',
      severity: 'warning',
      message: `${copies.length === 1 ? '1 answer repeats' : `${copies.length} answers repeat`} the question word for word, row ${rows[copies[0]!]! + 1} first.`,
      hint: 'The model would learn to echo. Check whether the right column is chosen for the answer.',
      row: rows[copies[0]!]!,
      column,
      count: copies.length,
      fix: step('Leave these rows out', {
        type: 'drop_rows',
        enabled: true,
        rows: copies.slice(0, 100_000).map((i) => rows[i]!),
      }),
    })
  return findings
}

/** Conversations that cannot be read, by cause. Missing values have their own finding. */
export function badConversations({ faults }: Examples, mapping: Mapping): Finding[] {
  if (mapping.messages === null) return []
  const causes = new Map<string, number[]>()
  for (const { row, cause } of faults)
    if (!cause.startsWith('has nothing')) causes.set(cause, [...(causes.get(cause) ?? []), row])
  return [...causes].map(
    ([cause, rows]): Finding => ({
      kind: 'bad_conversation',
      severity: 'warning',
      message:
        rows.length === 1
          ? `Row ${rows[0]! + 1} ${cause}.`
          : `${rows.length} rows have the same fault: row ${rows[0]! + 1}, for one, ${cause}.`,
      hint: 'Such rows are left out. Correct them, or leave it so.',
      row: rows[0]!,
      column: mapping.messages!,
      count: rows.length,
      fix: step(rows.length === 1 ? 'Leave the row out' : 'Leave these rows out', {
        type: 'drop_rows',
        enabled: true,
        rows: rows.slice(0, 100_000),
      }),
    }),
  )
}

/** A class this many times as frequent as another drowns it. */
const IMBALANCE = 10

/** Answers that are classes: how evenly they occur, and whether they are words. */
export function classes(frame: Frame, { rows, answers }: Examples, mapping: Mapping): Finding[] {
  const column = mapping.response
  if (column === null || mapping.text !== null || mapping.messages !== null) return []
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

export function step(label: string, data: DataStep): Fix {
  return { kind: 'step', label, step: data }
}
