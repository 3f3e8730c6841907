import { en } from './en.ts'
import type { lesson } from './en-lesson.ts'
import { formatCount } from './format.ts'

/** With the texts that are fetched later. */
type Catalogue = typeof en & typeof lesson
export type MessageKey = keyof Catalogue

type Text<E> = E extends string ? E : E extends { other: infer O extends string } ? O : never
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type Values<K extends MessageKey> = Names<Text<Catalogue[K]>>
type Args<K extends MessageKey> = [Values<K>] extends [never] ? [] : [Record<Values<K>, string | number>]

type Entry = string | { one: string; other: string }

const texts: Record<string, Entry> = { ...en }

/** Texts of a part of the page that is fetched later, which come with it. */
export function addTexts(more: Record<string, Entry>): void {
  Object.assign(texts, more)
}

const plurals = new Intl.PluralRules('en')

/**
 * The text of a key. `{name}` is replaced by a value; numbers are written with separators of thousands (give a string
 * where another format is wanted). An entry with `one` and `other` is chosen by its `count`.
 */
export function t<K extends MessageKey>(key: K, ...args: Args<K>): string {
  const entry = texts[key]!
  const values = (args[0] ?? {}) as Record<string, string | number>
  const text =
    typeof entry === 'string'
      ? entry
      : plurals.select(Number(values.count)) === 'one'
        ? entry.one
        : entry.other
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? formatCount(value) : value
  })
}
