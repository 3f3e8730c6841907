import { type ByteSource, blobSource, bufferSource, httpSource, readJson } from '../files/bytes.ts'
import { zipEntries } from '../files/zip.ts'
import { sha256Hex, sha256Stream } from '../lib/hash.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import { PACK_FOLDERS, PACK_LIMITS, PACK_LIST, type Pack, parsePack } from '../protocol/pack.ts'
import type { Call } from '../protocol/rooms/call.ts'

/** A pack whose files all have the length and the hash that its list says. */
export interface OpenPack {
  /** SHA-256 of its list, hex. */
  id: string
  pack: Pack
  /** By their paths; of a pack on a server without the studio, which is running already. */
  files: ReadonlyMap<string, ByteSource>
}

const PIECE_BYTES = 4 * 2 ** 20

/**
 * Opens a pack's archive, and holds every entry against the list before anything of it is used.
 * @throws LapidaryError `bad_file` where it was cut off or altered; `unsupported_format` for what is no pack, or a newer one
 */
export async function openPackFile(file: Blob, name: string, call: Call = {}): Promise<OpenPack> {
  if (/\.html?$/i.test(name))
    fail(
      'unsupported_format',
      `${name} is not opened in another studio: it is one itself.`,
      'Open it in a browser by itself, as by a double click.',
      { file: name },
    )
  const source = blobSource(file)
  const all = await zipEntries(source, name, call.signal)
  const list = all.find((entry) => entry.name === PACK_LIST)
  // As systems compress a folder that was unpacked.
  const inside = all.find((entry) => entry.name.endsWith(`/${PACK_LIST}`))
  if (!list && inside) packedAnew(name, inside.name)
  if (!list)
    fail(
      'unsupported_format',
      `${name} is no class pack.`,
      'Choose a file that ends in .lapidary-pack.zip.',
      {
        file: name,
      },
    )
  if (list.size > PACK_LIMITS.listBytes)
    altered(name, `its list has ${list.size} bytes, of at most ${PACK_LIMITS.listBytes}`)
  const json = await collected(list.stream(call.signal), list.size)
  const id = await sha256Hex(json)
  const pack = parsePack(await readJson(bufferSource(json), `${name}/${PACK_LIST}`), name)
  const named = new Map(pack.entries.map((entry) => [entry.path, entry]))
  const files = new Map<string, ByteSource>()
  for (const entry of all) {
    if (entry.name === PACK_LIST && entry === list) continue
    const wanted = named.get(entry.name)
    if (!wanted) altered(name, `it holds ${entry.name}, which its list does not name`)
    if (files.has(entry.name)) altered(name, `it holds ${entry.name} twice`)
    if (entry.size !== wanted.bytes)
      altered(name, `${entry.name} has ${entry.size} bytes, and ${wanted.bytes} are listed`)
    const place = await entry.place(call.signal)
    if (!place) packedAnew(name, entry.name)
    files.set(entry.name, blobSource(file.slice(place.start, place.end)))
  }
  for (const path of named.keys()) if (!files.has(path)) altered(name, `${path} is missing`)
  await check(pack, files, name, call)
  return { id, pack, files }
}

/**
 * Opens a pack that lies unpacked on a server. The studio in it is not fetched again.
 * @param address of its `pack.json`
 * @param known id of one that is not wanted again
 * @returns null where there is no list at that address, or it cannot be reached; and for the known one
 * @throws LapidaryError as `openPackFile`, and `missing_file`, `network`
 */
export async function openPackAt(
  address: string,
  known: string | null,
  call: Call = {},
): Promise<OpenPack | null> {
  const options = call.signal ? { signal: call.signal } : {}
  const name = new URL(address).pathname.split('/').at(-2) || PACK_LIST
  const list = await httpSource(address, options).catch((error: unknown) => {
    // A studio in a folder of that name may be no pack; and without a network the lesson that goes on here does go on.
    if (/^(missing_file|network)$/.test(toFailure(error).code)) return null
    throw error
  })
  if (!list) return null
  if (list.size > PACK_LIMITS.listBytes) altered(name, `its list has ${list.size} bytes`)
  const json = await list.read(0, list.size, call.signal)
  const id = await sha256Hex(json)
  if (id === known) return null
  const pack = parsePack(await readJson(bufferSource(json), PACK_LIST), name)
  const files = new Map<string, ByteSource>()
  for (const { path, bytes } of pack.entries) {
    if (!isContent(path)) continue
    const at = new URL(path.split('/').map(encodeURIComponent).join('/'), address).href
    // What is written and what is checked must be the same bytes: a large file is read twice, a small one is kept.
    const file = await httpSource(at, options).catch((error: unknown) => {
      if (toFailure(error).code === 'missing_file') altered(name, `${path} is missing`)
      throw error
    })
    if (file.size !== bytes) altered(name, `${path} has ${file.size} bytes, and ${bytes} are listed`)
    files.set(path, bytes <= PIECE_BYTES ? bufferSource(await file.read(0, bytes, call.signal)) : file)
  }
  await check({ ...pack, entries: pack.entries.filter(({ path }) => isContent(path)) }, files, name, call)
  return { id, pack, files }
}

/** Whether a file is the lesson's, and not the studio's. */
const isContent = (path: string) => !path.startsWith(PACK_FOLDERS.app) && path !== 'index.html'

async function check(
  { entries }: Pack,
  files: ReadonlyMap<string, ByteSource>,
  name: string,
  { signal, onProgress }: Call,
): Promise<void> {
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  for (const { path, bytes, sha256 } of entries) {
    const found = await sha256Stream(piecesOf(files.get(path)!, signal), {
      ...(signal ? { signal } : {}),
      onBytes: (read) =>
        onProgress?.({
          share: (done + read) / Math.max(1, total),
          note: path,
          bytes: { done: done + read, total },
        }),
    })
    done += bytes
    if (found !== sha256) altered(name, `${path} does not have the hash that is listed`)
  }
}

/** A whole file, piece by piece. */
export async function* piecesOf(
  source: ByteSource,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < source.size; at += PIECE_BYTES)
    yield source.read(at, Math.min(source.size, at + PIECE_BYTES), signal)
}

async function collected(pieces: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const all = new Uint8Array(size)
  let at = 0
  for await (const piece of pieces) {
    all.set(piece, at)
    at += piece.byteLength
  }
  return all
}

function altered(name: string, why: string): never {
  fail(
    'bad_file',
    `${name} was cut off or altered: ${why}.`,
    'Copy it again from where it came from, or ask for it again. Nothing of it was stored.',
    { file: name },
  )
}

function packedAnew(name: string, entry: string): never {
  fail(
    'unsupported_format',
    `${name} was packed anew: in a class pack ${entry} is stored as it is.`,
    'Open the file as it was given out, or put the unpacked folder on a web server.',
    { file: name, entry },
  )
}
