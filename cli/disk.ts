import { existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fail, LapidaryError } from '../src/protocol/errors.ts'

/** What a disk says that takes no more, in words. */
const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'no more may be stored there',
  EROFS: 'nothing can be written there any more',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  EIO: 'the disk has failed',
  ENOENT: 'the folder is gone',
  EFBIG: 'that disk takes no file so large',
}

/**
 * A failure to write, told by the file's name; any other error as it is.
 * @param hint what to do, and what is left
 */
export function unwritten(error: unknown, path: string, hint: string): unknown {
  const { code, syscall, path: of } = error as NodeJS.ErrnoException
  const reason = REASONS[code ?? '']
  // What cannot be read is told by whoever reads it.
  const written = syscall === 'write' || (of !== undefined && (of.startsWith(path) || path.startsWith(of)))
  if (reason === undefined || !written) return error
  return new LapidaryError(
    { code: 'not_saved', message: `${path} could not be written: ${reason}.`, hint },
    { cause: error },
  )
}

/**
 * Before files are written, of which it is known how large they are.
 * @throws LapidaryError `not_saved` where they cannot fit
 */
export function requireRoom(folder: string, bytes: number, flag: string): void {
  const { bavail, bsize } = statfsSync(nearestThere(folder))
  const free = bavail * bsize
  if (bytes <= free) return
  fail(
    'not_saved',
    `There is no room in ${folder}: ${inMegabytes(bytes)} are to be written, and ${inMegabytes(free)} are free.`,
    `Make room there, or name another folder with ${flag}.`,
  )
}

/** A folder, or where it is not there yet the nearest above it that is. */
export function nearestThere(folder: string): string {
  let there = resolve(folder)
  while (!existsSync(there)) there = dirname(there)
  return there
}

const inMegabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
