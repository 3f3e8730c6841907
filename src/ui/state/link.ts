import { createEffect, createSignal, on, onCleanup } from 'solid-js'
import { type Failure, fail, toFailure } from '../../protocol/errors.ts'
import { defaultRunConfig, type RunConfig } from '../../protocol/run-config.ts'
import { isSealed } from '../../protocol/sealed.ts'
import type { DatasetInfo } from '../../protocol/studio.ts'
import type { Link, LinkData, LinkReading } from '../../runs/link.ts'
import { baseName } from '../../runs/named-data.ts'
import { t } from '../messages/t.ts'
import type { DataState } from './data.ts'
import { recall } from './memory.ts'
import type { OpenConfig } from './open-config.ts'
import { hrefOf, saysMore } from './route.ts'
import { SECTIONS } from './stored-draft.ts'
import type { TrainingState } from './training.ts'

export type LinkState = ReturnType<typeof createLink>

/** What the page's address says beyond a place; the code that reads it is fetched only where it says something. */
export async function linkHere(hash = location.hash): Promise<LinkReading | null> {
  if (!hash.includes('?')) return null
  const { readLink } = await import('../../runs/link.ts')
  return readLink(hash)
}

/** What of a link stays in the address while one goes from place to place, with its `?`; empty: nothing. */
export async function keptOf({ link }: LinkReading): Promise<string> {
  const { NO_LINK, writeLink } = await import('../../runs/link.ts')
  // A frame that is loaded again is what it was. Elsewhere what was changed since is found again, in the same parts.
  // Sealed for good, the address need not say it; where nothing can be stored, it alone does.
  const sealed = link.sealed && recall('sealed') === null
  const { parts, locked } = link
  const hash = link.embed ? location.hash : writeLink({ ...NO_LINK, parts, locked, sealed })
  return hash.includes('?') ? hash.slice(hash.indexOf('?')) : ''
}

interface Parts {
  data: DataState
  opening: OpenConfig
  training: Pick<TrainingState, 'busy'>
  /** What the address said when the page was opened. */
  first: LinkReading | null
  embedded: boolean
}

/** Opens the page as a link says, and writes such links. */
export function createLink({ data, opening, training, first, embedded }: Parts) {
  /** The link that was opened last, until what is told of it is put away. */
  const [told, setTold] = createSignal<LinkReading | null>(null)
  /** Data at other people's addresses are fetched when the person says so. */
  const [asking, setAsking] = createSignal<Exclude<LinkData, { from: 'sample' | 'page' }> | null>(null)
  // With other data in view it is no longer asked after.
  createEffect(on(data.dataset, (info) => info && setAsking(null)))
  /** Whether the rows that the page around has are still to come. */
  const [waiting, setWaiting] = createSignal(first?.link.data?.from === 'page')
  const [failure, setFailure] = createSignal<Failure | null>(null)
  /** Hashes of data that the link or the page around brought, and no person. */
  const given = new Set<string>()

  const isEmpty = ({ link }: LinkReading) => link.said.size === 0

  async function open(reading: LinkReading): Promise<void> {
    setFailure(null)
    const { link } = reading
    try {
      if (training.busy()) fail('bad_state', t('open.busy'), t('open.busyHint'))
      setTold(reading.trouble !== null || reading.refused.length > 0 ? reading : null)
      if (!isEmpty(reading)) await openRun(link)
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  async function openRun({ config, said, data: from }: Link): Promise<void> {
    setAsking(null)
    await data.loadLists()
    let dataset: DatasetInfo | null = null
    if (from?.from === 'sample') {
      dataset = arrived(await data.openSample(from.id))
      // What is missing has a name.
      if (!dataset) config = { ...config, data: { ...config.data, name: config.data.name || from.id } }
    } else if (from?.from === 'url' || from?.from === 'hub') {
      const named = { ...config, data: { ...config.data, name: config.data.name || nameOf(from) } }
      dataset = byHash(config)
      if (!dataset) {
        data.close()
        setAsking(from)
      }
      config = named
    }
    await opening.openConfig(
      config,
      { said: 'link.name' },
      new Set(SECTIONS.filter((name) => said.has(name))),
      {
        // What lies at an address is not what has its name here.
        ...(from ? { dataset } : {}),
        settings: said.has('training'),
      },
    )
  }

  /** The very rows of a config, where they are in this browser. */
  function byHash({ data: { hash } }: RunConfig): DatasetInfo | null {
    return [data.dataset(), ...data.stored()].find((info) => info !== null && info.hash === hash) ?? null
  }

  /** The data set in view, where it was opened. */
  function arrived(opened: boolean): DatasetInfo | null {
    const info = opened ? data.dataset() : null
    if (info) given.add(info.hash)
    return info
  }

  /** Fetches what the link names, as it was asked whether to. */
  async function fetchData(): Promise<void> {
    const from = asking()
    if (!from) return
    const wanted = data.awaited()
    setAsking(null)
    const { from: _, ...choice } = from as Extract<LinkData, { from: 'hub' }>
    const got = from.from === 'url' ? await data.openUrl(from.url, {}) : await data.openHub(choice, {})
    const info = arrived(got)
    if (!info) setAsking(from)
    else if (wanted) data.take(info, wanted)
  }

  /** Rows of the page around, in place of those in view. */
  async function supply(name: string, text: string): Promise<boolean> {
    const wanted = data.awaited() ?? (first?.link.said.has('data') ? first.link.config.data : null)
    const info = arrived(await data.openFiles([{ file: new File([text], name), path: name }]))
    if (!info) return false
    if (wanted) data.take(info, { ...wanted, name: '', hash: null })
    setWaiting(false)
    return true
  }

  /** A run as a link; `without`: its data are only in this browser. */
  async function write(
    config: RunConfig,
    page: Partial<Pick<Link, 'parts' | 'locked' | 'theme' | 'lang' | 'embed' | 'place' | 'sealed'>> = {},
  ): Promise<{ href: string; without: boolean }> {
    const { NO_LINK, writeLink } = await import('../../runs/link.ts')
    const dataset = byHash(config)
    const from = dataset && data.sourceOf(dataset)
    const none = defaultRunConfig().data
    // A sample has its name already.
    const named = from?.from === 'sample' ? { ...config.data, name: none.name } : config.data
    const link: Link = {
      ...NO_LINK,
      place: 'train',
      ...page,
      config: { ...config, data: named },
      said: new Set(['model', 'data', 'training', 'start']),
      data: from,
    }
    return {
      href: `${location.origin}${location.pathname}${writeLink(link)}`,
      without: !from && config.data.hash !== null,
    }
  }

  /** Pasted into the address of this page, a link is opened as in a new one. */
  async function listen(): Promise<void> {
    if (embedded || !saysMore(location.hash)) return
    const reading = await linkHere().catch(() => null)
    if (!reading) return
    const { parts, locked, theme, lang, embed, sealed } = reading.link
    // What is shown and locked is settled when a page begins.
    if (
      !training.busy() &&
      (parts || locked.length > 0 || theme || lang || embed || (sealed && !isSealed()))
    ) {
      location.reload()
      return
    }
    history.replaceState(null, '', hrefOf(reading.link.place))
    await open(reading)
  }
  const changed = () => void listen()
  window.addEventListener('hashchange', changed)
  onCleanup(() => window.removeEventListener('hashchange', changed))

  /** Opens what the address said; settles once it is open. */
  let begun: Promise<void> | null = null
  const begin = () => (begun ??= first ? open(first) : Promise.resolve())

  return {
    begin,
    /** Whether a run was opened from the address that the page has. */
    opensRun: first !== null && !isEmpty(first),
    open,
    told,
    failure,
    dismiss: () => {
      setTold(null)
      setFailure(null)
    },
    asking,
    fetchData,
    leaveData: () => setAsking(null),
    isGiven: (hash: string | null) => hash !== null && given.has(hash),
    waiting,
    supply,
    write,
  }
}

/** What a data set at an address will be called. */
function nameOf(from: Exclude<LinkData, { from: 'sample' | 'page' }>): string {
  if (from.from === 'hub') return from.dataset
  const name = baseName(new URL(from.url).pathname)
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
