import { en } from './en.ts'
import type { hood } from './en-hood.ts'
import type { setup } from './en-setup.ts'
import { formatCount } from './format.ts'

/** Texts that are fetched with what they belong to, which adds them first. */
type Fetched = typeof hood & typeof setup
type Catalogue = typeof en & Fetched
type Entry = string | { one: string; other: string }

const texts: Record<string, Entry> = { ...en }

/** Adds texts that came later. */
export function addTexts(more: Partial<Fetched>): void {
  Object.assign(texts, more)
}

export type MessageKey = keyof Catalogue

type Text<E> = E extends string ? E : E extends { other: infer O extends string } ? O : never
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type Values<K extends MessageKey> = Names<Text<Catalogue[K]>>
type Args<K extends MessageKey> = [Values<K>] extends [never] ? [] : [Record<Values<K>, string | number>]

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
