/**
 * Failures as values. Every error a person can meet has a stable `code`, a `message` that says what is wrong and
 * where, and a `hint` that says what to do. It survives structured clone whole, so worker borders do not flatten it.
 */

/** `bad_*`, `unsupported_*`, `missing_*` are the caller's input (exit 2); the rest happened while working (exit 1). */
export type ErrorCode =
  | 'bad_config' // unknown, out-of-range or contradictory field of a run config
  | 'bad_file' // a file whose bytes are not what its format promises
  | 'bad_data' // rows that cannot be read or mapped
  | 'bad_model' // weights or tokenizer that disagree with config.json
  | 'bad_state' // a checkpoint that does not belong to this run
  | 'missing_file'
  | 'missing_column'
  | 'missing_tensor'
  | 'missing_device' // no usable WebGPU adapter
  | 'unsupported_model'
  | 'unsupported_format'
  | 'nothing_to_learn' // no supervised token is left
  | 'output_exists'
  | 'out_of_memory'
  | 'quota_exceeded'
  | 'not_saved' // a file, where the person wanted it
  | 'storage_deleted' // while the page was open, as with the next two
  | 'storage_cleared'
  | 'storage_newer'
  | 'storage_blocked' // from the start: the browser lets this page store nothing
  | 'device_lost'
  | 'not_finite' // several steps in a row were not finite
  | 'self_check_failed'
  | 'network'
  | 'gated' // a hub asks for an account, accepted terms or another token
  | 'cancelled'
  | 'internal'

export interface Failure {
  code: ErrorCode
  /** What is wrong and where, for a person. */
  message: string
  /** What to do about it. */
  hint: string
  /** Where exactly: row, column, byte, tensor, field, expected, found ... */
  detail?: Record<string, string | number | boolean | null>
}

const INPUT_CODES = /^(bad_|missing_(?!device)|unsupported_|nothing_to_learn|output_exists|gated)/

export class LapidaryError extends Error implements Failure {
  override readonly name = 'LapidaryError'
  readonly code: ErrorCode
  readonly hint: string
  readonly detail?: Failure['detail']

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options)
    this.code = failure.code
    this.hint = failure.hint
    if (failure.detail) this.detail = failure.detail
  }

  toFailure(): Failure {
    const { code, message, hint, detail } = this
    return detail ? { code, message, hint, detail } : { code, message, hint }
  }
}

export function fail(code: ErrorCode, message: string, hint: string, detail?: Failure['detail']): never {
  throw new LapidaryError(detail ? { code, message, hint, detail } : { code, message, hint })
}

/** A module that does not load on first use, as Chromium, Firefox and WebKit say it. */
const NOT_LOADED = /dynamically imported module|Importing a module script failed/i

/** The hint of what nobody has foreseen, on the page. */
export const UNFORESEEN =
  'This is a fault of ours. Reload the page; your runs are kept. Please report it with the text above.'

/** Any thrown value as a Failure; aborts become `cancelled`, the unexpected becomes `internal`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof LapidaryError) return error.toFailure()
  if (isFailure(error)) return { ...error }
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  const message = error instanceof Error ? error.message : String(error)
  if (name === 'AbortError')
    return { code: 'cancelled', message: 'Stopped.', hint: 'Start again when ready.' }
  if (name === 'QuotaExceededError')
    return {
      code: 'quota_exceeded',
      message: 'The browser has no room left to store this.',
      hint: 'Delete a model or a run that is no longer needed, or free disk space, then try again.',
    }
  if (error instanceof TypeError && NOT_LOADED.test(message))
    return {
      code: 'network',
      message: 'A part of this page, which is loaded on first use, did not come.',
      hint: 'Where the page comes from does not answer, or has another version of it by now. Try again; if that fails too, reload the page: your runs are kept.',
    }
  return {
    code: 'internal',
    message: message || 'Something unexpected went wrong.',
    hint: UNFORESEEN,
    ...(error instanceof Error && error.stack ? { detail: { stack: error.stack } } : {}),
  }
}

export function isFailure(value: unknown): value is Failure {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'hint' in value
  )
}

/** Exit code of the command line: 2 for bad input, 1 for anything else. */
export function exitCode(failure: Failure): 1 | 2 {
  return INPUT_CODES.test(failure.code) ? 2 : 1
}

/** Names for a hint, the first dozen. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `"${name}"`)
  return names.length > 12 ? `${shown.join(', ')} … (${names.length} in all)` : shown.join(', ')
}
