import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Rows and a tokenizer for the data bench: made by seed, of the size and make of real ones. */

const ROOT = join(import.meta.dirname, '..', '..')

/** Words of the project's own English, by frequency as they come: enough to make text of. */
export function corpus(): string[] {
  const files = [
    'README.md',
    'docs/config.md',
    'docs/decisions.md',
    'public/datasets/pirate.csv',
    'public/datasets/records.jsonl',
  ]
  return files.flatMap((file) => readFileSync(join(ROOT, file), 'utf8').match(/[A-Za-z']+[.,?!]?/g) ?? [])
}

/** About 500 bytes a row, questions and answers; one in a thousand is missing, one in a hundred repeats. */
export function makeRows(count: number): { prompt: string[]; response: string[] } {
  const words = corpus()
  let state = 1
  const next = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  const sentence = (length: number) =>
    Array.from({ length }, () =>
      next(40) === 0
        ? `${words[next(words.length)]!.slice(0, 3)}${next(10_000)}`
        : words[next(words.length)]!,
    ).join(' ')
  const prompt: string[] = []
  const response: string[] = []
  for (let i = 0; i < count; i++) {
    const again = i > 0 && i % 100 === 0
    prompt.push(again ? prompt[i - 1]! : `${sentence(12 + next(25))}?`)
    response.push(again ? response[i - 1]! : i % 1000 === 999 ? '' : sentence(20 + next(60)))
  }
  return { prompt, response }
}

/**
 * Pebble's tokenizer grown to Gemma's 262,144 words: the corpus' words joined whole, as Gemma knows common words, and the
 * rest filled up with words that do not occur, so that its tables are of the real size.
 */
export function gemmaSized(json: Record<string, unknown>): Record<string, unknown> {
  const model = structuredClone(json.model) as {
    vocab: Record<string, number>
    merges: (string | [string, string])[]
  }
  const pairs = new Set(model.merges.map((merge) => (Array.isArray(merge) ? merge.join(' ') : merge)))
  let id = Math.max(...Object.values(model.vocab)) + 1
  const join2 = (a: string, b: string) => {
    if (pairs.has(`${a} ${b}`)) return
    pairs.add(`${a} ${b}`)
    model.merges.push(Array.isArray(model.merges[0]) ? [a, b] : `${a} ${b}`)
    if (model.vocab[a + b] === undefined) model.vocab[a + b] = id++
  }
  for (const word of new Set(corpus().map((text) => `▁${text.replace(/[.,?!]$/, '')}`))) {
    const letters = [...word]
    for (let n = 1; n < letters.length; n++) join2(letters.slice(0, n).join(''), letters[n]!)
  }
  for (let n = 0; id < 262_144; n++) join2(`▁q${n.toString(36)}`, 'x')
  return { ...json, model }
}
