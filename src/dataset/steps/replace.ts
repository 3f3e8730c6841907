import { compile, PatternError, type SafeRegex } from '../../lib/safe-regex.ts'
import type { StepOf } from '../../protocol/data-steps.ts'
import { fail } from '../../protocol/errors.ts'
import type { Frame } from '../frame.ts'
import { mapText, type StepContext, type StepResult, textColumns } from './step.ts'

/** A search that has taken so long over all rows is given up. */
const MAX_MS = 20_000

/** Find and replace, in text and in the turns of conversations. @throws LapidaryError `bad_config` for a bad pattern */
export function replace(frame: Frame, step: StepOf<'replace'>, context: StepContext): StepResult {
  const columns = textColumns(frame, step.columns)
  if (step.mode === 'text' && !step.ignore_case)
    return mapText(frame, columns, (text) => text.replaceAll(step.find, () => step.with), context)
  const pattern = step.mode === 'regex' ? step.find : step.find.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  const replacement = step.mode === 'regex' ? step.with : step.with.replaceAll('$', '$$$$')
  const regex = userRegex(pattern, `g${step.ignore_case ? 'i' : ''}`)
  const timed = budget()
  return mapText(frame, columns, (text) => timed(() => regex.replace(text, replacement)), context)
}

/** @throws LapidaryError `bad_config` naming what is wrong with the pattern */
export function userRegex(pattern: string, flags: string): SafeRegex {
  return refusing(() => compile(pattern, flags))
}

/** Runs searches under one time limit over all of them. */
export function budget(): <T>(work: () => T) => T {
  let spent = 0
  return (work) => {
    const start = performance.now()
    const result = refusing(work)
    spent += performance.now() - start
    if (spent > MAX_MS)
      fail(
        'bad_config',
        `The pattern has searched for ${MAX_MS / 1000} seconds and was stopped.`,
        'Use a simpler pattern, or fewer rows.',
        { field: 'find' },
      )
    return result
  }
}

function refusing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof PatternError) fail('bad_config', error.reason, error.hint, { field: 'find' })
    throw error
  }
}
