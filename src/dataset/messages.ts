import type { Message, Tool } from '../protocol/tokens.ts'
import { BESIDE, BESIDE_TEXT, normalName } from './column-names.ts'
import { pythonLiteral } from './python-literal.ts'
import { filled, namesById, readCalls, readTools } from './tools.ts'

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

export const isSpeaker = (name: string): boolean => Object.hasOwn(ROLES, name.trim().toLowerCase())

/**
 * A conversation in a usual form: a list of `{role, content}`, (ShareGPT) `{from, value}`, (Gemini) `{role, parts}` or (Capybara)
 * `{input, output}`; a dictionary of such lists; an object around one (`{messages}`, `{contents}`); JSON or Python text of one. Content
 * may be a list of text parts. A turn of weight 0, with `train: false` or the like, or `masked: true`, is not
 * learnt.
 * @returns the turns, or in words what is wrong
 */
export function readMessages(value: unknown): Message[] | string {
  const read = readDialogue(value, false)
  return typeof read === 'string' ? read : read.messages
}

/** Turns, and the functions that are declared around them. */
export interface Dialogue {
  messages: Message[]
  tools: Tool[]
}

/** The same with functions, calls of them and their responses, where `tools` says that they are understood. */
export function readDialogue(value: unknown, tools: boolean): Dialogue | string {
  const found = parsed(value)
  if (found === undefined) return 'is text, not a list of turns'
  const turns = turnsOf(found)
  if (typeof turns === 'string') return turns
  if (turns.length === 0) return 'has no turns'
  const around = Array.isArray(found) ? {} : (found as Fields)
  const beside = BESIDE.find(
    (name) =>
      !(tools && name === 'tools') &&
      Object.entries(around).some(([key, inner]) => normalName(key) === name && isFilled(inner)),
  )
  if (beside !== undefined) return `has ${beside} around its turns, which the model would not see`
  const system = readSystem(around.systemInstruction ?? around.system_instruction ?? around.system)
  const declared = tools ? readTools(around.tools) : []
  if (typeof declared === 'string') return declared
  const messages: Message[] = system === null ? [] : [{ role: 'system', content: system }]
  const called = new Map<string, string>()
  for (const [i, turn] of turns.entries()) {
    const fields = ((typeof turn === 'object' && turn) || {}) as Fields
    const pair = pairOf(fields)
    if (pair) {
      messages.push(...pair)
      continue
    }
    const { role = fields.from, content = fields.value ?? fields.parts } = fields
    const spoken = String(role).trim().toLowerCase()
    if (tools && RESPONDS.has(spoken)) {
      const response = readResponse(fields, content, called)
      if (typeof response === 'string') return `has a turn (${i + 1}) ${response}`
      messages.push(response)
      continue
    }
    const speaker = ROLES[spoken]
    if (!speaker) return `has a turn (${i + 1}) whose role is ${JSON.stringify(role) ?? 'missing'}`
    const calls = tools && speaker === 'assistant' ? readCalls(fields) : null
    if (typeof calls === 'string') return `has a turn (${i + 1}) ${calls}`
    if (calls === null && callsTool(fields)) return `has a turn (${i + 1}) that calls a tool`
    for (const [id, name] of namesById(fields)) called.set(id, name)
    const text = calls && (content ?? null) === null ? '' : readContent(content)
    if (text === null) return `has a turn (${i + 1}) ${otherContent(content) ?? 'without text'}`
    const weight = fields.weight ?? fields.loss_weight ?? null
    const known = weight === null || isOff(weight) || isOn(weight)
    if (!known)
      return `has a turn (${i + 1}) of weight ${JSON.stringify(weight)?.slice(0, 40)}, where 0 and 1 are known`
    const skipped = isOff(weight) || LEARNT.some((name) => isOff(fields[name])) || isOn(fields.masked)
    messages.push({
      role: speaker,
      content: text,
      ...(skipped ? { learn: false } : {}),
      ...(calls ? { calls } : {}),
    })
  }
  return { messages, tools: declared }
}

/** Who says what a function gave back. */
const RESPONDS = new Set(['tool', 'function', 'observation'])

/** @returns in words what is wrong */
function readResponse(
  { name, tool_call_id }: Fields,
  content: unknown,
  called: ReadonlyMap<string, string>,
): Message | string {
  const of = typeof name === 'string' && name.trim() !== '' ? name : called.get(String(tool_call_id))
  if (of === undefined)
    return 'that responds to no call that is known: it has neither a name nor the id of a call'
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    const response = filled(content) as Fields
    return { role: 'tool', name: of, content: JSON.stringify(response), response }
  }
  const text = readContent(content)
  return text === null
    ? `${otherContent(content) ?? 'without text'}`
    : { role: 'tool', name: of, content: text }
}

/** Turns of one speaker in a row as one, where they are learnt or not alike. */
export function mergedTurns(messages: readonly Message[], separator: string): Message[] {
  const merged: Message[] = []
  for (const message of messages) {
    const last = merged.at(-1)
    if (last && last.role === message.role && isLearnt(last) === isLearnt(message))
      merged[merged.length - 1] = { ...last, content: last.content + separator + message.content }
    else merged.push(message)
  }
  return merged
}

const isLearnt = ({ role, learn }: Message) => role === 'assistant' && learn !== false

/** Whether, after a system turn or without one, user and assistant take turns, the user first. */
export function isAlternating(messages: readonly Message[]): boolean {
  const spoken = messages[0]?.role === 'system' ? messages.slice(1) : messages
  return spoken.every(({ role }, i) => role === (i % 2 === 0 ? 'user' : 'assistant'))
}

/** What says of a turn whether it is learnt, by trainers. */
const LEARNT = ['train', 'training', 'trainable', 'learn', 'loss', 'loss_mask']
const isOff = (value: unknown) =>
  value === false || value === 0 || (typeof value === 'string' && /^(?:false|0(?:\.0*)?)$/i.test(value))
const isOn = (value: unknown) =>
  value === true || value === 1 || (typeof value === 'string' && /^(?:true|1(?:\.0*)?)$/i.test(value))

/** Field names of things that stand beside the text of turns (`reasoning_content`), and that the model would not see. */
export function besideText(value: unknown): Set<string> {
  const names = new Set<string>()
  if (typeof value === 'string' && !MAY_HOLD_MORE.test(value)) return names
  const turns = turnsOf(parsed(value))
  if (typeof turns === 'string') return names
  for (const turn of turns)
    for (const [name, inner] of Object.entries(turn ?? {}))
      if (BESIDE_TEXT.includes(normalName(name)) && inner !== '' && isFilled(inner)) names.add(name)
  return names
}

/** Text is parsed once more only where it may have such a field. */
const MAY_HOLD_MORE = new RegExp(
  `(?:${BESIDE_TEXT.map((name) => name.replace(' ', '.?')).join('|')})['"]\\s*:`,
  'i',
)

/** Whether a value is a list that has turns in it or nothing, or an object or text of such a list. */
export function looksLikeTurns(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) {
    const list = Array.isArray(value) ? value : (wrapped(value) ?? columnsOfTurns(value))
    return list !== null && (list.length === 0 || list.some((turn) => isTurn(turn)))
  }
  if (typeof value !== 'string') return false
  return /^\s*(?:array\s*\(\s*)?\[\s*\{\s*(['"])(?:role|from|content|value)\1\s*:/.test(value)
}

function isTurn(turn: unknown): boolean {
  if (typeof turn !== 'object' || turn === null) return false
  return 'role' in turn || 'from' in turn || pairOf(turn as Fields) !== null
}

/** The list in an object that is made for it, as requests of services are. */
function wrapped(value: unknown): unknown[] | null {
  if (typeof value !== 'object' || value === null) return null
  for (const name of ['messages', 'contents', 'conversations', 'conversation'] as const) {
    const list = (value as Fields)[name]
    if (Array.isArray(list)) return list
  }
  return null
}

/** OpenAI's calls, of now and of before. */
function callsTool({ tool_calls, function_call }: Fields): boolean {
  return (Array.isArray(tool_calls) && tool_calls.length > 0) || (function_call ?? null) !== null
}

/** What content has that is no text, in words; null where there is no saying. */
function otherContent(content: unknown): string | null {
  if (!Array.isArray(content)) return null
  for (const part of content as Fields[]) {
    if (typeof part !== 'object' || part === null) continue
    if (part.type === 'tool_use' || part.functionCall || part.function_call) return 'that calls a tool'
    if (part.type === 'tool_result' || part.functionResponse || part.function_response)
      return "that holds a tool's result"
    const other = part.type ?? Object.keys(part).find((key) => key !== 'text')
    if (other !== undefined && other !== 'text') return `that holds "${other}", which is no text`
  }
  return null
}

/** What text of JSON or Python holds; undefined where it is neither. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return pythonLiteral(value)
  }
}

const isFilled = (value: unknown) => (Array.isArray(value) ? value.length > 0 : (value ?? null) !== null)

function turnsOf(found: unknown): unknown[] | string {
  if (Array.isArray(found)) return found
  return wrapped(found) ?? columnsOfTurns(found) ?? 'is not a list of turns'
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
