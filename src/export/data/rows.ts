import type { Message, Split, Tool, ToolCall } from '../../protocol/tokens.ts'

/** A prepared row: a conversation, or plain text. */
export type DataRow = { messages: readonly Message[]; tools?: readonly Tool[] } | { text: string }

/** Prepared rows by split; each split becomes a file of its own. */
export type DataSplits = Partial<Record<Split, readonly DataRow[]>>

export const SPLITS: readonly Split[] = ['train', 'validation', 'test']

/** A turn as it is written: one that is not to be learnt has weight 0, as the OpenAI API has it. */
export interface WrittenMessage {
  role: Message['role']
  content: string | Record<string, unknown>
  weight?: 0
  /** Of a response: the function's. */
  name?: string
  tool_calls?: { type: 'function'; function: ToolCall }[]
}

export function messageOf({ role, content, learn, name, response, calls }: Message): WrittenMessage {
  return {
    role,
    ...(name === undefined ? {} : { name }),
    content: response ?? content,
    ...(calls ? { tool_calls: calls.map((call) => ({ type: 'function', function: call })) } : {}),
    ...(learn === false ? { weight: 0 } : {}),
  }
}

/** Whether a row has functions in it, which not every format has a place for. */
export const hasTools = (row: DataRow): boolean =>
  'messages' in row &&
  (row.tools !== undefined || row.messages.some(({ role, calls }) => calls || role === 'tool'))

/** A cell: text, or a conversation of more turns than fit into columns. */
export type DataCell = string | readonly WrittenMessage[] | readonly Tool[] | null

export interface DataColumn {
  name: string
  values: DataCell[]
}

/**
 * Rows as columns: `text`; `prompt` and `response`, with `system` where there is one; or `messages` where conversations
 * have more turns than that. All splits get the same columns, so that they can be put together again.
 */
export function dataColumns(splits: DataSplits): [Split, DataColumn[]][] {
  const rows = SPLITS.flatMap((split) => splits[split] ?? [])
  const names = columnNames(rows)
  return SPLITS.flatMap((split) => {
    const list = splits[split] ?? []
    if (list.length === 0) return []
    const columns = names.map((name) => ({ name, values: list.map((row) => cell(row, name)) }))
    return [[split, columns] as [Split, DataColumn[]]]
  })
}

function columnNames(rows: readonly DataRow[]): string[] {
  const text = rows.some((row) => 'text' in row) ? ['text'] : []
  const conversations = rows.flatMap((row) => ('messages' in row ? [row.messages] : []))
  if (conversations.length === 0) return text
  if (rows.some(hasTools)) return ['messages', 'tools', ...text]
  if (!conversations.every(isPair)) return ['messages', ...text]
  const system = conversations.some((messages) => messages[0]?.role === 'system')
  return [...(system ? ['system'] : []), 'prompt', 'response', ...text]
}

function isPair(messages: readonly Message[]): boolean {
  const roles = messages.map(({ role }) => role).join(' ')
  return roles === 'user assistant' || roles === 'system user assistant'
}

function cell(row: DataRow, name: string): DataCell {
  if ('text' in row) return name === 'text' ? row.text : null
  if (name === 'messages') return row.messages.map(messageOf)
  if (name === 'tools') return row.tools ?? null
  const role = { system: 'system', prompt: 'user', response: 'assistant' }[name]
  return row.messages.find((message) => message.role === role)?.content ?? null
}

/** A file of a data set, as formats make it. */
export interface DataFile {
  path: string
  blob: Blob
}
