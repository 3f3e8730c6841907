import { exitCode, type Failure, toFailure, UNFORESEEN } from '../src/protocol/errors.ts'

/** One line on standard error: code, what is wrong, where, what to do. @returns the exit code */
export function report(error: unknown): 1 | 2 {
  const failure = here(toFailure(error))
  process.stderr.write(`${failureLine(failure)}\n`)
  return exitCode(failure)
}

/** What was not foreseen is told by `toFailure` to somebody who looks at the page. */
function here(failure: Failure): Failure {
  if (failure.hint !== UNFORESEEN) return failure
  return {
    ...failure,
    hint: 'This is a fault of ours. Run the same command again; if it comes again, please report it with this line.',
  }
}

export function failureLine({ code, message, hint, detail }: Failure): string {
  const where = Object.entries(detail ?? {})
    .filter(([name, value]) => name !== 'stack' && value !== null)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
  const line = `${code}: ${message.replace(/\.$/, '')}${where ? ` (${where})` : ''}. ${hint}`
  return line.replace(/\s+/g, ' ').trim()
}
