import { turnedWords } from './pseudo.ts'
import type { Sayer } from './said.ts'
import { createSayer, type SaidTexts } from './sayer.ts'
import { said } from './zh-Hant/said/index.ts'

/** What is said behind the page, in the language of trial. */
export const pseudoSayer = (): Sayer => createSayer(pseudoSaid(said))

/** Keys and values that are texts themselves are those of another language. */
export function pseudoSaid(texts: SaidTexts): SaidTexts {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, turnedKey(key, text)]))
}

function turnedKey(key: string, text: string): string {
  let choices = 0
  let depth = 0
  return key
    .split(/(\{\d+\}|[‹|›])/)
    .map((piece) => {
      if (/^\{\d+\}$/.test(piece))
        return text.includes(`${piece.slice(0, -1)}~}`) ? `${piece.slice(0, -1)}~}` : piece
      if (piece === '‹') depth++
      if (piece === '›') depth--
      if (piece === '‹') return `‹${choices++}:`
      return piece === '›' || (piece === '|' && depth > 0) ? piece : turnedWords(piece)
    })
    .join('')
}
