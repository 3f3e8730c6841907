import { crc32c } from '../lib/crc32c.ts'
import { type Pair, readPairs, readValue, writePairs, writeValue } from '../lib/link-pairs.ts'
import {
  LANGUAGES,
  LOCKS,
  type Lock,
  PARTS,
  type PageLanguage,
  type Part,
  PLACES,
  type Place,
  PSEUDO,
  THEMES,
  type Theme,
} from '../protocol/embed.ts'
import { toFailure } from '../protocol/errors.ts'
import { canonical } from '../protocol/identity.ts'
import { defaultRunConfig, parseRunConfig, type RunConfig } from '../protocol/run-config.ts'

/**
 * A run in the hash of the studio's URL: `#/train?v=1.CHECKSUM&data=sample:pirate&training.max_steps=60`. Fields of the run's config go
 * by their dotted paths, `section.field`, and only where they differ from their defaults; what is said of the page has no dot. Behind
 * the version stands a checksum of all else, by which a link that was cut or altered is known; written by hand it is left out.
 */
export const LINK_VERSION = 1

/** Where the data of a link are: shipped with the studio, at an address, on the Hub, or given by the page around its frame. */
export type LinkData =
  | { from: 'sample'; id: string }
  | { from: 'url'; url: string }
  | { from: 'hub'; dataset: string; config?: string; split?: string }
  | { from: 'page' }

/** Sections that a link says anything of; of the others the studio's own choices hold. */
export type LinkSection = 'model' | 'data' | 'training' | 'engine' | 'start'

export interface Link {
  place: Place
  /** Filled in with defaults. */
  config: RunConfig
  said: ReadonlySet<LinkSection>
  data: LinkData | null
  /** Null: all of them. */
  parts: readonly Part[] | null
  locked: readonly Lock[]
  theme: Theme | null
  lang: PageLanguage | null
  /** In a frame: the origin of the page around it, or `frame`, where the two do not speak. Null: no frame. */
  embed: string | null
  /** Nothing but the studio's own address may be asked: index.html heeds it before all else, also in a link that is damaged. */
  sealed: boolean
}

/** Something in a link that is not heeded. */
export interface RefusedValue {
  name: string
  value: string
  why: 'unknown' | 'twice' | 'value' | 'field'
  /** Of a field of the config: what is wrong with it. */
  message?: string
}

export interface LinkReading {
  link: Link
  refused: RefusedValue[]
  /** Cut, altered, or of no version: `newer` is of one to come, and nothing of it is heeded. */
  trouble: 'damaged' | 'newer' | 'unreadable' | null
}

/** What no link of this studio comes near. */
const MOST_CHARACTERS = 100_000

export const NO_LINK: Link = {
  place: 'data',
  config: defaultRunConfig(),
  said: new Set(),
  data: null,
  parts: null,
  locked: [],
  theme: null,
  lang: null,
  embed: null,
  sealed: false,
}

/** @param hash of a URL, with or without `#` @returns null where it holds no more than a place */
export function readLink(hash: string): LinkReading | null {
  const at = hash.indexOf('?')
  const query = at < 0 ? '' : hash.slice(at + 1)
  if (query === '') return null
  const named = hash.slice(0, at).replace(/^#?\/?/, '')
  const place = PLACES.find((name) => name === named) ?? NO_LINK.place
  const nothing = (trouble: LinkReading['trouble']): LinkReading => ({
    link: { ...NO_LINK, place },
    refused: [],
    trouble,
  })
  if (query.length > MOST_CHARACTERS) return nothing('unreadable')
  const { pairs, broken } = readPairs(query)
  const version = /^(\d{1,6})(?:\.(\w+))?$/.exec(pairs.find(([name]) => name === 'v')?.[1] ?? '')
  if (!version || Number(version[1]) < 1) return nothing('unreadable')
  if (Number(version[1]) > LINK_VERSION) return nothing('newer')
  const rest = pairs.filter(([name]) => name !== 'v')
  // None is ever written that says nothing.
  if (rest.length === 0) return nothing('damaged')
  const whole = version[2] === undefined || version[2] === checksum(rest)
  const { link, refused } = readRest(rest, place)
  return { link, refused, trouble: broken || !whole ? 'damaged' : null }
}

function readRest(pairs: readonly Pair[], place: Place): Pick<LinkReading, 'link' | 'refused'> {
  const link = { ...NO_LINK, place }
  const refused: RefusedValue[] = []
  const given: Pair[] = []
  const seen = new Set<string>()
  for (const [name, value] of pairs) {
    const refuse = (why: RefusedValue['why']) => void refused.push({ name, value, why })
    if (seen.has(name)) refuse('twice')
    else if (Object.hasOwn(OPTIONS, name)) {
      const part = OPTIONS[name as keyof typeof OPTIONS](value)
      if (part) Object.assign(link, part)
      else refuse('value')
    } else if (/^(model|start)$|\./.test(name)) given.push([name === 'model' ? 'model.id' : name, value])
    else refuse('unknown')
    seen.add(name)
  }
  // Rows of the page around come from a page that can be heard.
  if (link.data?.from === 'page' && (link.embed === null || link.embed === 'frame')) {
    link.data = null
    refused.push({ name: 'data', value: 'page', why: 'value' })
  }
  const { config, heeded } = readFields(given, refused)
  const said = new Set(heeded.map((name) => SECTION_OF[name.split('.')[0]!]!))
  if (link.data) said.add('data')
  return { link: { ...link, config, said }, refused }
}

const SECTION_OF: Record<string, LinkSection> = {
  model: 'model',
  data: 'data',
  training: 'training',
  lora: 'training',
  engine: 'engine',
  start: 'start',
}

/** Each field is held against the schema by itself: one that is wrong costs no other. */
function readFields(
  pairs: readonly Pair[],
  refused: RefusedValue[],
): { config: RunConfig; heeded: string[] } {
  const sections = new Map<string, Map<string, unknown>>()
  let start: unknown
  const heeded: string[] = []
  for (const [name, value] of pairs) {
    const [section, field, ...deeper] = name.split('.') as [string, string?, ...string[]]
    try {
      if (deeper.length > 0 || (field === undefined) !== (section === 'start'))
        throw new RangeError(`There is no field "${name}" in a run config.`)
      const read = readValue(value)
      parseRunConfig(objectOf([[section, field === undefined ? read : objectOf([[field, read]])]]))
      if (field === undefined) start = read
      else {
        if (!sections.has(section)) sections.set(section, new Map())
        sections.get(section)!.set(field, read)
      }
      heeded.push(name)
    } catch (error) {
      refused.push({ name, value, why: 'field', message: toFailure(error).message })
    }
  }
  const whole = [...sections].map(([section, fields]) => [section, objectOf(fields)] as const)
  return {
    config: parseRunConfig({ ...objectOf(whole), ...(start === undefined ? {} : { start }) }),
    heeded,
  }
}

/** Unlike an assignment, it takes `__proto__` as a name like others. */
const objectOf = (entries: Iterable<readonly [string, unknown]>) => Object.fromEntries(entries)

/** What is said of the page: a part of the link, or null for a value that is none. */
const OPTIONS = {
  data(value: string): Partial<Link> | null {
    const data = readData(value)
    return data && { data }
  },
  parts(value: string): Partial<Link> | null {
    const parts = listOf(PARTS, value)
    return parts && parts.length > 0 ? { parts } : null
  },
  locked(value: string): Partial<Link> | null {
    const locked = listOf(LOCKS, value)
    return locked && { locked }
  },
  theme(value: string): Partial<Link> | null {
    const theme = THEMES.find((name) => name === value)
    return theme ? { theme } : null
  },
  lang(value: string): Partial<Link> | null {
    const lang = ([...LANGUAGES, PSEUDO] as const).find((name) => name === value)
    return lang ? { lang } : null
  },
  embed(value: string): Partial<Link> | null {
    if (value === 'frame') return { embed: value }
    return URL.canParse(value) && new URL(value).origin === value ? { embed: value } : null
  },
  sealed(value: string): Partial<Link> | null {
    return value === '1' ? { sealed: true } : null
  },
}

function listOf<Name extends string>(known: readonly Name[], value: string): Name[] | null {
  const names = value.split(',').filter(Boolean)
  const found = known.filter((name) => names.includes(name))
  return found.length === new Set(names).size ? found : null
}

const HUB = /^hub:([\w.-]+\/[\w.-]+)(?:\/([^/\s]+)(?:\/([^/\s]+))?)?$/

/** `sample:pirate`, `hub:owner/name[/config[/split]]`, `page`, or an address; null: none of these. */
export function readData(value: string): LinkData | null {
  if (value === 'page') return { from: 'page' }
  const sample = /^sample:([\w-]{1,64})$/.exec(value)
  if (sample) return { from: 'sample', id: sample[1]! }
  const hub = HUB.exec(value)
  if (hub) {
    const [, dataset, config, split] = hub
    return { from: 'hub', dataset: dataset!, ...(config ? { config } : {}), ...(split ? { split } : {}) }
  }
  if (!URL.canParse(value)) return null
  const { protocol, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && username + password === '' ? { from: 'url', url: value } : null
}

function writeData(data: LinkData): string {
  if (data.from === 'sample') return `sample:${data.id}`
  if (data.from === 'url') return data.url
  if (data.from === 'page') return 'page'
  return `hub:${[data.dataset, data.config, data.config && data.split].filter(Boolean).join('/')}`
}

/**
 * The hash of a link. Of the config it writes what is said; the seed always, so that a link of default settings is one too. What
 * a run computes with is each reader's own: engines agree.
 */
export function writeLink({ place, config, said, data, ...page }: Link): string {
  const pairs: Pair[] = []
  if (data) pairs.push(['data', writeData(data)])
  pairs.push(
    ...(['model', 'data', 'training', 'start'] as const).flatMap((part) =>
      said.has(part) ? fieldsOf(part, config) : [],
    ),
  )
  if (page.parts) pairs.push(['parts', page.parts.join(',')])
  if (page.locked.length > 0) pairs.push(['locked', page.locked.join(',')])
  if (page.theme) pairs.push(['theme', page.theme])
  if (page.lang) pairs.push(['lang', page.lang])
  if (page.embed) pairs.push(['embed', page.embed])
  if (page.sealed) pairs.push(['sealed', '1'])
  if (pairs.length === 0) return `#/${place}`
  return `#/${place}?v=${LINK_VERSION}.${checksum(pairs)}&${writePairs(pairs)}`
}

function fieldsOf(part: Exclude<LinkSection, 'engine'>, config: RunConfig): Pair[] {
  const none = defaultRunConfig()
  if (part === 'start')
    return config.start.from === 'nothing' ? [] : [['start', JSON.stringify(config.start)]]
  const found: Pair[] = part === 'model' ? [['model', config.model.id]] : []
  for (const section of part === 'training' ? (['training', 'lora'] as const) : [part])
    for (const [field, value] of Object.entries(config[section])) {
      const usual = none[section][field as never] as unknown
      if (section === 'model' && field === 'id') continue
      // They quote rows, and no row leaves this machine by a link.
      if (section === 'data' && field === 'corrections') continue
      const always = section === 'training' && field === 'seed'
      if (always || canonical(value) !== canonical(usual))
        found.push([`${section}.${field}`, writeValue(beside(value, usual))])
    }
  return found
}

/** Of an object, what differs from its defaults: those are filled in again where it is read. */
function beside(value: unknown, usual: unknown): unknown {
  if (!isObject(value) || !isObject(usual)) return value
  const members = Object.entries(value).filter(([key, member]) => canonical(member) !== canonical(usual[key]))
  return Object.fromEntries(members.map(([key, member]) => [key, beside(member, usual[key])]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Of what is said, however the link was escaped on its way. */
function checksum(pairs: readonly Pair[]): string {
  const text = pairs.map(([name, value]) => `${name}=${value}\n`).join('')
  return crc32c(new TextEncoder().encode(text)).toString(36)
}
