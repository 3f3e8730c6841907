import type { GivenFile } from './files.ts'

export type Kind = 'Question, answer' | 'Chat' | 'Text'
/** Columns by the part they play. */
export type Roles = Partial<
  Record<'Question (prompt)' | 'Answer (response)' | 'Conversation (messages)' | 'Text', string>
>

/** What a person sees and does on the way from a file to what a model learns from it. */
export interface Walk {
  files: GivenFile[]
  /** Chosen with the button where nothing is said. */
  by?: 'dropping it' | 'dropping its folder'
  /** What it is called; a folder's name is not known yet. */
  title?: string
  size: string
  /** Cells of the first rows, by column: as they stand in the file. */
  first: Record<string, unknown[]>
  guess: { kind: Kind; roles?: Roles; reason: string }
  /** What is chosen instead of the guess, or besides. */
  mapped?: { kind?: Kind; roles?: Roles; template?: string; words?: Record<string, string> }
  /** What a finding says, with row and column. */
  finding: RegExp
  step: {
    name: string
    fill?: Record<string, string>
    check?: string[]
    choose?: Record<string, string>
    counts: string
    /** The first row that it changes. */
    row: number
    column: string
    before: string
    after: string
  }
  /** An example as tokens. */
  read?: RegExp
  learnt: RegExp
  /** Goes on to be learnt: one of each kind. */
  trained?: true
}

export const columnsOf = (all: Record<string, unknown>[]): Record<string, unknown[]> =>
  Object.fromEntries(Object.keys(all[0]!).map((name) => [name, all.map((row) => row[name])]))

export const pair = (prompt: string, response: string): Roles => ({
  'Question (prompt)': prompt,
  'Answer (response)': response,
})
export const asked = (prompt: string, response: string): Walk['guess'] => ({
  kind: 'Question, answer',
  roles: pair(prompt, response),
  reason: `By their names, "${prompt}" is what is asked and "${response}" what is to be answered.`,
})

export const TIDY: Walk['step'] = {
  name: 'Tidy up spaces',
  counts: '24 rows in, 24 out · 24 changed',
  row: 1,
  column: 'question',
  before: 'Where is  the café number 1?',
  after: 'Where is the café number 1?',
}
