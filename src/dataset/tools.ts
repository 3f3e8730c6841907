import type { Tool, ToolCall } from '../protocol/tokens.ts'

/** Functions and calls of them in conversations: OpenAI's form, which TRL and Transformers take too. */

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Functions declared beside a conversation: a list of `{type: 'function', function: {name, description, parameters}}`, or of what is
 * inside of those; JSON text of one.
 * @returns none where there is nothing; in words what is wrong
 */
export function readTools(value: unknown): Tool[] | string {
  const found = fromJson(value)
  if (found === null || found === undefined || found === '') return []
  if (!Array.isArray(found)) return 'has tools that are no list'
  const tools: Tool[] = []
  for (const [i, each] of found.entries()) {
    const given = isFields(each) && isFields(each.function) ? each.function : each
    const name = isFields(given) ? given.name : undefined
    if (!isFields(given) || typeof name !== 'string' || name.trim() === '')
      return `has a tool (${i + 1}) without a name`
    const { description, parameters, ...rest } = given
    if (parameters !== undefined && parameters !== null && !isFields(fromJson(parameters)))
      return `has a tool (${name}) whose parameters are no object`
    tools.push({
      type: 'function',
      function: {
        ...(filled(rest) as { name: string }),
        ...(typeof description === 'string' ? { description } : {}),
        ...(isFields(fromJson(parameters)) ? { parameters: filled(fromJson(parameters)) as Fields } : {}),
      },
    })
  }
  return tools
}

/**
 * The calls in a turn: `tool_calls`, or `function_call` as it was before. Null where it has none.
 * @returns in words what is wrong
 */
export function readCalls({ tool_calls, function_call }: Fields): ToolCall[] | null | string {
  const list = fromJson(tool_calls)
  const given = Array.isArray(list) && list.length > 0 ? list : isFields(function_call) ? [function_call] : []
  const calls: ToolCall[] = []
  for (const each of given) {
    const call = isFields(each) && isFields(each.function) ? each.function : each
    if (!isFields(call) || typeof call.name !== 'string' || call.name.trim() === '')
      return 'that calls a tool without a name'
    const read = fromJson(call.arguments ?? {})
    if (isFields(read)) calls.push({ name: call.name, arguments: filled(read) as Fields })
    else if (typeof read === 'string') calls.push({ name: call.name, arguments: read })
    else return `that calls ${call.name} with arguments that are no object`
  }
  return calls.length === 0 ? null : calls
}

/** Names of what is called, by the calls' ids: a response may say only to which call it is. */
export function namesById({ tool_calls }: Fields): [id: string, name: string][] {
  const list = fromJson(tool_calls)
  if (!Array.isArray(list)) return []
  return list.flatMap((each): [string, string][] => {
    const name = isFields(each) && isFields(each.function) ? each.function.name : undefined
    return isFields(each) && typeof each.id === 'string' && typeof name === 'string' ? [[each.id, name]] : []
  })
}

/** JSON text of an object or a list as what it says; anything else as it is. */
function fromJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** Without fields that are null: tables of objects fill in what only some of them have. TRL leaves them out, too. */
export function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled)
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, filled(inner)]])),
  )
}
