import { gunzipSync, gzipSync } from 'fflate'
import { toBase64 } from '../lib/base64.ts'
import { sha256Hex } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
import { blobFile } from '../protocol/exported.ts'
import {
  ONE_FILE_BUILD,
  ONE_FILE_DOCUMENT,
  type OneFileBuild,
  type OneFileEntry,
  type OneFileList,
} from '../protocol/one-file.ts'
import { ONE_FILE_BYTES } from '../protocol/pack.ts'
import { oneFilePolicy } from '../protocol/policy.ts'
import type { Call } from '../protocol/rooms/call.ts'
import type { ExportedFile } from '../protocol/rooms/exports.ts'
import { type PackParts, packFiles } from './write.ts'

/** What of a built studio a pack as one HTML file is made of. */
export interface OneFileStudio extends Omit<OneFileBuild, 'files'> {
  /** The document with the studio's script in it, and `ONE_FILE_MARKS` where what differs from pack to pack is to stand. */
  document: string
  /** Its other files, by their paths in the document. */
  files: readonly ExportedFile[]
}

/** @param file gives one of a build, by its path */
export async function oneFileStudio(file: (path: string) => Promise<ExportedFile>): Promise<OneFileStudio> {
  const read = async (path: string) => bytesOf(await file(path))
  const text = new TextDecoder()
  const { files, ...about } = JSON.parse(text.decode(await read(ONE_FILE_BUILD))) as OneFileBuild
  const document = text.decode(gunzipSync(await read(ONE_FILE_DOCUMENT)))
  const held: ExportedFile[] = []
  for (const [path, from] of Object.entries(files)) held.push({ ...(await file(from)), path })
  return { ...about, document, files: held }
}

/** In the document of a build. */
export const ONE_FILE_MARKS = {
  policy: '<!--policy-->',
  title: '<!--title-->',
  files: '<!--files-->',
} as const

/**
 * A class pack as one HTML file, which is the studio itself: it opens without a server, from a stick. The same parts give the same bytes.
 * @throws LapidaryError as `packFiles`; `bad_config` where model and data are too large for one document
 */
export async function oneFilePack(
  parts: Omit<PackParts, 'app'>,
  studio: OneFileStudio,
  manifestHash: Parameters<typeof packFiles>[1],
  call: Call = {},
): Promise<ExportedFile> {
  const bytes = [...(parts.model?.files ?? []), ...(parts.data ? [parts.data] : [])].reduce(
    (sum, { size }) => sum + size,
    0,
  )
  // Before anything is read: all of it would have to be in memory.
  if (bytes > ONE_FILE_BYTES)
    fail(
      'bad_config',
      `Model and data have ${(bytes / 1e6).toFixed(1)} MB; one HTML file takes at most ${ONE_FILE_BYTES / 1e6} MB of them.`,
      'Take the practice model and less data, or make a pack as a ZIP.',
      { bytes, most: ONE_FILE_BYTES },
    )
  const own = await packFiles({ ...parts, app: null }, manifestHash, call)
  const blocks = new Map<string, { at: string; text: string }>()
  const entries: OneFileEntry[] = []
  for (const file of [...own, ...studio.files]) {
    call.signal?.throwIfAborted()
    const held = await bytesOf(file)
    const sha256 = await sha256Hex(held)
    const block = blocks.get(sha256) ?? { at: `file-${blocks.size}`, text: packed(held) }
    blocks.set(sha256, block)
    entries.push({ path: file.path, bytes: held.length, sha256, at: block.at })
  }
  const list = listScript({ build: studio.build, entries })
  const policy = oneFilePolicy([...studio.scripts, await base64Hash(list)])
  const text = [
    `<script>${list}</script>`,
    ...[...blocks.values()].map(({ at, text }) => `<script type="text/plain" id="${at}">${text}</script>`),
  ]
  const made = filled(studio.document, {
    policy: `<meta http-equiv="Content-Security-Policy" content="${policy}" />`,
    title: `<title>${escaped(parts.title.trim())} – Lapidary</title>`,
    files: text.join('\n'),
  })
  return blobFile('pack.html', new Blob([made], { type: 'text/html' }))
}

/** SHA-256 of a script, as policies name it. */
async function base64Hash(script: string): Promise<string> {
  const hex = await sha256Hex(script)
  return toBase64(Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16)))
}

/** It seals the studio: a file reaches no address, and says so. */
function listScript(list: OneFileList): string {
  const json = JSON.stringify(list).replaceAll('<', '\\u003c')
  return `self.lapidaryOneFileList = ${json}; self.lapidarySealed = true`
}

const packed = (bytes: Uint8Array) => toBase64(gzipSync(bytes, { level: 9, mtime: 0 }))

async function bytesOf(file: ExportedFile): Promise<Uint8Array<ArrayBuffer>> {
  const all = new Uint8Array(file.size)
  let at = 0
  for await (const piece of file.chunks()) {
    all.set(piece, at)
    at += piece.byteLength
  }
  return all
}

function filled(document: string, by: Record<keyof typeof ONE_FILE_MARKS, string>): string {
  return Object.entries(ONE_FILE_MARKS).reduce((text, [name, mark]) => {
    const [before, after, ...more] = text.split(mark)
    if (after === undefined || more.length > 0) throw new Error(`The document does not hold ${mark} once.`)
    return `${before}${by[name as keyof typeof by]}${after}`
  }, document)
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
