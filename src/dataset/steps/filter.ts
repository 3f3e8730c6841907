import type { StepOf } from '../../protocol/data-steps.ts'
import type { Frame } from '../frame.ts'
import { asNumber, asText, isMissing } from '../values.ts'
import { budget, userRegex } from './replace.ts'
import { keepRows, type StepContext, type StepResult } from './step.ts'

/** Steps that drop rows by what is in them. */

export function filter(frame: Frame, step: StepOf<'filter'>, context: StepContext): StepResult {
  const values = frame.column(step.column)
  const passes = tester(step.test)
  return keepRows(
    frame,
    (i) => {
      if ((i & 4095) === 0) context.signal?.throwIfAborted()
      return passes(values[i]) === step.keep
    },
    step.column,
  )
}

/** A missing value has length 0, contains and equals nothing, and lies between no limits. */
function tester(test: StepOf<'filter'>['test']): (value: unknown) => boolean {
  switch (test.is) {
    case 'missing':
      return isMissing
    case 'length': {
      const { min, max, unit } = test
      return (value) => {
        const text = asText(value)?.trim() ?? ''
        const length = unit === 'words' ? (text.match(/\S+/g)?.length ?? 0) : characters(text)
        return length >= min && (max === null || length <= max)
      }
    }
    case 'contains': {
      const wanted = test.ignore_case ? test.text.toLowerCase() : test.text
      return (value) => {
        const text = asText(value) ?? ''
        return (test.ignore_case ? text.toLowerCase() : text).includes(wanted)
      }
    }
    case 'matches': {
      const regex = userRegex(test.pattern, test.ignore_case ? 'i' : '')
      const timed = budget()
      return (value) => {
        const text = asText(value)
        return text !== null && timed(() => regex.test(text))
      }
    }
    case 'equals': {
      const wanted = new Set(test.values)
      return (value) => {
        const text = asText(value)
        return text !== null && (wanted.has(text) || wanted.has(text.trim()))
      }
    }
    case 'between': {
      const { min, max } = test
      return (value) => {
        const x = asNumber(value)
        return Number.isFinite(x) && (min === null || x >= min) && (max === null || x <= max)
      }
    }
  }
}

/** Code points: an emoji counts one, or a few where it is put together of several. */
function characters(text: string): number {
  let pairs = 0
  for (let i = 0; i < text.length - 1; i++)
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) pairs++
  return text.length - pairs
}

export function dropMissing(frame: Frame, step: StepOf<'drop_missing'>): StepResult {
  const columns = step.columns.map((name) => frame.column(name))
  const lacks = (i: number) => (values: readonly unknown[]) => isMissing(values[i])
  return keepRows(
    frame,
    (i) => !(step.how === 'any' ? columns.some(lacks(i)) : columns.every(lacks(i))),
    step.columns[0]!,
  )
}

/** Rows by their number in the data set: where a step made several of one, all of them go. */
export function dropRows(frame: Frame, step: StepOf<'drop_rows'>): StepResult {
  const dropped = new Set(step.rows)
  return keepRows(frame, (i) => !dropped.has(frame.source[i]!), frame.names[0] ?? '')
}
