import { createSignal } from 'solid-js'

/** Gives a text in the page's language; one that it does not know, as it is. */
export type Sayer = (text: string) => string

const [sayer, setSayer] = createSignal<Sayer | null>(null)
/** How it is fetched; null: in English, or it has been asked for. */
let fetched: (() => Promise<Sayer | null>) | null = null
/** How often a language was chosen: what comes for an earlier choice is too late. */
let chosen = 0

/**
 * From here on what engines, readers and the rest of the studio say in English is said in another language.
 * @param load fetches it, with the first such text; null where it cannot. Null: in English
 */
export function useSayer(load: (() => Promise<Sayer | null>) | null): void {
  chosen++
  fetched = load
  setSayer(null)
}

/** A message, a hint or a note from behind the page, in the page's language: in English until that has been fetched. */
export function said(text: string): string {
  const say = sayer()
  if (!say && fetched) void begin(fetched)
  return say ? say(text) : text
}

/** Sentences one behind the other. A mark of full width, as Chinese ends them, has its space within. */
export const sentences = (...all: string[]): string =>
  all.reduce((so, one) => `${so}${/[。！？：；]$/.test(so) ? '' : ' '}${one}`)

/** What is wrong and what to do, in one breath. */
export const saidWhole = ({ message, hint }: { message: string; hint: string }): string =>
  sentences(said(message), said(hint))

async function begin(load: () => Promise<Sayer | null>): Promise<void> {
  const mine = chosen
  fetched = null
  const say = await load()
  if (mine === chosen) setSayer(() => say)
}
