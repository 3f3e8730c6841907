import { createSignal } from 'solid-js'
import { LANGUAGES, type Language, type PageLanguage, PSEUDO } from '../../protocol/embed.ts'
import { en } from '../messages/en.ts'
import { useFormats } from '../messages/format.ts'
import { ofBrowser } from '../messages/of-browser.ts'
import { type Sayer, useSayer } from '../messages/said.ts'
import { type Catalogue, useCatalogue } from '../messages/t.ts'
import { recall, remember } from './memory.ts'

export { LANGUAGES, type Language, type PageLanguage }

/** Texts of languages other than English are fetched when they are asked for. */
const CATALOGUES: Record<Exclude<PageLanguage, 'en'>, () => Promise<Catalogue>> = {
  'zh-Hant': () => import('../messages/zh-Hant/index.ts').then(({ zhHant }) => zhHant),
  [PSEUDO]: () => import('../messages/pseudo.ts').then(({ pseudo }) => pseudo()),
}

/** What is said behind the page in English, in these: fetched with the first such text. */
const SAYERS: Record<Exclude<PageLanguage, 'en'>, () => Promise<Sayer>> = {
  'zh-Hant': () => import('../messages/zh-Hant/said/index.ts').then(({ zhHantSayer }) => zhHantSayer()),
  [PSEUDO]: () => import('../messages/pseudo-said.ts').then(({ pseudoSayer }) => pseudoSayer()),
}

/** A language whose texts could not be fetched, or not all of them. */
const [missing, setMissing] = createSignal<PageLanguage | null>(null)
/** That the page speaks; null: it has said nothing yet. */
let spoken: PageLanguage | null = null

/**
 * Which language the page speaks: what its link says, else what was chosen here, else the first of the browser's own that there is.
 * @param own whether the page is its own; one in a frame is not asked what was chosen in another
 */
export function preferredLanguage(asked: PageLanguage | null, own: boolean): PageLanguage {
  if (own && asked) rememberAsked(asked)
  const kept = own ? (recallAsked() ?? recall<{ choice: Language }>('language')?.choice) : null
  return asked ?? SPOKEN.find((name) => name === kept) ?? ofBrowser(navigator.languages)
}

const SPOKEN: readonly PageLanguage[] = [...LANGUAGES, PSEUDO]
const ASKED = 'lapidary.language'

/** What a link asked for holds in its tab, loaded again or with a lesson opened in it, until another is chosen. */
function rememberAsked(asked: PageLanguage | null): void {
  try {
    if (asked) sessionStorage.setItem(ASKED, asked)
    else sessionStorage.removeItem(ASKED)
  } catch {
    // Storage is blocked: the address alone says it.
  }
}

function recallAsked(): string | null {
  try {
    return sessionStorage.getItem(ASKED)
  } catch {
    return null
  }
}

/**
 * From here on the page speaks it. Where its texts cannot be fetched, that is said, and the page goes on in the language that it spoke, or
 * begins in English. Gives the language that it speaks now.
 */
export async function speak(language: PageLanguage): Promise<PageLanguage> {
  const texts = await (language === 'en' ? allEnglish() : CATALOGUES[language]()).catch(() => null)
  if (!texts) {
    const now = spoken ?? (await speak('en'))
    setMissing(language)
    return now
  }
  spoken = language
  setMissing(null)
  useCatalogue(language, texts)
  useFormats(language === PSEUDO ? 'en' : language)
  useSayer(language === 'en' ? null : () => SAYERS[language]().catch(() => notFetched(language)))
  const { documentElement } = document
  documentElement.lang = language
  documentElement.dir = language === PSEUDO ? 'rtl' : 'ltr'
  return language
}

function notFetched(language: PageLanguage): null {
  if (spoken === language) setMissing(language)
  return null
}

/** What a first look needs came with the page, and parts that are drawn later bring theirs (`loadedLater`): all, where another was spoken. */
async function allEnglish(): Promise<Partial<Catalogue>> {
  if (spoken === null) return en
  return (await import('../messages/english.ts')).english
}

/** The language that the page speaks, and another that is chosen: kept for the next visit. */
export function createLanguage() {
  const [now, setNow] = createSignal<PageLanguage>(document.documentElement.lang as PageLanguage)
  async function choose(choice: Language): Promise<void> {
    remember('language', { choice })
    rememberAsked(null)
    setNow(await speak(choice))
  }
  /** That the guide is read in: it has none of trial. */
  const guide = (): Language => LANGUAGES.find((name) => name === now()) ?? 'en'
  return { now, choose, guide, missing, dismiss: () => setMissing(null) }
}
