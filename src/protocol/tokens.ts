/** What the data worker writes and the train worker reads: Arrow IPC with these columns. */
export const TOKEN_TABLE_COLUMNS = ['tokens', 'supervised', 'row', 'split'] as const
export type Split = 'train' | 'validation' | 'test'

/** A chat turn in the shape of the `messages` column. */
export interface Message {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** An example as text, before tokenisation. The last turns by the assistant are what is learnt. */
export interface Conversation {
  messages: Message[]
  row: number
}
