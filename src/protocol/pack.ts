import * as v from 'valibot'
import { LOCKS, type Lock, PARTS, type Part, PLACES, type Place } from './embed.ts'
import { fail, toFailure } from './errors.ts'
import { parseRunConfig, type RunConfig } from './run-config.ts'

/**
 * A class pack: `NAME.lapidary-pack.zip`, an ordinary ZIP whose entries are stored as they are. First of all stands `pack.json`, which
 * names every other entry with its length and SHA-256; then the lesson, the model's files (`model/`), the data (`data/`) and the studio
 * (`app/`, and an `index.html` that leads there), so that the pack unzipped on any web server is the studio with this lesson.
 */
export const PACK_FORMAT = 'lapidary-pack'
export const PACK_VERSION = 1
export const PACK_ENDING = '.lapidary-pack.zip'
/** First entry of the archive, and the one that its own list does not name. */
export const PACK_LIST = 'pack.json'
export const PACK_LESSON = 'lesson.md'
/** Folders of a pack. */
export const PACK_FOLDERS = { model: 'model/', data: 'data/', app: 'app/' } as const

/** More than any pack has: what claims more is none. */
export const PACK_LIMITS = {
  entries: 5000,
  listBytes: 4 * 2 ** 20,
  lessonBytes: 200_000,
  title: 200,
} as const

/** `zip`: for studios and web servers; `html`: one file that is the studio itself, opened from a stick. */
export const PACK_FORMS = ['zip', 'html'] as const
export type PackForm = (typeof PACK_FORMS)[number]

/** Of a pack as one HTML file, which is in memory as a whole: bytes of model and data. */
export const ONE_FILE_BYTES = 32e6
export const ONE_FILE_ENDING = '.lapidary-pack.html'

export interface PackEntry {
  /** Below the pack, with `/`. */
  path: string
  bytes: number
  /** Hex. */
  sha256: string
}

export interface PackModel {
  /** As in the studio that made the pack. */
  id: string
  name: string
  /** SHA-256 over names and hashes of its files, hex, as the studio names a stored model. */
  hash: string
  /** What its matrices were rounded to for the pack; null: they are as they came. */
  quantization: 'int8' | 'int4' | null
  licence: { id: string; name: string; link: string | null } | null
}

export interface Pack {
  format: typeof PACK_FORMAT
  version: typeof PACK_VERSION
  title: string
  /** Of the lesson, as a tag of BCP 47. */
  language: string
  entries: PackEntry[]
  /** Its files lie below `model/`. Null: whatever the studio has. */
  model: PackModel | null
  /** Its one file lies below `data/`. */
  data: { path: string } | null
  /** Path of the lesson's Markdown. */
  lesson: string | null
  config: RunConfig
  /** Parts of the studio to show; null: all. */
  shown: readonly Part[] | null
  locked: readonly Lock[]
  /** Where the studio begins. */
  place: Place
}

/** What a pack says beside the list of its entries. */
export type PackFacts = Omit<Pack, 'format' | 'version' | 'entries'>

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most))
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const path = v.pipe(text(400), v.check(isInside, 'leaves its folder'))

const PackSchema = v.object({
  format: v.literal(PACK_FORMAT),
  version: v.literal(PACK_VERSION),
  title: text(PACK_LIMITS.title),
  language: v.pipe(v.string(), v.regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/)),
  entries: v.pipe(
    v.array(
      v.object({
        path,
        bytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 42)),
        sha256: hash,
      }),
    ),
    v.maxLength(PACK_LIMITS.entries),
  ),
  model: v.nullable(
    v.object({
      id: text(200),
      name: text(200),
      hash,
      quantization: v.nullable(v.picklist(['int8', 'int4'])),
      licence: v.nullable(
        v.object({
          id: v.pipe(v.string(), v.maxLength(200)),
          name: v.pipe(v.string(), v.maxLength(200)),
          link: v.nullable(v.pipe(v.string(), v.regex(/^https?:\/\//), v.maxLength(2000))),
        }),
      ),
    }),
  ),
  data: v.nullable(v.object({ path })),
  lesson: v.nullable(path),
  config: v.record(v.string(), v.unknown()),
  shown: v.nullable(v.pipe(v.array(v.picklist(PARTS)), v.minLength(1))),
  locked: v.array(v.picklist(LOCKS)),
  place: v.picklist(PLACES),
})

/** Whether a path stays below its folder, on every system: no drive, no step up, nothing that Windows reads otherwise. */
export function isInside(path: string): boolean {
  const parts = path.split('/')
  return (
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    !/[\\:*?"<>|\u0000-\u001f]/.test(path) && parts.every((part) => !/^(\.{0,2})$|[. ]$/.test(part))
  )
}

/**
 * `pack.json` as a pack.
 * @param name of the file, for people
 * @throws LapidaryError `unsupported_format` for what is no pack, or one of a version to come; `bad_file` for one whose list is wrong
 */
export function parsePack(json: unknown, name: string): Pack {
  const said = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  if (said.format !== PACK_FORMAT)
    fail(
      'unsupported_format',
      `${name} is no class pack.`,
      'Choose a file that ends in .lapidary-pack.zip.',
      {
        file: name,
      },
    )
  if (typeof said.version === 'number' && said.version > PACK_VERSION)
    fail(
      'unsupported_format',
      `${name} was made by a newer version of the studio (its format is version ${said.version}).`,
      'Open it in that studio, or ask for a pack that this one reads.',
      { file: name, version: said.version },
    )
  const read = v.safeParse(PackSchema, json)
  if (!read.success) {
    const issue = read.issues[0]
    const field = v.getDotPath(issue) ?? PACK_LIST
    return wrong(name, `"${field}" is wrong: ${issue.message}`)
  }
  const pack = read.output
  const paths = new Set<string>()
  for (const { path } of pack.entries) {
    // Two that some systems take for one would be a different pack on each of them.
    const folded = path.toLowerCase()
    if (paths.has(folded) || folded === PACK_LIST) wrong(name, `it names ${path} twice`)
    paths.add(folded)
  }
  const has = (path: string) => pack.entries.some((entry) => entry.path === path)
  for (const named of [pack.lesson, pack.data?.path])
    if (named != null && !has(named)) wrong(name, `it names ${named}, which it does not list`)
  if (pack.data && !pack.data.path.startsWith(PACK_FOLDERS.data))
    wrong(name, `its data lie outside ${PACK_FOLDERS.data}`)
  if (pack.model && !has(`${PACK_FOLDERS.model}config.json`)) wrong(name, 'it names a model and holds none')
  const lesson = pack.entries.find((entry) => entry.path === pack.lesson)
  if (lesson && lesson.bytes > PACK_LIMITS.lessonBytes)
    wrong(name, `its lesson has ${lesson.bytes} bytes, of at most ${PACK_LIMITS.lessonBytes}`)
  return { ...pack, config: readConfig(pack.config, name) }
}

function readConfig(config: Record<string, unknown>, name: string): RunConfig {
  try {
    return parseRunConfig(config)
  } catch (error) {
    return wrong(name, `its settings are wrong: ${toFailure(error).message}`)
  }
}

function wrong(name: string, why: string): never {
  fail(
    'bad_file',
    `${name} is a damaged class pack: ${why}.`,
    'It was altered after it was made; ask for it again.',
    { file: name },
  )
}
