/** What the data worker writes and the train worker reads: Arrow IPC with these columns. */
export const TOKEN_TABLE_COLUMNS = ['tokens', 'supervised', 'row', 'split'] as const
export type Split = 'train' | 'validation' | 'test'

/** How an example came to be. Everything but `data` is made, and in the training split only. */
export type Origin = 'data' | 'reworded' | 'noisy' | 'synthetic'
/** A further column, there where some example is not of the data itself. */
export const ORIGIN_COLUMN = 'origin'

/** A chat turn in the shape of the `messages` column. */
export interface Message {
  role: 'system' | 'user' | 'assistant'
  content: string
  /** False for a turn by the assistant that is read and not learnt. */
  learn?: false
}

/** An example as text, before tokenisation. The turns by the assistant are what is learnt. */
export interface Conversation {
  messages: Message[]
  row: number
}
