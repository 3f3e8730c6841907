import { createHash } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { homedir, platform } from 'node:os'
import { dirname, join } from 'node:path'
import type { ChunkStore } from '../src/files/chunked-fetch.ts'
import { FETCH_CHUNK } from '../src/files/chunked-fetch.ts'

/** Where what was fetched is kept: the system's folder for what can be fetched again. */
export function cacheFolder(env = process.env): string {
  const own = env.LAPIDARY_CACHE
  if (own) return own
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'lapidary')
  if (platform() === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'lapidary', 'cache')
  return join(homedir(), platform() === 'darwin' ? 'Library/Caches' : '.cache', 'lapidary')
}

/** Where huggingface_hub keeps its own files, as it finds it. */
export function hubCacheFolder(env = process.env): string {
  return env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome(env), 'hub')
}

export function hubHome(env = process.env): string {
  return env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface')
}

/** A file's chunks in one file on disk, and beside it which of them are there. */
export class FileChunks implements ChunkStore {
  readonly #path: string
  readonly #size: number
  readonly #lengths = new Map<number, number>()

  /** @param path of the unfinished file; its folder is made */
  constructor(path: string, size: number) {
    this.#path = path
    this.#size = size
    mkdirSync(dirname(path), { recursive: true })
    try {
      const before = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as {
        size: number
        /** Of earlier versions it is not there: their chunks were larger. */
        chunk?: number
        lengths: [number, number][]
      }
      const there = statSync(path).size
      if (before.size === size && before.chunk === FETCH_CHUNK)
        for (const [index, length] of before.lengths)
          if (index * FETCH_CHUNK + length <= there) this.#lengths.set(index, length)
    } catch {
      // Nothing of it is there, or nothing that can be gone on with.
    }
  }

  async lengths(): Promise<Map<number, number>> {
    return new Map(this.#lengths)
  }

  async read(index: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.#lengths.get(index) ?? 0)
    const file = openSync(this.#path, 'r')
    try {
      readSync(file, bytes, 0, bytes.length, index * FETCH_CHUNK)
    } finally {
      closeSync(file)
    }
    return bytes
  }

  async write(index: number, bytes: Uint8Array): Promise<void> {
    const file = openSync(this.#path, existsSync(this.#path) ? 'r+' : 'w')
    try {
      writeSync(file, bytes, 0, bytes.length, index * FETCH_CHUNK)
    } finally {
      closeSync(file)
    }
    this.#lengths.set(index, bytes.length)
    const there = { size: this.#size, chunk: FETCH_CHUNK, lengths: [...this.#lengths] }
    writeFileSync(`${this.#path}.json`, JSON.stringify(there))
  }

  async clear(): Promise<void> {
    this.#lengths.clear()
    for (const path of [this.#path, `${this.#path}.json`]) rmSync(path, { force: true })
  }

  /** The file is whole: it gets its name. */
  finish(path: string): void {
    if (!existsSync(this.#path)) writeFileSync(this.#path, '')
    renameSync(this.#path, path)
    rmSync(`${this.#path}.json`, { force: true })
  }
}

/** Gives a file a second name; where the system cannot, a copy. */
export function alsoAs(file: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const part = `${path}.${process.pid}.part`
  rmSync(part, { force: true })
  try {
    linkSync(file, part)
  } catch {
    copyFileSync(file, part)
  }
  renameSync(part, path)
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}
