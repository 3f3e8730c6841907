import { textTable } from '../../src/lib/text-table.ts'

/** One thing that was checked. */
export interface Figure {
  what: string
  limit: string
  found: string
  ok: boolean
}

/** A number that may be at most so large; written so that NaN fails. */
export function atMost(what: string, found: number, limit: number, unit = ''): Figure {
  return { what, limit: `${exponent(limit)}${unit}`, found: `${short(found)}${unit}`, ok: found <= limit }
}

/** A count that must be the whole of something. */
export function allOf(what: string, found: number, of: number): Figure {
  return { what, limit: `${of} of ${of}`, found: `${found} of ${of}`, ok: of > 0 && found === of }
}

export function holds(what: string, ok: boolean, found: string, limit = 'yes'): Figure {
  return { what, limit, found, ok }
}

const exponent = (x: number) => x.toExponential().replace('e+0', '').replace('e+', 'e')
const short = (x: number) => (x === 0 ? '0' : x.toExponential(1))

/** A prompt with the reference's answers: its largest logits as [word, logit], and the tokens that follow. */
export interface ReferencePrompt {
  text: string
  ids: number[]
  logits_last: [number, number][]
  greedy: number[]
}

/** The same prompt answered by the engine. */
export interface EngineAnswer {
  /** The word with the largest logit of all. */
  best: number
  /** Logits of the words asked for, in that order. */
  logits: [number, number][]
  greedy: number[] | null
}

export interface AnswerDifferences {
  /** Largest difference between logits, over the largest logit of the prompt; the worst of all prompts. */
  logitsError: number
  sameNext: number
  sameAnswers: number
}

/** @throws Error where answers are missing, or of other words */
export function compareAnswers(
  expected: readonly ReferencePrompt[],
  found: readonly EngineAnswer[],
): AnswerDifferences {
  if (found.length !== expected.length)
    throw new Error(`${found.length} answers to ${expected.length} prompts`)
  const all: AnswerDifferences = { logitsError: 0, sameNext: 0, sameAnswers: 0 }
  expected.forEach(({ text, logits_last: logits, greedy }, i) => {
    const own = found[i]!
    if (own.logits.length !== logits.length || own.logits.some(([word], k) => word !== logits[k]![0]))
      throw new Error(`"${text}" was answered with the logits of other words`)
    const scale = Math.max(...logits.map(([, value]) => Math.abs(value)))
    const errors = own.logits.map(([, value], k) => Math.abs(value - logits[k]![1]) / scale)
    // Math.max keeps a NaN.
    all.logitsError = Math.max(all.logitsError, ...errors)
    const best = logits.reduce((a, b) => (b[1] > a[1] ? b : a))[0]
    if (own.best === best) all.sameNext++
    if (own.greedy?.join() === greedy.join()) all.sameAnswers++
  })
  return all
}

/** Largest difference between two lists. @throws Error where one is longer than the other */
export function largestDifference(found: readonly number[], expected: readonly number[]): number {
  if (found.length !== expected.length)
    throw new Error(`${found.length} values to compare with ${expected.length}`)
  return Math.max(0, ...found.map((value, i) => Math.abs(value - expected[i]!)))
}

/** The figures as text in columns. */
export function figureTable(figures: readonly Figure[]): string {
  return textTable([
    ['', 'what', 'limit', 'found'],
    ...figures.map(({ what, limit, found, ok }) => [ok ? 'ok' : 'FAIL', what, limit, found]),
  ])
}
