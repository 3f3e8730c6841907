import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a name or a text must be, or hold. */
export type Words = string | RegExp

/** An element as a person tells of it: what it is, what it is called, and where. */
export interface Query {
  role:
    | 'button'
    | 'cell'
    | 'link'
    | 'menuitem'
    | 'heading'
    | 'textbox'
    | 'checkbox'
    | 'file'
    | 'region'
    | 'article'
    | 'status'
    | 'alert'
    | 'any'
  name?: Words
  text?: Words
  within?: Query
}

/** A browser with one page. Handles are good until the page changes. */
export interface Driver<Handle = unknown> {
  readonly version: string
  /** Folder that downloads go to. */
  readonly downloads: string
  open(url: string): Promise<void>
  /** Questions asked on leaving are answered with yes. */
  reload(): Promise<void>
  find(query: Query): Promise<Handle | null>
  /** As a person does it: a pointer at the middle of what is seen. */
  click(element: Handle): Promise<void>
  /** Takes the place of what stood there. */
  type(element: Handle, text: string): Promise<void>
  chooseFile(element: Handle, path: string): Promise<void>
  /** From here on the frame that an expression of the page gives is meant by what is looked for and run; null: the page. */
  enter(frame: string | null): Promise<void>
  /** Runs the body of an async function in the page. What it returns is carried over as JSON. */
  run<T>(body: string): Promise<T>
  /** A PNG of what is in view. */
  screenshot(): Promise<Uint8Array>
  close(): Promise<void>
}

/** `find(query)`, as an expression to evaluate in the page. */
export function findExpression(query: Query): string {
  const source = readFileSync(join(import.meta.dirname, 'find.js'), 'utf8').replace(
    'export function',
    'function',
  )
  return `(() => { ${source}\nreturn find(${JSON.stringify(plain(query))}) })()`
}

interface PlainQuery {
  role: string
  name?: object
  text?: object
  within?: PlainQuery
}

function plain({ role, name, text, within }: Query): PlainQuery {
  const words = (wanted: Words) =>
    typeof wanted === 'string' ? { exact: wanted } : { pattern: wanted.source, flags: wanted.flags }
  return {
    role,
    ...(name !== undefined && { name: words(name) }),
    ...(text !== undefined && { text: words(text) }),
    ...(within && { within: plain(within) }),
  }
}

/** A query in words, for what could not be found. */
export function told({ role, name, text, within }: Query): string {
  return [
    role,
    name === undefined ? '' : `named ${typeof name === 'string' ? `"${name}"` : name}`,
    text === undefined ? '' : `with ${typeof text === 'string' ? `"${text}"` : text}`,
    within ? `in ${told(within)}` : '',
  ]
    .filter(Boolean)
    .join(' ')
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
