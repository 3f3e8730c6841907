/** What single cells hold, and how they read as text and as numbers. */

/** A cell as text: lists and objects as JSON, so that a model can learn to answer in it. Null where nothing is in it. */
export function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.trim() === '' ? null : text
}

/** The first of SQuAD's answers, null where there is none; undefined for anything else. */
export function squadAnswer(value: unknown): string | null | undefined {
  if (typeof value !== 'object' || value === null || !('text' in value && 'answer_start' in value))
    return undefined
  if (!Array.isArray(value.text)) return undefined
  const [first = null] = value.text as unknown[]
  return typeof first === 'string' || first === null ? first : undefined
}

/** Null, and text of nothing but white space. */
export function isMissing(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && value.trim() === '')
}

const NUMBER = /^[+-]?(\d+([.,]\d+)?|\.\d+)(e[+-]?\d+)?$/i

/** `1,234` is a thousand to some and one and a bit to others: it is not guessed at. `0,125` can only be the one. */
const AMBIGUOUS = /^[+-]?[1-9]\d{0,2},\d{3}$/

/** A number, or text that is one (a comma may stand for the point); NaN for anything else, and where it could be two. */
export function asNumber(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return Number.NaN
  const text = value.trim()
  return NUMBER.test(text) && !AMBIGUOUS.test(text) ? Number(text.replace(',', '.')) : Number.NaN
}
