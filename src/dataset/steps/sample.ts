import { SITE, shuffle } from '../../lib/threefry.ts'
import type { StepOf } from '../../protocol/data-steps.ts'
import type { Frame } from '../frame.ts'
import { asText } from '../values.ts'
import { keepRows, type StepContext, type StepResult } from './step.ts'

/** Steps that take a part of the rows. Counts are of the whole data set: on a sample they are scaled with it. */

export function sample(frame: Frame, step: StepOf<'sample'>, context: StepContext): StepResult {
  const rows = scaled(step.rows, context)
  if (rows >= frame.rows) return { frame, dropped: 0 }
  const order = shuffle(frame.rows, context.seed, context.index, SITE.sampleRows)
  const drawn = new Set(order.subarray(0, rows))
  return keepRows(frame, (i) => drawn.has(i), frame.names[0] ?? '')
}

export function limit(frame: Frame, step: StepOf<'limit'>, context: StepContext): StepResult {
  const skip = Math.round(step.skip * context.share)
  const end = skip + scaled(step.rows, context)
  return keepRows(frame, (i) => i >= skip && i < end, frame.names[0] ?? '')
}

/** Which rows of a frequent value stay is drawn; a missing value is a value like any other. */
export function balance(frame: Frame, step: StepOf<'balance'>, context: StepContext): StepResult {
  const values = frame.column(step.column)
  const most = scaled(step.most, context)
  const taken = new Map<string | null, number>()
  const kept = new Uint8Array(frame.rows)
  for (const i of shuffle(frame.rows, context.seed, context.index, SITE.sampleRows)) {
    const value = asText(values[i])
    const count = taken.get(value) ?? 0
    if (count >= most) continue
    taken.set(value, count + 1)
    kept[i] = 1
  }
  return keepRows(frame, (i) => kept[i] === 1, step.column)
}

function scaled(rows: number, { share }: StepContext): number {
  return Math.max(1, Math.round(rows * share))
}
