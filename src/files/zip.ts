import { Inflate } from 'fflate'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { ByteSource } from './bytes.ts'
import { crc32 } from './crc32.ts'
import { Window } from './window.ts'

/**
 * ZIP archives by their central directory (APPNOTE 6.3, ZIP64 included), so that a cut-off archive is noticed at once
 * and an entry is inflated only when it is read; each is held against its check sum.
 */
export interface ZipEntry {
  /** Path with `/`. */
  name: string
  /** Bytes, unpacked. */
  size: number
  stream(signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Where its bytes lie in the archive, `[start, end)`; null where they are packed. They are not held against its check sum. */
  place(signal?: AbortSignal): Promise<{ start: number; end: number } | null>
}

const END = 0x06054b50
const END_64 = 0x06064b50
const END_64_LOCATOR = 0x07064b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
const PIECE = 1 << 20
/** Entries that are no larger follow each other closely: what lies behind one is read with it. */
const SMALL = 64 << 10
const AHEAD = 256 << 10
/** Central directories of more than this are no data set. */
const MAX_DIRECTORY = 64 << 20

/** @throws LapidaryError `bad_file`, `unsupported_format` for encrypted entries and rare methods, when they are read */
export async function zipEntries(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): Promise<ZipEntry[]> {
  const { offset, size, count } = await directoryOf(source, name, signal)
  if (size > MAX_DIRECTORY || offset + size > source.size)
    damaged(name, offset, 'its directory lies outside it')
  const bytes = await source.read(offset, offset + size, signal)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: ZipEntry[] = []
  const archive: Archive = { source, near: new Window(source, undefined, AHEAD) }
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || view.getUint32(at, true) !== CENTRAL)
      damaged(name, offset + at, `its directory is broken at entry ${i + 1} of ${count}`)
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    )
    const next = at + 46 + nameLength! + extraLength! + commentLength!
    if (next > size) damaged(name, offset + at, `its directory is broken at entry ${i + 1} of ${count}`)
    const path = decodeName(bytes.subarray(at + 46, at + 46 + nameLength!))
    const record: Entry = {
      path,
      archive: name,
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      local: view.getUint32(at + 42, true),
    }
    readZip64(record, view, at + 46 + nameLength!, extraLength!)
    if (!path.endsWith('/'))
      entries.push({
        name: path,
        size: record.size,
        stream: (abort) => inflate(archive, record, abort),
        place: (abort) => placeOf(archive, record, abort),
      })
    at = next
  }
  return entries
}

interface Archive {
  source: ByteSource
  /** The same, read ahead. */
  near: Window
}

interface Entry {
  path: string
  archive: string
  flags: number
  method: number
  crc: number
  packed: number
  size: number
  /** Byte at which its local header begins. */
  local: number
}

async function directoryOf(source: ByteSource, name: string, signal: AbortSignal | undefined) {
  const from = Math.max(0, source.size - 65_557)
  const bytes = await source.read(from, source.size, signal)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = bytes.length - 22
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) <= bytes.length)
  )
    at--
  if (at < 0) damaged(name, source.size, 'it has no directory at its end, so it was cut off')
  const found = {
    count: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  }
  const locator = at - 20
  if (locator < 0 || view.getUint32(locator, true) !== END_64_LOCATOR) return found
  const end = Number(view.getBigUint64(locator + 8, true))
  if (end + 56 > source.size) damaged(name, from + locator, 'its directory lies outside it')
  const large = await source.read(end, end + 56, signal)
  const record = new DataView(large.buffer, large.byteOffset, large.byteLength)
  if (record.getUint32(0, true) !== END_64) damaged(name, end, 'its directory is broken')
  const [count, size, offset] = [32, 40, 48].map((field) => Number(record.getBigUint64(field, true)))
  return { count: count!, size: size!, offset: offset! }
}

/** Sizes and offsets beyond 32 bits stand in an extra field, in this order, those only that do not fit. */
function readZip64(entry: Entry, view: DataView, start: number, length: number): void {
  const end = start + length
  for (let at = start; at + 4 <= end; ) {
    const [id, size] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    if (id === 1) {
      let field = at + 4
      for (const name of ['size', 'packed', 'local'] as const) {
        if (entry[name] !== 0xffffffff || field + 8 > Math.min(end, at + 4 + size)) continue
        entry[name] = Number(view.getBigUint64(field, true))
        field += 8
      }
    }
    at += 4 + size
  }
}

async function placeOf(source: Archive, entry: Entry, signal?: AbortSignal) {
  const start = await beginOf(source, entry, signal)
  if (entry.method !== 0) return null
  if (entry.packed !== entry.size) damaged(entry.archive, start, `its entry ${entry.path} says two lengths`)
  return { start, end: start + entry.size }
}

/** Where the bytes of an entry begin, all of which lie in the archive. */
async function beginOf({ source, near }: Archive, entry: Entry, signal?: AbortSignal): Promise<number> {
  const { path, archive, packed, local } = entry
  const name = `${archive}/${path}`
  if (entry.flags & 1)
    unsupported(name, 'is encrypted', 'Unpack it with its password, then open what was in it.')
  if (entry.method !== 0 && entry.method !== 8)
    unsupported(name, `is packed with method ${entry.method}`, 'Unpack it, then open what was in it.')
  if (local + 30 > source.size) damaged(archive, local, `its entry ${path} lies outside it`)
  signal?.throwIfAborted()
  const header = await near.load(local, local + 30)
  const view = new DataView(header.buffer, header.byteOffset, 30)
  if (view.getUint32(0, true) !== LOCAL) damaged(archive, local, `its entry ${path} is broken`)
  const start = local + 30 + view.getUint16(26, true) + view.getUint16(28, true)
  if (start + packed > source.size) damaged(archive, local, `its entry ${path} lies outside it`)
  return start
}

async function* inflate(of: Archive, entry: Entry, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  const { path, archive, packed } = entry
  const start = await beginOf(of, entry, signal)
  let pieces: Uint8Array[] = []
  const stream = new Inflate((bytes) => pieces.push(bytes))
  let [crc, size] = [0, 0]
  for (let at = start; at < start + packed || at === start; at += PIECE) {
    const end = Math.min(at + PIECE, start + packed)
    signal?.throwIfAborted()
    const bytes = packed > SMALL ? await of.source.read(at, end, signal) : await of.near.load(at, end)
    if (entry.method === 0) pieces = [bytes]
    else push(stream, bytes, end === start + packed, archive, at)
    for (const piece of pieces) {
      if (piece.length === 0) continue
      crc = crc32(piece, crc)
      size += piece.length
      if (size > entry.size) damaged(archive, at, `its entry ${path} is longer than it says`)
      yield piece
    }
    pieces = []
  }
  if (crc !== entry.crc || size !== entry.size)
    damaged(archive, start, `the check sum of its entry ${path} does not fit what it holds`)
}

function push(stream: Inflate, bytes: Uint8Array, final: boolean, archive: string, byte: number): void {
  try {
    stream.push(bytes, final)
  } catch (error) {
    if (error instanceof LapidaryError) throw error
    damaged(archive, byte, 'it ends early, or what is in it cannot be unpacked')
  }
}

/** UTF-8 where it is that; the old code page 437 agrees with it on ASCII, and elsewhere only looks matter. */
function decodeName(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes)
  return (text.includes('\ufffd') ? new TextDecoder('windows-1252').decode(bytes) : text).replaceAll(
    '\\',
    '/',
  )
}

function damaged(file: string, byte: number, reason: string): never {
  fail(
    'bad_file',
    `${file} is a damaged ZIP archive: ${reason} (near byte ${byte}).`,
    'It was probably cut off or changed while being copied; fetch it again.',
    { file, byte, reason },
  )
}

function unsupported(file: string, reason: string, hint: string): never {
  fail('unsupported_format', `${file} ${reason}.`, hint, { file, reason })
}
