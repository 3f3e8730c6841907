/** Column that says what a row is for, where the names of files or lists tell it. */
export const SPLIT = 'split'

/** What a file or list is for by its name, as published data sets are cut; null where it does not say. */
export function splitOfName(name: string): 'train' | 'test' | 'validation' | null {
  const found = /(^|[^a-z])(train|training|test|testing|validation|valid|val|dev|eval)([^a-z]|$)/i.exec(name)
  const word = found?.[2]?.toLowerCase()
  if (word === undefined) return null
  return word.startsWith('train') ? 'train' : word.startsWith('test') ? 'test' : 'validation'
}
