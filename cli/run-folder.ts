import { mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import { nearestThere } from './disk.ts'

/** While a command writes to a run's folder: who it is. */
const HELD = '.running.json'

/** How often it says that it is still there, and after how long it is not: of processes of another machine nothing else is known. */
const SIGN_MS = 20_000
const SILENT_MS = 90_000

interface Holder {
  pid: number
  host: string
}

/**
 * Tries whether a folder can be written, before anything is computed that would have to go there. Leaves nothing.
 * @throws LapidaryError `bad_config`
 */
export function requireWritable(folder: string, flag: string): void {
  const there = nearestThere(folder)
  try {
    rmdirSync(mkdtempSync(join(there, '.lapidary-')))
  } catch (error) {
    const reasons: Record<string, string> = {
      ENOTDIR: `${there} is a file`,
      EACCES: `${there} may not be written`,
      EPERM: `${there} may not be written`,
      EROFS: `${there} lies where nothing can be written`,
      ENOSPC: `the disk of ${there} is full`,
    }
    const { code, message } = error as NodeJS.ErrnoException
    fail(
      'bad_config',
      `${folder} cannot be written: ${reasons[code ?? ''] ?? message}.`,
      `Name another folder with ${flag}.`,
      { flag, path: folder },
    )
  }
}

/**
 * Marks a folder as written by this process, until `release` or its end: two would mix their logs and checkpoints.
 * @throws LapidaryError `bad_state` where another process that is still there writes to it
 */
export function holdFolder(folder: string): void {
  const path = join(folder, HELD)
  const own: Holder = { pid: process.pid, host: hostname() }
  for (let tries = 0; ; tries++) {
    try {
      // Fails where it is there: of two that begin at once one is told.
      writeFileSync(path, JSON.stringify(own), { flag: 'wx' })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 0) throw error
    }
    const other = holder(path)
    if (other !== null && isThere(other, path))
      fail(
        'bad_state',
        `Another command is writing to ${folder} (process ${other.pid}${other.host === own.host ? '' : ` on ${other.host}`}).`,
        `Wait until it has ended, or stop it with Ctrl+C; where there is none any more, remove ${path}.`,
        { path: folder },
      )
    rmSync(path, { force: true })
  }
}

/** Says now and then that this process is still there, in a folder that it holds. @returns what ends it */
export function keepHeld(folder: string): () => void {
  const timer = setInterval(() => {
    try {
      utimesSync(join(folder, HELD), new Date(), new Date())
    } catch {
      // A folder that was removed meanwhile is told by the run itself.
    }
  }, SIGN_MS).unref()
  return () => clearInterval(timer)
}

export function releaseFolder(folder: string): void {
  const path = join(folder, HELD)
  if (holder(path)?.pid === process.pid) rmSync(path, { force: true })
}

/** Null where there is none, or only half of what one had to say. */
function holder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return null
  }
}

function isThere({ pid, host }: Holder, path: string): boolean {
  if (host !== hostname()) return Date.now() - statSync(path).mtimeMs < SILENT_MS
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
