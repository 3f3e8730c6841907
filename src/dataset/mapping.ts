import type { Table } from 'apache-arrow'
import { columnNames, columnReader } from '../files/table.ts'
import { fail, listed } from '../protocol/errors.ts'
import type { ColumnInfo, ColumnRoles, Guess, Mapping } from '../protocol/studio.ts'
import { parseTemplate } from '../protocol/template.ts'
import { Frame } from './frame.ts'
import { readMessages } from './messages.ts'
import { asText } from './values.ts'

/** Usual names, the surest first. Compared in lower case, with any separator. */
const NAMES = {
  messages: ['messages', 'conversations', 'conversation', 'chat', 'dialogue', 'dialog', 'turns'],
  system: ['system', 'system prompt', 'system message'],
  prompt: [
    'prompt',
    'question',
    'instruction',
    'query',
    'input',
    'user',
    'request',
    'utterance',
    'problem',
    'source',
    'review',
    'sentence',
    'comment',
    'message',
    'text',
  ],
  response: [
    'response',
    'answer',
    'completion',
    'output',
    'assistant',
    'reply',
    'solution',
    'target',
    'label',
    'category',
    'intent',
    'class',
    'sentiment',
    'summary',
    'translation',
  ],
  text: ['text', 'content', 'document', 'body'],
  input: ['input', 'context', 'passage'],
} satisfies Record<keyof ColumnRoles | 'input', string[]>

export const NO_MAPPING: Mapping = { prompt: null, response: null, system: null, messages: null, text: null }

/** First guess at the roles of columns, with the reason in words. All roles are null where there is no telling. */
export function guessMapping(table: Table, columns: readonly ColumnInfo[]): Guess {
  const usable = columns.filter((column) => column.type !== 'empty')
  const messages =
    byName(usable, NAMES.messages, (column) => holdsMessages(table, column.name)) ??
    usable.find((column) => column.type === 'list' && holdsMessages(table, column.name))?.name
  if (messages !== undefined)
    return {
      ...NO_MAPPING,
      messages,
      reason: `"${messages}" holds conversations: turns with a role and content.`,
    }
  const plain = usable.filter((column) => column.type !== 'list')
  const system = byName(plain, NAMES.system) ?? null
  const rest = plain.filter((column) => column.name !== system)
  const response = byName(rest, NAMES.response)
  const prompt = byName(
    rest.filter((column) => column.name !== response),
    NAMES.prompt,
  )
  if (prompt !== undefined && response !== undefined) {
    const others = rest.filter(({ name }) => name !== prompt && name !== response)
    const input = others.find(({ name }) => NAMES.input.includes(normal(name)))?.name
    const labels = sentimentWords(table, response)
    const extra =
      input === undefined ? '' : ` "${input}" is put after what is asked, in rows where it holds something.`
    const words = labels === null ? '' : ' 0 is taken as negative and 1 as positive.'
    return {
      ...NO_MAPPING,
      prompt,
      response,
      system,
      ...(input === undefined ? {} : { input }),
      ...(labels === null ? {} : { labels }),
      reason: `By their names, "${prompt}" is what is asked and "${response}" what is to be answered.${extra}${words}`,
    }
  }
  const texts = rest.filter((column) => column.type === 'text')
  if (rest.length === 2)
    return {
      ...NO_MAPPING,
      prompt: rest[0]!.name,
      response: rest[1]!.name,
      system,
      reason: `There are two columns: "${rest[0]!.name}" was taken as what is asked, "${rest[1]!.name}" as the answer.`,
    }
  const text =
    byName(texts, NAMES.text) ?? (texts.length === 1 && rest.length === 1 ? texts[0]!.name : undefined)
  if (text !== undefined)
    return { ...NO_MAPPING, text, reason: `"${text}" is the only text; the model learns to continue it.` }
  return {
    ...NO_MAPPING,
    reason: 'No column has a familiar name. Choose which is asked and which is the answer.',
  }
}

/**
 * Holds a mapping against the columns there are.
 * @throws LapidaryError `missing_column` with the columns there are; `bad_data` where the roles contradict each other;
 * `bad_config` for a template that cannot be read.
 */
export function checkMapping(source: Table | Frame, mapping: Mapping): void {
  const names = source instanceof Frame ? source.names : columnNames(source)
  const choices = `Choose one of: ${listed(names)}.`
  for (const role of [...(Object.keys(NO_MAPPING) as (keyof ColumnRoles)[]), 'input' as const]) {
    const column = mapping[role] ?? null
    if (column === null || names.includes(column)) continue
    const near = names.find((name) => normal(name) === normal(column))
    fail(
      'missing_column',
      `There is no column "${column}" for the ${role}.`,
      near ? `Did you mean "${near}"?` : choices,
      { role, column, columns: names.join(', ') },
    )
  }
  const { response, messages, text, system, template = null } = mapping
  const asked = template ?? mapping.prompt
  const kinds = [asked !== null || response !== null, messages !== null, text !== null].filter(Boolean).length
  if (kinds === 0)
    fail(
      'missing_column',
      'No column is chosen to learn from.',
      'Choose a prompt and a response, or messages, or text.',
      { columns: names.join(', ') },
    )
  if (kinds > 1 || (system !== null && asked === null))
    fail(
      'bad_data',
      'The chosen columns contradict each other.',
      'Choose either a prompt and a response (and a system column with them), or messages, or text.',
    )
  if ((asked === null) !== (response === null) && messages === null && text === null) {
    const role = asked === null ? 'prompt' : 'response'
    fail('missing_column', `A ${role} column is needed, too.`, choices, { role, columns: names.join(', ') })
  }
  if (template !== null) parseTemplate(template, names)
}

/** 0 and 1 in a column named for it mean what everyone means by them; in a column named "label" nobody knows. */
function sentimentWords(table: Table, column: string): Record<string, string> | null {
  if (!/sentiment|polarity/i.test(column)) return null
  const read = columnReader(table, column)!
  const values = new Set<string | null>()
  for (let row = 0; row < table.numRows && values.size <= 2; row++) {
    const value = asText(read(row))
    if (value !== null) values.add(value)
  }
  return values.size === 2 && values.has('0') && values.has('1') ? { 0: 'negative', 1: 'positive' } : null
}

function byName(
  columns: readonly ColumnInfo[],
  wanted: readonly string[],
  fits: (column: ColumnInfo) => boolean = () => true,
): string | undefined {
  for (const name of wanted) {
    const found = columns.find((column) => normal(column.name) === name && fits(column))
    if (found) return found.name
  }
  // "user_prompt", "Answer (en)": a usual name as one of the words.
  for (const name of wanted) {
    const found = columns.find((column) => normal(column.name).split(' ').includes(name) && fits(column))
    if (found) return found.name
  }
  return undefined
}

function normal(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** Whether the first values of a column that are there are conversations. */
function holdsMessages(table: Table, column: string): boolean {
  const read = columnReader(table, column)!
  let seen = 0
  for (let row = 0; row < table.numRows && seen < 5; row++) {
    const value = read(row)
    if (value === null) continue
    if (typeof readMessages(value) === 'string') return false
    seen++
  }
  return seen > 0
}
