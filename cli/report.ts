import { exitCode, type Failure, toFailure } from '../src/protocol/errors.ts'

/** One line on standard error: code, what is wrong, where, what to do. @returns the exit code */
export function report(error: unknown): 1 | 2 {
  const failure = toFailure(error)
  process.stderr.write(`${failureLine(failure)}\n`)
  return exitCode(failure)
}

export function failureLine({ code, message, hint, detail }: Failure): string {
  const where = Object.entries(detail ?? {})
    .filter(([name, value]) => name !== 'stack' && value !== null)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
  const line = `${code}: ${message.replace(/\.$/, '')}${where ? ` (${where})` : ''}. ${hint}`
  return line.replace(/\s+/g, ' ').trim()
}
