import type { StepOf } from '../../protocol/data-steps.ts'
import type { Frame } from '../frame.ts'
import { asText } from '../values.ts'
import { keepRows, type StepContext, type StepResult } from './step.ts'

/** Leaves one row of those that are the same, or with `keep: none` not even that. Rows with nothing in them are kept. */
export function deduplicate(frame: Frame, step: StepOf<'deduplicate'>, context: StepContext): StepResult {
  const names = step.columns.length > 0 ? step.columns : [...frame.names]
  const columns = names.map((name) => frame.column(name))
  const key = (i: number): string | null => {
    const parts = columns.map((values) => asText(values[i]))
    if (parts.every((part) => part === null)) return null
    return JSON.stringify(
      step.match === 'normalised'
        ? parts.map((part) => part && sameForm(part))
        : parts.map((part) => part?.trim()),
    )
  }
  const keys = new Array<string | null>(frame.rows)
  const seen = new Map<string, { first: number; last: number }>()
  for (let i = 0; i < frame.rows; i++) {
    if ((i & 4095) === 0) context.signal?.throwIfAborted()
    const found = (keys[i] = key(i))
    if (found === null) continue
    const known = seen.get(found)
    if (known) known.last = i
    else seen.set(found, { first: i, last: i })
  }
  const kept = (i: number) => {
    const found = keys[i]
    if (found === null || found === undefined) return true
    const { first, last } = seen.get(found)!
    if (step.keep === 'none') return first === last
    return i === (step.keep === 'first' ? first : last)
  }
  return keepRows(frame, kept, names[0] ?? '')
}

/** Text in the form in which it is compared: without case, accents' way of writing, punctuation and extra space. */
export function sameForm(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{Z}\p{C}\s]+/gu, ' ')
    .trim()
  // Of "?" and "..." nothing is left: they are not the same.
  return plain === '' ? text.trim() : plain
}
