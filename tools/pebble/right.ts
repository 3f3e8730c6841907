/** Whether an answer of a tuned model is what a row of a sample data set wants. Each demo has its own measure. */
export type Judge = (wanted: string, given: string) => boolean

const words = (text: string) => text.trim().split(/\s+/)
const isNumber = (word: string) => /\d/.test(word)

/** Fewest words to change, add or leave out; a number in place of another counts as two. */
function wordsApart(wanted: readonly string[], given: readonly string[]): number {
  let row = given.map((_, j) => j + 1)
  for (const [i, want] of wanted.entries()) {
    let before = i
    let left = i + 1
    row = row.map((above, j) => {
      const cost = want === given[j] ? 0 : isNumber(want) ? 2 : 1
      left = Math.min(above + 1, left + 1, before + cost)
      before = above
      return left
    })
  }
  return row.at(-1) ?? wanted.length
}

/** Keys sorted, so that two objects with the same entries are one text; null for what is no JSON. */
function canonical(text: string): string | null {
  const sorted = (_: string, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value
  try {
    return JSON.stringify(JSON.parse(text), sorted)
  } catch {
    return null
  }
}

export const JUDGES: Record<string, { says: string; judge: Judge }> = {
  pirate: {
    says: 'every word but one, and every number',
    judge: (wanted, given) => wordsApart(words(wanted), words(given)) <= 1,
  },
  mood: { says: 'the label', judge: (wanted, given) => wanted === given.trim() },
  records: {
    says: 'the same JSON',
    judge: (wanted, given) => canonical(given) !== null && canonical(given) === canonical(wanted),
  },
}
