import { LapidaryError } from '../../protocol/errors.ts'
import type { Finding, StepReport } from '../../protocol/preparation.ts'
import type { Frame } from '../frame.ts'
import { asText } from '../values.ts'

/** What a step may know beside the rows. */
export interface StepContext {
  /** The run's seed; with `index`, all that random choices depend on. */
  seed: number
  /** Place of the step in the list. */
  index: number
  /** Rows at hand as a share of the whole data set: counts in a step are scaled by it when it runs on a sample. */
  share: number
  signal?: AbortSignal
}

export interface StepResult {
  frame: Frame
  changed?: number
  dropped?: number
  added?: number
  samples?: StepReport['samples']
  findings?: Finding[]
}

/** Before and after, shown for so many cells or rows of each step. */
export const SHOWN = 5
/** Longer text is cut in samples: they are for looking at. */
const SHOWN_LENGTH = 300

/** A cell as it is shown in a sample. */
export function shown(value: unknown): string | null {
  const text = asText(value)
  return text !== null && text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text
}

/** The named columns; with none named, every column that holds text, that of conversations included. @throws LapidaryError `missing_column` */
export function textColumns(frame: Frame, named: readonly string[]): string[] {
  if (named.length > 0) {
    for (const name of named) frame.column(name)
    return [...named]
  }
  const text = (value: unknown) => typeof value === 'string' || isObject(value)
  return frame.names.filter((name) => frame.column(name).some(text))
}

/**
 * Rewrites the text in columns: strings, and the strings inside lists and objects except for keys and roles, so that turns
 * of a conversation are reached too.
 */
export function mapText(
  frame: Frame,
  columns: readonly string[],
  change: (text: string) => string,
  context: StepContext,
): StepResult {
  return mapCells(
    frame,
    columns,
    (value) => {
      if (typeof value === 'string') return change(value)
      return typeof value === 'object' && value !== null ? mapDeep(value, change) : value
    },
    context,
  )
}

/** Rewrites cells. A row counts as changed once, however many of its cells are. */
export function mapCells(
  frame: Frame,
  columns: readonly string[],
  change: (value: unknown, column: string, row: number) => unknown,
  context: StepContext,
): StepResult {
  const touched = new Uint8Array(frame.rows)
  const samples: StepReport['samples'] = []
  let result = frame
  for (const column of columns) {
    const before = frame.column(column)
    const after = new Array<unknown>(before.length)
    let any = false
    for (let i = 0; i < before.length; i++) {
      if ((i & 4095) === 0) context.signal?.throwIfAborted()
      const value = before[i]
      after[i] =
        value === null || value === undefined ? null : located(change, value, column, frame.source[i]!)
      if (same(value ?? null, after[i])) continue
      any = true
      touched[i] = 1
      if (samples.length < SHOWN)
        samples.push({ row: frame.source[i]!, column, before: shown(value), after: shown(after[i]) })
    }
    if (any) result = result.with(column, after)
  }
  return { frame: result, changed: touched.reduce((sum, flag) => sum + flag, 0), samples }
}

/** Keeps rows by index; what was dropped is shown by the column that decided it. */
export function keepRows(frame: Frame, keep: (index: number) => boolean, column: string): StepResult {
  const kept = new Uint32Array(frame.rows)
  const samples: StepReport['samples'] = []
  let count = 0
  for (let i = 0; i < frame.rows; i++) {
    if (keep(i)) kept[count++] = i
    else if (samples.length < SHOWN)
      samples.push({
        row: frame.source[i]!,
        column,
        before: frame.has(column) ? shown(frame.column(column)[i]) : null,
        after: null,
      })
  }
  if (count === frame.rows) return { frame, dropped: 0, samples }
  return { frame: frame.pick(kept.slice(0, count)), dropped: frame.rows - count, samples }
}

/** A fault inside one cell says where it lies. */
function located(
  change: (value: unknown, column: string, row: number) => unknown,
  value: unknown,
  column: string,
  row: number,
): unknown {
  try {
    return change(value, column, row)
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
    throw new LapidaryError({ ...error.toFailure(), detail: { ...error.detail, row, column } })
  }
}

function mapDeep(value: object, change: (text: string) => string): unknown {
  if (Array.isArray(value))
    return value.map((item) =>
      typeof item === 'string' ? change(item) : isObject(item) ? mapDeep(item, change) : item,
    )
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (typeof inner === 'string') return [key, /^(role|from|type)$/.test(key) ? inner : change(inner)]
      return [key, isObject(inner) ? mapDeep(inner, change) : inner]
    }),
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function same(a: unknown, b: unknown): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  return isObject(a) && isObject(b) && JSON.stringify(a) === JSON.stringify(b)
}
