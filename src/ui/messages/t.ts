import { en } from './en.ts'
import { formatCount } from './format.ts'

type Catalogue = Readonly<Record<string, string | { readonly one: string; readonly other: string }>>
export type MessageKey = keyof typeof en

type Text<E> = E extends string ? E : E extends { other: infer O extends string } ? O : never
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type Values<E> = Names<Text<E>>
type Args<E> = [Values<E>] extends [never] ? [] : [Record<Values<E>, string | number>]

const plurals = new Intl.PluralRules('en')

/** Reads a catalogue: that of the page, or one that is loaded with what it is of. */
export function textsOf<Own extends Catalogue>(catalogue: Own) {
  /**
   * The text of a key. `{name}` is replaced by a value; numbers are written with separators of thousands (give a string
   * where another format is wanted). An entry with `one` and `other` is chosen by its `count`.
   */
  return <K extends keyof Own & string>(key: K, ...args: Args<Own[K]>): string => {
    const entry = catalogue[key]!
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

export const t = textsOf(en)
