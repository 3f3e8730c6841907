import type { Message } from '../protocol/tokens.ts'
import { pythonLiteral } from './python-literal.ts'

const ROLES: Record<string, Message['role']> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  prompter: 'user',
  assistant: 'assistant',
  model: 'assistant',
  ai: 'assistant',
  gpt: 'assistant',
  chatgpt: 'assistant',
  bot: 'assistant',
  chatbot: 'assistant',
}

type Fields = Record<string, unknown>

/**
 * A conversation in a usual form: a list of `{role, content}`, (ShareGPT) `{from, value}`, (Gemini) `{role, parts}` or (Capybara)
 * `{input, output}`; a dictionary of such lists; JSON or Python text of one. Content may be a list of text parts. A turn of weight
 * 0, or with `train: false`, is not learnt.
 * @returns the turns, or in words what is wrong
 */
export function readMessages(value: unknown): Message[] | string {
  const turns = turnsOf(value)
  if (typeof turns === 'string') return turns
  if (turns.length === 0) return 'has no turns'
  const messages: Message[] = []
  for (const [i, turn] of turns.entries()) {
    const fields = ((typeof turn === 'object' && turn) || {}) as Fields
    const pair = pairOf(fields)
    if (pair) {
      messages.push(...pair)
      continue
    }
    const { role = fields.from, content = fields.value ?? fields.parts, weight, train } = fields
    const speaker = ROLES[String(role).trim().toLowerCase()]
    if (!speaker) return `has a turn (${i + 1}) whose role is ${JSON.stringify(role) ?? 'missing'}`
    const text = readContent(content)
    if (text === null) return `has a turn (${i + 1}) without text`
    const skipped = weight === 0 || train === false
    messages.push({ role: speaker, content: text, ...(skipped ? { learn: false } : {}) })
  }
  return messages
}

/** Whether a value is nested, or text of something nested that has turns in it. */
export function looksLikeTurns(value: unknown): boolean {
  if (typeof value !== 'string') return typeof value === 'object' && value !== null
  return /^\s*(?:array\s*\(\s*)?\[\s*\{\s*(['"])(?:role|from|content|value)\1\s*:/.test(value)
}

function turnsOf(value: unknown): unknown[] | string {
  let found = value
  if (typeof value === 'string') {
    try {
      found = JSON.parse(value)
    } catch {
      found = pythonLiteral(value)
      if (found === undefined) return 'is text, not a list of turns'
    }
  }
  if (Array.isArray(found)) return found
  return columnsOfTurns(found) ?? 'is not a list of turns'
}

/** `{role: [...], content: [...]}`, as Hugging Face's sequences of objects are kept. */
function columnsOfTurns(value: unknown): unknown[] | null {
  if (typeof value !== 'object' || value === null) return null
  const columns = Object.entries(value as Fields)
  const length = (columns[0]?.[1] as unknown[] | undefined)?.length
  if (!columns.some(([name]) => name === 'role' || name === 'from')) return null
  if (!columns.every(([, values]) => Array.isArray(values) && values.length === length)) return null
  return Array.from({ length: length! }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, (values as unknown[])[i]])),
  )
}

function pairOf({ role, from, input, output }: Fields): Message[] | null {
  if (role !== undefined || from !== undefined) return null
  if (typeof input !== 'string' || typeof output !== 'string') return null
  return [
    { role: 'user', content: input },
    { role: 'assistant', content: output },
  ]
}

/** Text, or a list of parts that are text (`{type: 'text', text}`, Gemini's `{text}`); null for anything else. */
export function readContent(content: unknown): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return null
  const parts = content.map((part) => {
    if (typeof part === 'string') return part
    const isText = part?.type === 'text' || (part?.type === undefined && Object.keys(part ?? {}).length === 1)
    return isText && typeof part.text === 'string' ? (part.text as string) : null
  })
  return parts.includes(null) ? null : parts.join('')
}

/** A system text as it stands beside a conversation: text, or (Gemini) an object of parts. Null where there is none. */
export function readSystem(value: unknown): string | null {
  const found = typeof value === 'object' && value !== null && 'parts' in value ? value.parts : value
  const text = readContent(found)
  return text === null || text.trim() === '' ? null : text
}
