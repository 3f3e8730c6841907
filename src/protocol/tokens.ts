/** What the data worker writes and the train worker reads: Arrow IPC with these columns. */
export const TOKEN_TABLE_COLUMNS = ['tokens', 'supervised', 'row', 'split'] as const
export type Split = 'train' | 'validation' | 'test'

/** How an example came to be. Everything but `data` is made, and in the training split only. */
export type Origin = 'data' | 'reworded' | 'noisy' | 'synthetic'
/** A further column, there where some example is not of the data itself. */
export const ORIGIN_COLUMN = 'origin'

/** A function that a model may call, in OpenAI's form. */
export interface Tool {
  type: 'function'
  function: { name: string; description?: string; parameters?: Record<string, unknown> }
}

/** A call of a function: its arguments by name, or text where they are no JSON. */
export interface ToolCall {
  name: string
  arguments: Record<string, unknown> | string
}

/** A chat turn in the shape of the `messages` column. */
export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool'
  /** Empty where the turn is calls only; of a response that is no text, its JSON. */
  content: string
  /** False for a turn by the assistant that is read and not learnt. */
  learn?: false
  /** What the assistant calls in this turn. */
  calls?: ToolCall[]
  /** Role `tool`: the function that responds, and its response where that is fields and no text. */
  name?: string
  response?: Record<string, unknown>
}

/** An example as text, before tokenisation. The turns by the assistant are what is learnt. */
export interface Conversation {
  messages: Message[]
  row: number
  /** Functions that the model may call. */
  tools?: Tool[]
}

/** What a turn says, in one line of text for each call: `get_weather({"city":"Oslo"})`. */
export function saidIn({ content, calls = [] }: Pick<Message, 'content' | 'calls'>): string {
  const called = calls.map(({ name, arguments: given }) => `${name}(${textOf(given)})`)
  return [...(content.trim() === '' ? [] : [content]), ...called].join('\n')
}

const textOf = (given: ToolCall['arguments']) => (typeof given === 'string' ? given : JSON.stringify(given))
