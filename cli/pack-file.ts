import { createWriteStream, existsSync, openAsBlob, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { downloadZip } from 'client-zip'
import { type PackParts, packFiles } from '../src/pack/write.ts'
import { blobFile } from '../src/protocol/exported.ts'
import type { PackEntry } from '../src/protocol/pack.ts'
import type { ExportedFile } from '../src/protocol/studio.ts'
import { manifestHash } from '../src/storage/models.ts'
import { SERVICE_WORKER, STUDIO_LIST } from './service-worker.ts'

/** The same pack is the same bytes whenever it is made. */
const MADE = new Date(1980, 0, 1)

/**
 * Writes a class pack, beside it first and renamed: one that is there is whole.
 * @returns its bytes
 */
export async function writePack(parts: PackParts, path: string): Promise<number> {
  const files = await packFiles(parts, manifestHash)
  const part = `${path}.${process.pid}.part`
  let bytes = 0
  try {
    const zip = downloadZip(
      files.map((file) => ({ name: file.path, size: file.size, lastModified: MADE, input: piecesOf(file) })),
    ).body!
    const counted = async function* () {
      for await (const piece of Readable.fromWeb(zip as never)) {
        bytes += (piece as Uint8Array).byteLength
        yield piece
      }
    }
    await pipeline(counted, createWriteStream(part))
    renameSync(part, path)
  } finally {
    rmSync(part, { force: true })
  }
  return bytes
}

/** client-zip takes what iterates by itself, and asks for it when its turn comes. */
const piecesOf = (file: ExportedFile) => ({
  [Symbol.asyncIterator]: () => file.chunks()[Symbol.asyncIterator](),
})

/** The files of a built studio, as a pack takes them along. @param dist its folder */
export async function builtStudio(dist: string): Promise<ExportedFile[]> {
  const list = JSON.parse(readFileSync(join(dist, STUDIO_LIST), 'utf8')) as PackEntry[]
  const paths = [STUDIO_LIST, ...list.map(({ path }) => path), SERVICE_WORKER]
  return Promise.all(
    paths
      .filter((path) => existsSync(join(dist, path)))
      .map(async (path) => blobFile(path, await openAsBlob(join(dist, path)))),
  )
}
