import type { Table } from 'apache-arrow'
import { grouped } from '../lib/counted.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding, Mapping } from '../protocol/studio.ts'
import { fillTemplate, parseTemplate } from '../protocol/template.ts'
import type { Conversation, Message } from '../protocol/tokens.ts'
import { normalName } from './column-names.ts'
import { Frame } from './frame.ts'
import { checkMapping } from './mapping.ts'
import { looksLikeTurns, readDialogue, readMessages, readSystem } from './messages.ts'
import { readTools } from './tools.ts'
import { asText, squadAnswer } from './values.ts'

/** A row that is plain text to be continued, not a conversation. */
export interface TextRow {
  text: string
  /** Row of the data set, 0-based. */
  row: number
}

export interface MappedRows {
  rows: (Conversation | TextRow)[]
  /** Rows left out, by cause; `row` is the first of each. */
  findings: Finding[]
}

export interface MappedFrame extends MappedRows {
  /** For each of `rows`, its index in the frame. */
  at: number[]
}

/**
 * Rows as what is learnt from them. Rows without a prompt, an answer or a proper conversation are left out, and said.
 * @throws LapidaryError `missing_column`, `bad_data` where no row is left.
 */
export function mapRows(table: Table, mapping: Mapping): MappedRows {
  const { rows, findings } = mapFrame(Frame.of(table), mapping)
  return { rows, findings }
}

/** What is wrong with so many rows, the first by its number, in words that go on from "row 3 ...". */
export function sharedFault(count: number, first: string, cause: string): string {
  return count === 1
    ? `Row ${first} ${cause}.`
    : `${grouped(count)} rows have the same fault: row ${first}, for one, ${cause}.`
}

/**
 * The same of rows that steps have worked on. `row` of each is the row of the data set it came from.
 * @param tools whether functions and calls of them are understood, which hangs on the model's template
 */
export function mapFrame(frame: Frame, mapping: Mapping, tools = false): MappedFrame {
  checkMapping(frame, mapping)
  const read = rowReader(frame, mapping, tools)
  const rows: MappedFrame['rows'] = []
  const at: number[] = []
  const left = new Map<string, { first: number; count: number }>()
  for (let index = 0; index < frame.rows; index++) {
    const result = read(index)
    if (typeof result !== 'string') {
      rows.push(result)
      at.push(index)
      continue
    }
    const seen = left.get(result)
    if (seen) seen.count++
    else left.set(result, { first: frame.source[index]!, count: 1 })
  }
  const causes = [...left]
  if (rows.length === 0 && causes[0]) {
    const [cause, { first }] = causes[0]
    const message = `No row can be used: row ${frame.number(first)} ${cause}.`
    fail('bad_data', message, 'Check which column is which.', { row: first })
  }
  const findings = causes.map(
    ([cause, { first, count }]): Finding => ({
      kind: /^has no(?:thing in)? "/.test(cause) ? 'missing' : 'bad_conversation',
      severity: 'warning',
      message: sharedFault(count, frame.number(first), cause),
      hint: 'Such rows are left out. Fill them in, or leave it so.',
      row: first,
      count,
      ...columnOf(cause, frame, mapping),
    }),
  )
  return { rows, at, findings }
}

/** The column that a cause speaks of, so that it can be told that `inspect` has found the same. */
function columnOf(cause: string, frame: Frame, { messages, text }: Mapping): { column?: string } {
  const column = messages ?? text ?? frame.names.find((name) => cause === `has no "${name}"`)
  return column === undefined ? {} : { column }
}

/** One row by its index in the frame; in words what it lacks, where it cannot be used. */
export type RowReader = (index: number) => Conversation | TextRow | string

/** The column of functions that a model may call, as TRL knows it. */
export const isToolsColumn = (name: string) => normalName(name) === 'tools'

/** How rows are read under a mapping that `checkMapping` has passed. */
export function rowReader(frame: Frame, mapping: Mapping, tools = false): RowReader {
  const column = (name: string | null | undefined) =>
    name === null || name === undefined ? null : frame.column(name)
  const messages = column(mapping.messages)
  const system = column(mapping.system)
  if (messages) {
    const beside = tools
      ? frame.names.find((name) => isToolsColumn(name) && name !== mapping.messages)
      : undefined
    const declared = column(beside)
    return (i) => {
      const found = readConversation(messages[i] ?? null, frame.source[i]!, mapping.messages!, tools)
      if (typeof found === 'string') return found
      const own = declared ? readTools(declared[i]) : []
      if (typeof own === 'string') return `${own} (in "${beside}")`
      const full = own.length > 0 ? { ...found, tools: own } : found
      return system ? withSystem(full, system[i]) : full
    }
  }
  const text = column(mapping.text)
  if (text)
    return (i) => {
      const value = asText(text[i])
      return value === null ? `has nothing in "${mapping.text}"` : { text: value, row: frame.source[i]! }
    }
  const ask = promptReader(frame, mapping)
  const response = frame.column(mapping.response!)
  const words = mapping.labels ?? null
  const prompt = mapping.template ? null : column(mapping.prompt)
  return (i) => {
    const turns = readTurns(prompt?.[i], response[i], frame.source[i]!)
    if (turns) return system ? withSystem(turns, system[i]) : turns
    const asked = ask(i)
    if ('missing' in asked) return `has no "${asked.missing}"`
    const squad = squadAnswer(response[i])
    const answer = labelled(squad === undefined ? asText(response[i]) : squad, words)
    if (answer === null) return `has no "${mapping.response}"`
    const before = system ? asText(system[i]) : null
    const said: Message[] = before === null ? [] : [{ role: 'system', content: before }]
    said.push({ role: 'user', content: asked.text }, { role: 'assistant', content: answer })
    return { messages: said, row: frame.source[i]! }
  }
}

function promptReader(frame: Frame, mapping: Mapping): (i: number) => { text: string } | { missing: string } {
  const { prompt, template, input } = mapping
  const extra = input === null || input === undefined ? null : frame.column(input)
  const follow = (text: string, i: number) => {
    const more = extra ? asText(extra[i]) : null
    return { text: more === null ? text : `${text}\n\n${more}` }
  }
  if (template !== null && template !== undefined) {
    const parts = parseTemplate(template, frame.names)
    return (i) => {
      const filled = fillTemplate(parts, (name) => asText(frame.column(name)[i]))
      return 'missing' in filled ? filled : follow(filled.text, i)
    }
  }
  const asked = frame.column(prompt!)
  return (i) => {
    const text = asText(asked[i])
    return text === null ? { missing: prompt! } : follow(text, i)
  }
}

/** The word that stands for a value; the value where none does. */
function labelled(value: string | null, words: Record<string, string> | null): string | null {
  if (value === null || words === null) return value
  const word = Object.hasOwn(words, value)
    ? words[value]!
    : Object.hasOwn(words, value.trim())
      ? words[value.trim()]!
      : value
  return word.trim() === '' ? value : word
}

/** A system text before a conversation that has none of its own. */
function withSystem(conversation: Conversation, value: unknown): Conversation {
  const { messages } = conversation
  const content = readSystem(value)
  if (content === null || messages.some(({ role }) => role === 'system')) return conversation
  return { ...conversation, messages: [{ role: 'system', content }, ...messages] }
}

/**
 * TRL's conversational prompt and completion: turns, or turns and text, that make one conversation of which only the completion is
 * learnt. Null where neither is turns.
 */
function readTurns(prompt: unknown, response: unknown, row: number): Conversation | null {
  const [asked, answer] = [prompt, response].map((value) =>
    looksLikeTurns(value) ? readMessages(value) : '',
  )
  if (typeof asked !== 'object' && typeof answer !== 'object') return null
  const before = typeof asked === 'object' ? asked : turn('user', asText(prompt))
  const said = typeof answer === 'object' ? answer : turn('assistant', asText(response))
  if (before.length === 0 || said.length === 0) return null
  // Preference data repeat what is asked.
  const repeats = before.every(
    ({ role, content }, i) => said[i]?.role === role && said[i]?.content === content,
  )
  const learnt = repeats ? said.slice(before.length) : said
  const read = before.map(
    ({ role, content }): Message => ({
      role,
      content,
      ...(role === 'assistant' ? { learn: false } : {}),
    }),
  )
  return { messages: [...read, ...learnt], row }
}

function turn(role: Message['role'], content: string | null): Message[] {
  return content === null ? [] : [{ role, content }]
}

function readConversation(
  value: unknown,
  row: number,
  column: string,
  tools: boolean,
): Conversation | string {
  if (value === null) return `has nothing in "${column}"`
  const read = readDialogue(value, tools)
  if (typeof read === 'string') return `${read} (in "${column}")`
  const { messages } = read
  const answers = messages.filter(
    ({ role, content, calls }) => role === 'assistant' && (content.trim() !== '' || calls),
  )
  if (answers.length === 0) return `has no answer in "${column}"`
  if (answers.every(({ learn }) => learn === false))
    return `has no answer that is to be learnt in "${column}"`
  return { messages, row, ...(read.tools.length > 0 ? { tools: read.tools } : {}) }
}
