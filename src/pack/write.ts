import { textFile } from '../export/model-files.ts'
import { sha256Stream } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
import {
  PACK_FOLDERS,
  PACK_FORMAT,
  PACK_LESSON,
  PACK_LIMITS,
  PACK_LIST,
  PACK_VERSION,
  type PackFacts,
  type PackModel,
  parsePack,
} from '../protocol/pack.ts'
import type { Call } from '../protocol/rooms/call.ts'
import type { ExportedFile } from '../protocol/rooms/exports.ts'

/** What goes into a pack; paths are below the folder of each part. */
export interface PackParts extends Omit<PackFacts, 'model' | 'data' | 'lesson'> {
  lesson: string
  model: (Omit<PackModel, 'hash'> & { files: readonly ExportedFile[] }) | null
  /** Its path is its name. */
  data: ExportedFile | null
  /** The built studio; null: the pack holds none, and is opened in another. */
  app: readonly ExportedFile[] | null
}

/**
 * The files of a class pack in the order of its archive, the list of them first. Every file is read once for its hash; its bytes are
 * read again where they are written.
 * @param manifestHash SHA-256 over names and hashes of a model's files, as the studio names a stored model
 * @throws LapidaryError `bad_config` for a lesson or title of no length that a pack has
 */
export async function packFiles(
  parts: PackParts,
  manifestHash: (files: Record<string, { hash: string }>) => string,
  { signal, onProgress }: Call = {},
): Promise<ExportedFile[]> {
  const { lesson, model, app, ...facts } = parts
  const data = parts.data && { ...parts.data, path: plainName(parts.data.path) }
  const title = facts.title.trim()
  if (title === '' || title.length > PACK_LIMITS.title)
    fail('bad_config', 'The pack has no title, or one that is too long.', 'Give it a title of a few words.', {
      field: 'title',
      most: PACK_LIMITS.title,
    })
  const lessonFile = textFile(PACK_LESSON, lesson)
  if (lessonFile.size > PACK_LIMITS.lessonBytes)
    fail(
      'bad_config',
      `The lesson has ${lessonFile.size} bytes, of at most ${PACK_LIMITS.lessonBytes}.`,
      'Shorten it, or make two packs of it.',
      { field: 'lesson', bytes: lessonFile.size },
    )
  const files = [
    lessonFile,
    ...below(PACK_FOLDERS.model, model?.files ?? []),
    ...below(PACK_FOLDERS.data, data ? [data] : []),
    ...(app ? [textFile('index.html', LEAD), ...below(PACK_FOLDERS.app, app)] : []),
  ]
  const total = files.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  const entries: { path: string; bytes: number; sha256: string }[] = []
  for (const file of files) {
    const sha256 = await sha256Stream(file.chunks(), {
      ...(signal ? { signal } : {}),
      onBytes: (bytes) =>
        onProgress?.({
          share: (done + bytes) / total,
          note: file.path,
          bytes: { done: done + bytes, total },
        }),
    })
    done += file.size
    entries.push({ path: file.path, bytes: file.size, sha256 })
  }
  const hashes = Object.fromEntries(
    entries
      .filter(({ path }) => path.startsWith(PACK_FOLDERS.model) && !path.endsWith('/NOTICE'))
      .map(({ path, sha256 }) => [path.slice(PACK_FOLDERS.model.length), { hash: sha256 }]),
  )
  const { files: _, ...said } = model ?? { files: [] }
  const list = {
    format: PACK_FORMAT,
    version: PACK_VERSION,
    ...facts,
    title,
    model: model && { ...said, hash: manifestHash(hashes) },
    data: data && { path: `${PACK_FOLDERS.data}${data.path}` },
    lesson: PACK_LESSON,
    entries,
  }
  // What is made can be read again, or it is not made.
  parsePack(JSON.parse(JSON.stringify(list)), PACK_LIST)
  return [textFile(PACK_LIST, `${JSON.stringify(list, null, 1)}\n`), ...files]
}

/** As every file system takes it. */
function plainName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
  const plain = name.replace(/[\\/:*?"<>|\u0000-\u001f]+/g, '-').replace(/[. ]+$/, '')
  return /^\.*$/.test(plain) ? 'data' : plain.slice(-200)
}

const below = (folder: string, files: readonly ExportedFile[]): ExportedFile[] =>
  files.map((file) => ({ path: `${folder}${file.path}`, size: file.size, chunks: () => file.chunks() }))

/** At the root of the pack: whoever opens its address is led to the studio in it. */
const LEAD = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Lapidary</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url=./app/">
<p><a href="./app/">Lapidary</a></p>
</html>
`
