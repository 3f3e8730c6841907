import {
  createWriteStream,
  existsSync,
  mkdirSync,
  openAsBlob,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { downloadZip } from 'client-zip'
import { oneFilePack, oneFileStudio } from '../src/pack/one-file.ts'
import { type PackParts, packFiles } from '../src/pack/write.ts'
import type { Language } from '../src/protocol/embed.ts'
import { blobFile } from '../src/protocol/exported.ts'
import { ONE_FILE_ENDING, PACK_ENDING, type PackEntry } from '../src/protocol/pack.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import type { ExportedFile } from '../src/protocol/studio.ts'
import { lessonTitle } from '../src/runs/lesson.ts'
import { lessonFile, READY_LESSONS } from '../src/runs/ready-lessons.ts'
import { manifestHash } from '../src/storage/models.ts'
import { modelPart } from '../src/workers/pack-room.ts'
import { ROOT } from './build.ts'
import { openModelPath } from './model-path.ts'
import { SERVICE_WORKER, STUDIO_LIST } from './service-worker.ts'

/** The same pack is the same bytes whenever it is made. */
const MADE = new Date(1980, 0, 1)

/**
 * Writes a class pack, beside it first and renamed: one that is there is whole.
 * @returns its bytes
 */
export async function writePack(parts: PackParts, path: string): Promise<number> {
  const files = await packFiles(parts, manifestHash)
  const zip = downloadZip(
    files.map((file) => ({ name: file.path, size: file.size, lastModified: MADE, input: piecesOf(file) })),
  ).body!
  return writeWhole(Readable.fromWeb(zip as never), path)
}

/** Writes a class pack as one HTML file, whole or not at all. @param dist folder of a built studio @returns its bytes */
export async function writeHtmlPack(
  parts: Omit<PackParts, 'app'>,
  dist: string,
  path: string,
): Promise<number> {
  const studio = await oneFileStudio(async (own) => blobFile(own, await openAsBlob(join(dist, own))))
  return writeWhole((await oneFilePack(parts, studio, manifestHash)).chunks(), path)
}

async function writeWhole(pieces: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  const part = `${path}.${process.pid}.part`
  mkdirSync(dirname(path), { recursive: true })
  let bytes = 0
  try {
    const counted = async function* () {
      for await (const piece of pieces) {
        bytes += piece.byteLength
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

/**
 * A lesson that comes with the studio as class packs in a language: with Pebble, its data and the studio itself.
 * @param dist folder of a built studio
 * @param path of the ZIP; the same with `.html` in place of its ending is the other
 */
export async function writeReadyLesson(
  id: string,
  asked: Language,
  dist: string,
  path: string,
): Promise<void> {
  const { sample, languages: _, ...facts } = READY_LESSONS[id]!
  const folder = join(ROOT, 'public', 'lessons', id)
  const { language, file: text } = lessonFile(READY_LESSONS[id]!, asked)
  const lesson = readFileSync(join(folder, text), 'utf8')
  const config = parseRunConfig(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')))
  const list = JSON.parse(readFileSync(join(ROOT, 'public', 'datasets', 'index.json'), 'utf8')) as {
    id: string
    file: string
  }[]
  const { file } = list.find((each) => each.id === sample)!
  const files = await openModelPath(join(ROOT, 'public', 'models', 'pebble'))
  const parts = {
    ...facts,
    title: lessonTitle(lesson)!,
    language,
    lesson,
    config,
    model: await modelPart({ info: PEBBLE, files }, null),
    data: blobFile(file, await openAsBlob(join(ROOT, 'public', 'datasets', file))),
  }
  await writePack({ ...parts, app: await builtStudio(dist) }, path)
  await writeHtmlPack(parts, dist, `${path.slice(0, -PACK_ENDING.length)}${ONE_FILE_ENDING}`)
}

/** The practice model, as the studio names it. */
export const PEBBLE = { id: 'pebble', name: 'Pebble', practice: true, licence: null }
