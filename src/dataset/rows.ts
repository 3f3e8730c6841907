import type { Table } from 'apache-arrow'
import { columnReader } from '../files/table.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding, Mapping } from '../protocol/studio.ts'
import type { Conversation, Message } from '../protocol/tokens.ts'
import { checkMapping } from './mapping.ts'
import { readMessages } from './messages.ts'
import { asText } from './values.ts'

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

/**
 * Rows as what is learnt from them. Rows without a prompt, an answer or a proper conversation are left out, and said.
 * @throws LapidaryError `missing_column`, `bad_data` where no row is left.
 */
export function mapRows(table: Table, mapping: Mapping): MappedRows {
  checkMapping(table, mapping)
  const read = reader(table, mapping)
  const rows: MappedRows['rows'] = []
  const left = new Map<string, { first: number; count: number }>()
  for (let row = 0; row < table.numRows; row++) {
    const result = read(row)
    if (typeof result !== 'string') rows.push(result)
    else {
      const seen = left.get(result)
      if (seen) seen.count++
      else left.set(result, { first: row, count: 1 })
    }
  }
  const causes = [...left]
  if (rows.length === 0 && causes[0]) {
    const [cause, { first }] = causes[0]
    fail('bad_data', `No row can be used: row ${first + 1} ${cause}.`, 'Check which column is which.', {
      row: first,
    })
  }
  const findings = causes.map(
    ([cause, { first, count }]): Finding => ({
      severity: 'warning',
      message:
        count === 1
          ? `Row ${first + 1} ${cause}.`
          : `${count} rows have the same fault: row ${first + 1}, for one, ${cause}.`,
      hint: 'Such rows are left out. Fill them in, or leave it so.',
      row: first,
    }),
  )
  return { rows, findings }
}

type RowReader = (row: number) => Conversation | TextRow | string

function reader(table: Table, mapping: Mapping): RowReader {
  const column = (name: string | null) => (name === null ? null : columnReader(table, name))
  const [prompt, response, system] = [mapping.prompt, mapping.response, mapping.system].map(column)
  const messages = column(mapping.messages)
  const text = column(mapping.text)
  if (messages) return (row) => readConversation(messages(row), row, mapping.messages!)
  if (text)
    return (row) => {
      const value = asText(text(row))
      return value === null ? `has nothing in "${mapping.text}"` : { text: value, row }
    }
  return (row) => {
    const asked = asText(prompt!(row))
    const answer = asText(response!(row))
    if (asked === null) return `has no "${mapping.prompt}"`
    if (answer === null) return `has no "${mapping.response}"`
    const before = system ? asText(system(row)) : null
    const turns: Message[] = before === null ? [] : [{ role: 'system', content: before }]
    turns.push({ role: 'user', content: asked }, { role: 'assistant', content: answer })
    return { messages: turns, row }
  }
}

function readConversation(value: unknown, row: number, column: string): Conversation | string {
  if (value === null) return `has nothing in "${column}"`
  const messages = readMessages(value)
  if (typeof messages === 'string') return `${messages} (in "${column}")`
  if (!messages.some((message) => message.role === 'assistant' && message.content.trim() !== ''))
    return `has no answer in "${column}"`
  return { messages, row }
}
