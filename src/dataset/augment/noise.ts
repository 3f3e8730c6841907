import type { AugmentConfig } from '../../protocol/data-steps.ts'
import type { Draws } from './random.ts'

/**
 * Text as a hurried person types it. Digits, addresses and markup are left alone: a typing error in them changes what is
 * asked, not how it is written.
 */
export function addNoise(text: string, noise: AugmentConfig['noise'], draws: Draws): string {
  const words = text.split(/(\s+)/)
  const isWord = words.map((word) => /^\P{N}*\p{L}\P{N}*$/u.test(word) && !/[@<>{}/\\]/.test(word))
  const at = isWord.flatMap((yes, i) => (yes ? [i] : []))
  for (const [n, i] of at.entries()) {
    if (noise.case > 0 && draws.chance(noise.case)) words[i] = changeCase(words[i]!, draws)
    words[i] = typos(words[i]!, noise.typos, draws)
    const next = at[n + 1]
    // Neighbours only, with nothing but white space between: a sentence stays a sentence.
    if (next === i + 2 && noise.swaps > 0 && draws.chance(noise.swaps))
      [words[i], words[next]] = [words[next]!, words[i]!]
  }
  if (noise.dropout > 0) {
    const dropped = at.filter(() => draws.chance(noise.dropout))
    // Something must be left to answer to.
    for (const i of dropped.slice(0, Math.max(0, at.length - 2))) {
      words[i] = ''
      if (i > 0) words[i - 1] = ''
    }
  }
  const result = words.join('')
  return /^\s/.test(text) ? result : result.trimStart()
}

function changeCase(word: string, draws: Draws): string {
  const way = draws.below(3)
  if (way === 0) return word.toLowerCase()
  if (way === 1) return word.toUpperCase()
  const [first = '', ...rest] = word
  return (first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase()) + rest.join('')
}

/** Rows of a keyboard: a finger that slips strikes the key beside. */
const KEYS = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm']

function typos(word: string, share: number, draws: Draws): string {
  if (share <= 0) return word
  const letters = [...word]
  const result: string[] = []
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i]!
    if (!draws.chance(share) || !/\p{L}/u.test(letter)) {
      result.push(letter)
      continue
    }
    const way = draws.below(4)
    const next = letters[i + 1]
    if (way === 0 && next !== undefined && /\p{L}/u.test(next)) {
      result.push(next, letter)
      i++
    } else if (way === 1 && letters.length > 2) continue
    else if (way === 2) result.push(letter, letter)
    else result.push(mistyped(letter, draws))
  }
  return result.join('')
}

function mistyped(letter: string, draws: Draws): string {
  const lower = letter.toLowerCase()
  const row = KEYS.find((keys) => keys.includes(lower))
  // A letter that is on no key of ours is struck twice.
  if (!row) return letter + letter
  const at = row.indexOf(lower)
  const near = [row[at - 1], row[at + 1]].filter((key) => key !== undefined)
  const key = draws.pick(near)
  return letter === lower ? key : key.toUpperCase()
}
