import { english } from './english.ts'
import type { Catalogue, Entry } from './t.ts'

/** Right-to-left override and its end: letters are drawn the other way round, as a text of such a language would be. */
const OPEN = '\u202e'
const CLOSE = '\u202c'

/** English from right to left, with its vowels said twice: what is not in the catalogue, or does not give way, is seen at once. */
export function pseudo(): Catalogue {
  return Object.fromEntries(
    Object.entries(english).map(([key, entry]) => [key, stretched(entry)]),
  ) as Catalogue
}

function stretched(entry: Entry): Entry {
  if (typeof entry !== 'string')
    return {
      other: '',
      ...Object.fromEntries(Object.entries(entry).map(([form, text]) => [form, turned(text)])),
    }
  return turned(entry)
}

const turned = (text: string) =>
  text.replace(/\{\w+\}|[^{]+/g, (part) => (part.startsWith('{') ? part : turnedWords(part)))

/** Words without values. */
export const turnedWords = (words: string): string =>
  words === '' ? '' : `${OPEN}${words.replace(/[aeiou]/gi, '$&$&')}${CLOSE}`
