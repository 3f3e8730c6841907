import { Damaged, Unsupported } from '../../files/damage.ts'
import { fail, LapidaryError } from '../../protocol/errors.ts'

type Detail = Record<string, string | number>

/**
 * Runs a part of a library on a file's bytes; whatever it throws becomes an error that says where in the file it was: damaged
 * where a count, a length or a check sum was found wrong, not supported where that is known, and else only that it cannot be read.
 * @param where such as "row group 3"
 */
export async function guarded<T>(
  what: string,
  file: string,
  where: string,
  work: () => Promise<T> | T,
  detail: Detail = {},
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LapidaryError) throw error
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof Unsupported || /unsupported|not supported/i.test(reason))
      return unsupported(file, where, reason, detail)
    if (error instanceof Damaged) return damaged(what, file, where, reason, detail)
    return unreadable(what, file, where, error, detail)
  }
}

export function damaged(
  what: string,
  file: string,
  where: string,
  reason: string,
  detail: Detail = {},
): never {
  fail(
    'bad_file',
    `${file} is a damaged ${what} in its ${where}: ${reason.replace(/\.$/, '')}.`,
    'It was probably cut off or changed while being copied or downloaded; fetch it again.',
    { file, where, reason, ...detail },
  )
}

export function unsupported(file: string, where: string, reason: string, detail: Detail = {}): never {
  fail(
    'unsupported_format',
    `${file} cannot be read: ${reason.replace(/\.$/, '')}${where === 'schema' ? '' : ` (${where})`}.`,
    'Write it again without that, or as CSV, JSON lines or plain Parquet.',
    { file, where, reason, ...detail },
  )
}

/**
 * What a library's own words mean is not known, and an engine's ("Offset is outside the bounds of the DataView") help no one: they
 * go into the detail.
 */
function unreadable(what: string, file: string, where: string, error: unknown, detail: Detail): never {
  const reason = error instanceof Error ? error.message : String(error)
  // Its call stack is the only thing of an engine that a file can exhaust so.
  const deep = error instanceof RangeError && /call stack|recursion/i.test(reason)
  fail(
    'bad_file',
    deep
      ? `${file} is nested too deeply in its ${where} to be read.`
      : `${file} cannot be read as ${/^[AEIOU]/.test(what) ? 'an' : 'a'} ${what} in its ${where}: what it has there does not fit together.`,
    'If other programs read it, write it again with one of them; else it was changed on the way: fetch it again.',
    { file, where, reason, ...detail },
  )
}
