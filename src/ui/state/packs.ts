import { createSignal } from 'solid-js'
import { type Failure, fail, toFailure } from '../../protocol/errors.ts'
import { oneFile } from '../../protocol/one-file.ts'
import { t } from '../messages/t.ts'
import { recall, remember } from './memory.ts'
import type { KeptLesson, PackParts, PackPlace } from './pack-opening.ts'

/** https://wicg.github.io/web-app-launch/#launchqueue-interface */
interface LaunchQueue {
  setConsumer(consumer: (launched: { files: readonly FileSystemFileHandle[] }) => void): void
}

interface Listed {
  id: string
}

export type Packs = ReturnType<typeof createPacks>

/** Also where it was downloaded twice: `NAME.lapidary-pack (1).zip`. */
export const isPack = ({ name }: { name: string }) => /\.lapidary-pack[^./\\]*\.(zip|html)$/i.test(name)

const isZip = ({ name }: { name: string }) => /\.zip$/i.test(name)

/** A class pack among files: by its name, or where a ZIP was renamed by the entry that stands first in a pack. */
export async function packAmong(files: readonly File[]): Promise<File | undefined> {
  const named = files.find(isPack)
  if (named || !files.some(isZip)) return named
  const { beginsAsPack } = await import('./pack-begins.ts')
  for (const file of files.filter(isZip)) if (await beginsAsPack(file)) return file
}

/** Of an unpacked pack on a server the studio is the folder `app`, and the list lies beside that; one that is a file holds it itself. */
const BASE = new URL(import.meta.env.BASE_URL, document.baseURI)
const BESIDE = oneFile() ? 'pack.json' : /\/app\/$/.test(BASE.pathname) ? '../pack.json' : null
const LIST = BESIDE && new URL(BESIDE, BASE).href
/** On a stick lie several lessons, each a file. */
const KEY = `lesson ${oneFile() ? location.pathname : BASE.pathname}`
/** The pack that lies at this address, once it was opened: it is not opened by itself again, whatever lesson goes on here by then. */
const LISTED = `${KEY} listed`

/** Class packs: which lesson goes on, and how one is opened. What opens them is fetched with the first. */
export function createPacks(
  parts: PackParts & { embedded: boolean },
  { list, reload }: { list: string | null; reload: () => void } = {
    list: LIST,
    reload: () => location.reload(),
  },
) {
  const [lesson, setLesson] = createSignal(parts.embedded ? null : recallLesson())
  const [opening, setOpening] = createSignal<{ name: string; share: number | null; stop: () => void } | null>(
    null,
  )
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [dialog, setDialog] = createSignal<'make' | 'hand' | 'handed' | null>(null)

  function keep(next: KeptLesson | null): void {
    setLesson(next)
    remember(KEY, next)
  }
  const change = (part: Partial<KeptLesson>) => {
    const now = lesson()
    if (now) keep({ ...now, ...part })
  }

  /** @param from a file, the address of an unpacked pack's list, or the name of a lesson that comes with the studio */
  async function open(from: PackPlace): Promise<void> {
    const control = new AbortController()
    const { signal } = control
    const stop = () => control.abort()
    const name = from instanceof File ? from.name : ''
    setFailure(null)
    if (name) setOpening({ name, share: null, stop })
    try {
      const { openPack } = await import('./pack-opening.ts')
      const opened = await openPack(
        from,
        parts,
        lesson() ? (recall<Listed>(LISTED)?.id ?? lesson()!.id) : null,
        {
          signal,
          onProgress: ({ share }) => setOpening((now) => now && { ...now, share }),
        },
      )
      if (!opened) return
      keep(opened.lesson)
      // A pack on a server would be opened again with each reload.
      if (recallLesson()?.id !== opened.lesson.id) {
        setLesson(null)
        fail('storage_blocked', t('pack.notKept'), t('pack.notKeptHint'))
      }
      if (!(from instanceof File) && 'address' in from) remember(LISTED, { id: opened.lesson.id })
      // What is shown and locked is settled when a page begins.
      history.replaceState(null, '', opened.href)
      reload()
    } catch (error) {
      const told = toFailure(error)
      if (told.code !== 'cancelled') setFailure(told)
    } finally {
      setOpening(null)
    }
  }

  const looked = list && !parts.embedded ? open({ address: list }) : Promise.resolve()
  // A pack that the system opens with the installed studio.
  ;(window as { launchQueue?: LaunchQueue }).launchQueue?.setConsumer(({ files: [file] }) => {
    void file?.getFile().then(open)
  })

  return {
    lesson,
    /** Resolves when it is known what lies at this address. */
    looked,
    shown: () => lesson()?.state === 'open',
    change,
    /** What the lesson begins with is here: from now on what this browser remembers is opened. */
    begun: () => opensWhole && change({ href: null }),
    open,
    opening,
    failure,
    dismiss: () => setFailure(null),
    dialog,
    setDialog,
    /** A lesson that comes with the studio goes on in another language, at its step. */
    async speak(language: string): Promise<void> {
      const now = lesson()
      if (!now || now.state === 'left' || now.language === language) return
      try {
        const { readyName, readyText } = await import('./pack-opening.ts')
        const name = readyName(now)
        const told = name === null ? null : await readyText(name, language, {})
        if (told && lesson()?.id === now.id) change(told)
      } catch (error) {
        setFailure(toFailure(error))
      }
    },
    /** A pack on a server that was left, from its beginning. */
    again:
      list && lesson()?.state === 'left'
        ? () => {
            keep(null)
            remember(LISTED, null)
            reload()
          }
        : null,
    /** Ends the lesson: nothing is locked or left out any more. */
    leave() {
      change({ state: 'left', text: '' })
      history.replaceState(null, '', `${location.pathname}${location.search}#/data`)
      reload()
    },
  }
}

/** Whether this page was opened with all that a lesson begins with. */
let opensWhole = false

/**
 * The address with the parts and locks of the lesson that goes on here, where it says nothing of its own: a file that is opened again, or
 * a second tab, is what it was. Where no page has opened yet what the lesson begins with, with that.
 */
export function lessonAddress(hash: string): string {
  const lesson = recallLesson()
  opensWhole = false
  if (lesson === null || lesson.state === 'left') return hash
  const { frame, href } = lesson
  // Loaded again before it had opened all, a page has its parts and locks behind its place already.
  const says = hash.includes('?') && !(href !== null && hash.slice(hash.indexOf('?')) === frame)
  const address = says ? hash : (href ?? framed(hash, frame))
  opensWhole = href !== null && hashOf(href) === hashOf(address)
  return address
}

/** As an address has it. */
const hashOf = (href: string) => new URL(href, document.baseURI).hash
const framed = (hash: string, frame: string) => `${hash || (frame && '#/')}${frame}`

function recallLesson(): KeptLesson | null {
  const kept = recall<KeptLesson>(KEY)
  const { id, title, language, text, step, state, frame, href, model } = kept ?? {}
  if (typeof id !== 'string' || typeof title !== 'string' || typeof text !== 'string') return null
  return {
    id,
    title,
    text,
    language: typeof language === 'string' ? language : 'en',
    step: typeof step === 'number' && step >= 0 ? Math.floor(step) : 0,
    state: state === 'left' || state === 'closed' ? state : 'open',
    frame: typeof frame === 'string' ? frame : '',
    href: typeof href === 'string' ? href : null,
    ...((typeof model === 'string' || model === null) && { model }),
  }
}
