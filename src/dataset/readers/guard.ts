import { fail, LapidaryError } from '../../protocol/errors.ts'

/**
 * Runs a part of a library on a file's bytes; whatever it throws becomes a `bad_file` that says where in the file it was.
 * @param where such as "row group 3"
 */
export async function guarded<T>(
  what: string,
  file: string,
  where: string,
  work: () => Promise<T> | T,
  detail: Record<string, string | number> = {},
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LapidaryError) throw error
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    return damaged(what, file, where, error instanceof Error ? error.message : String(error), detail)
  }
}

export function damaged(
  what: string,
  file: string,
  where: string,
  reason: string,
  detail: Record<string, string | number> = {},
): never {
  fail(
    'bad_file',
    `${file} is a damaged ${what} in its ${where}: ${reason.replace(/\.$/, '')}.`,
    'It was probably cut off or changed while being copied or downloaded; fetch it again.',
    { file, where, reason, ...detail },
  )
}
