import { parseRunConfig, type RunConfig } from '../../protocol/run-config.ts'
import type { Mapping } from '../../protocol/studio.ts'
import { PROFILES, type ProfileId } from '../../runs/profiles.ts'
import { readyData } from './data-recipe.ts'

/** What is kept of the page over a reload. */
export interface StoredDraft {
  config: RunConfig
  /** Id of the data set in view; empty: none. */
  dataset: string
  profile: ProfileId | 'own'
  /** Of a person's own settings: the fields set by hand and the profile that the others follow; null: all came as a whole. */
  own: { touched: string[]; basis: ProfileId } | null
  /** How long the run may take, where that says the rest; null: it does not, absent in drafts of before. */
  minutes?: number | null
  /** Run in view. */
  shown: string | null
  /** The config that was opened last, until it is put away. */
  opening: StoredOpening | null
}

/** Sections that a config may leave unsaid: what the page has chosen there stays. */
export const SECTIONS = ['model', 'data', 'engine', 'start'] as const
export type Section = (typeof SECTIONS)[number]

/** What was opened, by its own name or as the page calls it in whatever language it speaks. */
export type OpenedName = string | { said: 'link.name' | 'open.pasted' }

export interface StoredOpening {
  config: RunConfig
  name: OpenedName
  /** The sections that it named. */
  said: Section[]
  /** Whether the file that it names has not been opened yet. */
  awaiting: boolean
}

/** As pages before kept it, in pieces. */
interface OldDraft {
  mapping: Mapping
  recipe: object
  share: number
  model: string
  settings: object
}

/** A stored draft of this page or of one before; as much of it as still holds. */
export function readDraft(stored: object): StoredDraft {
  const kept = stored as Partial<StoredDraft> & Partial<OldDraft>
  const config = kept.config
    ? ['model', 'data', 'training', 'lora', 'engine', 'start'].map((name) => ({
        [name]: kept.config![name as 'data'],
      }))
    : old(kept)
  const whole = config.reduce(laidOver, parseRunConfig({}))
  return {
    // Before, a draft was kept with all that was chosen and of no use.
    config: kept.config ? whole : { ...whole, data: readyData(whole.data) },
    dataset: typeof kept.dataset === 'string' ? kept.dataset : '',
    profile: PROFILES.find((name) => name === kept.profile) ?? 'own',
    own: readOwn(kept.own),
    minutes: typeof kept.minutes === 'number' && kept.minutes > 0 ? kept.minutes : null,
    shown: typeof kept.shown === 'string' ? kept.shown : null,
    opening: readOpening(kept.opening),
  }
}

function readOwn(kept: StoredDraft['own'] | undefined): StoredDraft['own'] {
  const basis = PROFILES.find((name) => name === kept?.basis)
  if (!basis || !Array.isArray(kept?.touched)) return null
  return { basis, touched: kept.touched.filter((name) => typeof name === 'string') }
}

function readOpening(kept: StoredOpening | null | undefined): StoredOpening | null {
  const name = readName(kept?.name)
  if (!kept || name === null || !Array.isArray(kept.said)) return null
  try {
    return {
      config: parseRunConfig(kept.config),
      name,
      said: SECTIONS.filter((section) => kept.said.includes(section)),
      awaiting: kept.awaiting === true,
    }
  } catch {
    return null
  }
}

function readName(kept: unknown): OpenedName | null {
  if (typeof kept === 'string') return kept
  const text = (kept as { said?: unknown } | null | undefined)?.said
  return text === 'link.name' || text === 'open.pasted' ? { said: text } : null
}

function old({ mapping, recipe, share, model, settings }: Partial<OldDraft>): object[] {
  return [
    ...(settings ? [settings] : []),
    ...(model ? [{ model: { id: model } }] : []),
    ...[recipe, mapping, share === undefined ? undefined : { validation_share: share }].map((data) => ({
      data,
    })),
  ]
}

/** One more piece, where the config with it is still one. */
function laidOver(config: RunConfig, piece: object): RunConfig {
  try {
    const sections = Object.entries(piece).map(([name, part]) => [
      name,
      name === 'start' ? part : { ...config[name as 'data'], ...(part as object) },
    ])
    return parseRunConfig({ ...config, ...Object.fromEntries(sections) })
  } catch {
    return config
  }
}
