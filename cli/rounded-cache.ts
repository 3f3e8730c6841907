import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { cacheFolder } from './cache.ts'

/** Where a served model's worker finds and leaves the blocks that it was rounded to (`src/workers/served-rounding.ts`). */
export const ROUNDED_PATH = '/given/rounded/'
/** All that is kept at most, in bytes: a 4B in 4 bits takes 2.5 GB. */
const MOST_BYTES = 8 * 2 ** 30
/** Of the disk's room that is left they take no more than so much: they can be made again. */
const SHARE_OF_ROOM = 1 / 4
/** What a command that was ended left half written is older than this, in milliseconds. */
const STALE_MS = 24 * 3600e3
/** Hash of the model, what it is held in, version of the rounding. */
const KEY = /^[0-9a-f]{64}-int[48]-\d+$/

interface Writing {
  folder: string
  file: number
  bytes: number
  /** Pieces so far, and bytes of them. */
  pieces: number
  at: number
}

export interface RoundedCache {
  /** For the server: what is there already. */
  folders: ReadonlyMap<string, string>
  /** Takes what is PUT under `ROUNDED_PATH`. @returns whether the path is one of these */
  put(path: string, body: Readable): Promise<boolean>
  /** Takes back what was not written to its end. */
  close(): void
}

/**
 * Blocks of rounded bases, in the command line's cache: a folder for each, under its key, which is there whole or not at all. Where
 * nothing can be kept, what is PUT is refused, and bases are rounded each time.
 */
export function roundedCache(env = process.env, most = MOST_BYTES): RoundedCache {
  const root = join(cacheFolder(env), 'rounded')
  const writing = new Map<string, Writing>()
  const drop = (key: string) => {
    const own = writing.get(key)
    if (!own) return
    writing.delete(key)
    closeSync(own.file)
    rmSync(own.folder, { recursive: true, force: true })
  }

  function begin(key: string, bytes: number): void {
    drop(key)
    mkdirSync(root, { recursive: true })
    const { bavail, bsize } = statfsSync(root)
    if (!(bytes > 0 && bytes <= Math.min(most, bavail * bsize * SHARE_OF_ROOM)))
      throw new Error('there is no room to spare')
    const folder = join(root, `${key}.${process.pid}.part`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    writing.set(key, { folder, file: openSync(join(folder, 'blocks.bin'), 'w'), bytes, pieces: 0, at: 0 })
  }

  function finish(key: string, table: Buffer): void {
    const own = writing.get(key)
    if (!own || own.at !== own.bytes) throw new Error('it is not whole')
    writeFileSync(join(own.folder, 'table.json'), table)
    closeSync(own.file)
    writing.delete(key)
    const place = join(root, key)
    // Another command may have been quicker, with the same bytes.
    if (existsSync(place)) rmSync(own.folder, { recursive: true, force: true })
    else renameSync(own.folder, place)
    tidy(root, most, key)
  }

  return {
    folders: new Map([[ROUNDED_PATH, `${root}/`]]),
    async put(path, body) {
      if (!path.startsWith(ROUNDED_PATH)) return false
      const [key = '', what = ''] = path.slice(ROUNDED_PATH.length).split('/')
      const bytes = await buffer(body)
      if (!KEY.test(key)) throw new Error(`${path} is none of a rounded base`)
      if (what === 'begin') begin(key, (JSON.parse(bytes.toString()) as { bytes: number }).bytes)
      else if (what === 'table.json') finish(key, bytes)
      else if (what === 'discard') drop(key)
      else if (what === 'gone') rmSync(join(root, key), { recursive: true, force: true })
      else {
        const own = writing.get(key)
        if (!own || what !== String(own.pieces)) throw new Error(`${path} comes out of turn`)
        writeSync(own.file, bytes)
        own.pieces++
        own.at += bytes.length
      }
      return true
    },
    close() {
      for (const key of [...writing.keys()]) drop(key)
    },
  }
}

/** Marks a model's blocks as used, so that others make room first. @param hash of the model */
export function useRounded(hash: string, env = process.env): void {
  const root = join(cacheFolder(env), 'rounded')
  for (const name of namesIn(root)) {
    if (!name.startsWith(`${hash}-`)) continue
    try {
      utimesSync(join(root, name), new Date(), new Date())
    } catch {
      // Of a cache that cannot be written to, nothing is removed either.
    }
  }
}

/** Makes room: what was used longest ago goes, and what was left half written. @param kept key of what stays */
function tidy(root: string, most: number, kept: string): void {
  const whole: { path: string; used: number; bytes: number }[] = []
  for (const name of namesIn(root)) {
    const path = join(root, name)
    try {
      const used = statSync(path).mtimeMs
      if (name.endsWith('.part')) {
        if (Date.now() - used > STALE_MS) rmSync(path, { recursive: true, force: true })
      } else whole.push({ path, used, bytes: statSync(join(path, 'blocks.bin')).size })
    } catch {
      // Another command has just removed it.
    }
  }
  let total = whole.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { path, bytes } of whole.sort((a, b) => a.used - b.used)) {
    if (total <= most) return
    if (path === join(root, kept)) continue
    rmSync(path, { recursive: true, force: true })
    total -= bytes
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
