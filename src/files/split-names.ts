/** Column that says what a row is for, where the names of files or lists tell it. */
export const SPLIT = 'split'

const WORD =
  /(?:^|[^a-z])(train(?:ing)?|test(?:ing)?|holdout|(?:hold|held)[-_ ]?out|validation|valid|val|dev|eval|evaluation)(?:[-_ ]?(?:set|data|split|rows))?(?:[^a-z]|$)/

/** What a file or list is for by its name, as published data sets are cut; null where it does not say. */
export function splitOfName(name: string): 'train' | 'test' | 'validation' | null {
  // "trainSet" is two words.
  const word = WORD.exec(name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase())?.[1]
  if (word === undefined) return null
  if (word.startsWith('train')) return 'train'
  return /^(?:test|hold|held)/.test(word) ? 'test' : 'validation'
}
