import { en } from './en.ts'
import { formatCount } from './format.ts'

export type Entry = string | { one: string; other: string }
export type MessageKey = keyof typeof en

type Text<E> = E extends string ? E : E extends { other: infer O extends string } ? O : never
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type Values<E> = Names<Text<E>>
type Args<E> = [Values<E>] extends [never] ? [] : [Record<Values<E>, string | number>]

const plurals = new Intl.PluralRules('en')

/** The texts of a catalogue by key; a part of the page that is fetched later brings one of its own. */
export function textsOf<const Catalogue extends Record<string, Entry>>(catalogue: Catalogue) {
  return <K extends keyof Catalogue & string>(key: K, ...args: Args<Catalogue[K]>): string => {
    const entry: Entry = catalogue[key]!
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
}

/**
 * The text of a key. `{name}` is replaced by a value; numbers are written with separators of thousands (give a string
 * where another format is wanted). An entry with `one` and `other` is chosen by its `count`.
 */
export const t = textsOf(en)
