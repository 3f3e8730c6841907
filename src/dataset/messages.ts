import type { Message } from '../protocol/tokens.ts'

const ROLES: Record<string, Message['role']> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  prompter: 'user',
  assistant: 'assistant',
  model: 'assistant',
  gpt: 'assistant',
  bot: 'assistant',
  chatbot: 'assistant',
}

/**
 * A conversation in a usual form: a list of `{role, content}` or (ShareGPT) `{from, value}`, or JSON text of one; content
 * may be a list of text parts.
 * @returns the turns, or in words what is wrong
 */
export function readMessages(value: unknown): Message[] | string {
  let turns = value
  if (typeof value === 'string') {
    try {
      turns = JSON.parse(value)
    } catch {
      return 'is text, not a list of turns'
    }
  }
  if (!Array.isArray(turns)) return 'is not a list of turns'
  if (turns.length === 0) return 'has no turns'
  const messages: Message[] = []
  for (const [i, turn] of turns.entries()) {
    const {
      role,
      from,
      content,
      value: said,
    } = (typeof turn === 'object' && turn) || ({} as Record<string, unknown>)
    const speaker = ROLES[String(role ?? from).toLowerCase()]
    if (!speaker) return `has a turn (${i + 1}) whose role is ${JSON.stringify(role ?? from) ?? 'missing'}`
    const text = readContent(content ?? said)
    if (text === null) return `has a turn (${i + 1}) without text`
    messages.push({ role: speaker, content: text })
  }
  return messages
}

function readContent(content: unknown): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return null
  const parts = content.map((part) =>
    part?.type === 'text' && typeof part.text === 'string' ? part.text : null,
  )
  return parts.includes(null) ? null : parts.join('')
}
