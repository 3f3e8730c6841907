import { en } from './en.ts'
import type { later } from './en-later.ts'
import type { lesson } from './en-lesson.ts'
import { formatCount } from './numbers.ts'

type English = typeof en & typeof later & typeof lesson
export type MessageKey = keyof English

type Text<E> = E extends string ? E : E extends { other: infer O extends string } ? O : never
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type Values<K extends MessageKey> = Names<Text<English[K]>>
type Args<K extends MessageKey> = [Values<K>] extends [never] ? [] : [Record<Values<K>, string | number>]

/** A text, or its plural forms by the names of `Intl.PluralRules`: a language gives those that it has. */
export type Entry = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { other: string })

/** Every text in one language; the types of the parts demand each key of the English one. */
export type Catalogue = { [K in MessageKey]: Entry }

/** What there is so far: of English, the texts of a first look. */
let catalogue: Partial<Catalogue> = en
let plurals = new Intl.PluralRules('en')

/** From here on texts are in this language: `en` until this is called. */
export function useCatalogue(tag: string, texts: Partial<Catalogue>): void {
  catalogue = texts
  plurals = new Intl.PluralRules(tag)
}

/** Whether texts come part by part: another language has all of its texts at once. */
export const isEnglish = (): boolean => plurals.resolvedOptions().locale.startsWith('en')

/** Texts of parts that are fetched later. */
export function addEnglish(texts: Partial<Catalogue>): void {
  if (isEnglish()) catalogue = { ...catalogue, ...texts }
}

/**
 * The text of a key. `{name}` is replaced by a value; numbers are written with separators of thousands (give a string
 * where another format is wanted). An entry with plural forms is chosen by its `count`.
 */
export function t<K extends MessageKey>(key: K, ...args: Args<K>): string {
  const entry: Entry = catalogue[key] ?? ''
  const values = (args[0] ?? {}) as Record<string, string | number>
  const text =
    typeof entry === 'string' ? entry : (entry[plurals.select(Number(values.count))] ?? entry.other)
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? formatCount(value) : value
  })
}

/** Whether the page has a text of this key by now. */
export const isText = (key: string): key is MessageKey => key in catalogue

/** What is told in data, in the page's language where the catalogue has it, else as the data says it. It has no values to fill in. */
export function translated(key: string, own: string): string {
  const entry = (catalogue as Record<string, Entry | undefined>)[key]
  return typeof entry === 'string' ? entry : own
}

/** A part of the catalogue in another language: every key of the English part, none besides. */
export type Translated<Part> = { [K in keyof Part]: Entry }
