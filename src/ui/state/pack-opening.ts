import { fail } from '../../protocol/errors.ts'
import { gatedFetch } from '../../protocol/gate.ts'
import { dataFor } from '../../protocol/recipe.ts'
import type { RunConfig } from '../../protocol/run-config.ts'
import { parseRunConfig } from '../../protocol/run-config.ts'
import type { Call, DatasetInfo, DatasetPreview, PackContents, Studio } from '../../protocol/studio.ts'
import { readLesson } from '../../runs/lesson.ts'
import { type Link, type LinkSection, NO_LINK, writeLink } from '../../runs/link.ts'
import { lessonFile, READY_LESSONS } from '../../runs/ready-lessons.ts'
import { t } from '../messages/t.ts'
import type { TrainingState } from './training.ts'

/** A lesson as this browser keeps it, for each address of a studio. */
export interface KeptLesson {
  /** SHA-256 of the pack's list, hex; of a lesson that comes with the studio, its name. */
  id: string
  title: string
  language: string
  /** Markdown. */
  text: string
  /** Counted from 0. */
  step: number
  /** Put away, it is shown again from the menu; left, it is over: a pack on a server is then not opened by itself again. */
  state: 'open' | 'closed' | 'left'
  /** Hash of the model that it brought; null: it brought none. Not there where an earlier version has opened it, which kept none. */
  model?: string | null
  /** What of an address says which parts are shown and locked, with its `?`; empty: all are shown, and none is locked. */
  frame: string
  /** The hash of the studio's address with all that the lesson begins with, until a page has opened that. */
  href: string | null
}

export interface PackParts {
  studio: Studio
  training: Pick<TrainingState, 'busy'>
}

/** What opening comes to: the lesson, and the hash of the studio's address with it. */
export interface OpenedPack {
  lesson: KeptLesson
  href: string
}

export type PackPlace = File | { address: string } | { ready: string; language: string }

/**
 * Stores what a pack brings, and says how the studio is opened with it.
 * @param known id of the lesson that goes on here: a pack at an address that is the same is not opened again
 * @returns null where an address holds no pack, or that one
 * @throws LapidaryError: the store is as before
 */
export async function openPack(
  from: PackPlace,
  parts: PackParts,
  known: string | null,
  call: Call,
): Promise<OpenedPack | null> {
  if (parts.training.busy()) fail('bad_state', t('open.busy'), t('open.busyHint'))
  if ('ready' in from) return ready(from.ready, from.language, call)
  const contents =
    from instanceof File
      ? await parts.studio.packs.open(from, null, call)
      : await parts.studio.packs.open(from.address, known, call)
  return contents && stored(contents, parts, call)
}

async function stored(contents: PackContents, parts: PackParts, call: Call): Promise<OpenedPack> {
  const { id, pack, lesson: text, model } = contents
  const info = await openData(contents, parts, call)
  const { config } = pack
  const own: RunConfig = {
    ...config,
    ...(model ? { model: { ...config.model, id: model.id, hash: model.hash } } : {}),
    ...(info ? { data: { ...dataFor(config.data, info), name: info.name, hash: info.hash } } : {}),
  }
  const said: LinkSection[] = [
    'training',
    ...(model ? (['model'] as const) : []),
    ...(info ? (['data'] as const) : []),
  ]
  const { shown: shownParts, locked, place } = pack
  const href = writeLink({ ...NO_LINK, place, config: own, said: new Set(said), parts: shownParts, locked })
  const frame = frameOf(shownParts, locked)
  return {
    href,
    lesson: {
      ...{ id, title: pack.title, language: pack.language, text, step: 0, state: 'open', frame, href },
      model: model?.hash ?? null,
    },
  }
}

function frameOf(parts: Link['parts'], locked: Link['locked']): string {
  if (parts === null && locked.length === 0) return ''
  const hash = writeLink({ ...NO_LINK, parts, locked })
  return hash.slice(hash.indexOf('?'))
}

/** Where its data cannot be read, its model goes, too, if it came with it. */
async function openData(
  { data, model, added, pack }: PackContents,
  { studio }: PackParts,
  call: Call,
): Promise<DatasetInfo | null> {
  if (!data) return null
  try {
    return await studio.data.openFiles([data], pack.config.data.reading, call as Call<DatasetPreview>)
  } catch (error) {
    if (added && model) await studio.models.remove(model.id)
    throw error
  }
}

const READY = 'ready '

/** Of a lesson that comes with the studio: its name. Null: it came in a pack. */
export const readyName = ({ id }: KeptLesson): string | null =>
  id.startsWith(READY) ? id.slice(READY.length) : null

/** A file of a lesson that comes with the studio. */
async function fetched(lesson: string, file: string, { signal }: Call): Promise<string> {
  const address = new URL(`${import.meta.env.BASE_URL}lessons/${lesson}/${file}`, document.baseURI)
  const response = await gatedFetch(address, signal ? { signal } : {}).catch(() => null)
  signal?.throwIfAborted()
  if (!response?.ok) fail('network', t('app.notLoaded'), t('app.notLoadedHint'), { file })
  return response.text()
}

/** Its text in a language; in English where it has none. */
export async function readyText(
  name: string,
  asked: string,
  call: Call,
): Promise<Pick<KeptLesson, 'title' | 'language' | 'text'>> {
  const { language, file } = lessonFile(READY_LESSONS[name]!, asked)
  const text = await fetched(name, file, call)
  return { title: readLesson(text).title ?? name, language, text }
}

/** A lesson that comes with the studio. */
async function ready(name: string, asked: string, call: Call): Promise<OpenedPack> {
  const { sample, shown, locked, place } = READY_LESSONS[name]!
  const [said, settings] = await Promise.all([readyText(name, asked, call), fetched(name, 'run.json', call)])
  const config = parseRunConfig(JSON.parse(settings))
  const link: Link = {
    ...NO_LINK,
    place,
    config,
    said: new Set(['training', 'model', 'data']),
    data: { from: 'sample', id: sample },
    parts: shown,
    locked,
  }
  const frame = frameOf(shown, locked)
  const href = writeLink(link)
  return {
    href,
    lesson: { ...said, id: `${READY}${name}`, step: 0, state: 'open', frame, href, model: null },
  }
}
