/** Whether an answer is the reference, but for white space around it, ends of lines, and how accents are written (NFC). */
export function exactMatch(reference: string, answer: string): boolean {
  return tidy(reference) === tidy(answer)
}

function tidy(text: string): string {
  return text.normalize('NFC').replace(/\r\n?/g, '\n').trim()
}

const ORDERS = 6
/** chrF2: recall counts twice. */
const BETA_SQUARED = 4
/** White space as Python's `str.split` has it: four control characters more than Unicode. */
const SPACE = new RegExp(`[\\p{White_Space}${String.fromCharCode(0x1c)}-${String.fromCharCode(0x1f)}]+`, 'gu')

/**
 * chrF2 of a sentence, 0..100: F2 of the n-grams of characters (1 to 6, white space left out) that answer and reference share. As
 * sacrebleu's `CHRF().sentence_score`. Source: Popović, "chrF: character n-gram F-score for automatic MT evaluation" (WMT 2015).
 */
export function chrf(reference: string, hypothesis: string): number {
  return score(shared(reference, hypothesis))
}

/**
 * chrF2 of all answers as one, 0..100: n-grams are counted over all of them. As sacrebleu's `CHRF().corpus_score` with a reference each.
 * @param references as many as hypotheses
 */
export function corpusChrf(references: readonly string[], hypotheses: readonly string[]): number {
  const total = new Float64Array(ORDERS * 3)
  for (const [i, reference] of references.entries())
    for (const [k, count] of shared(reference, hypotheses[i]!).entries()) total[k]! += count
  return score(total)
}

/** [orders, 3] n-grams of the hypothesis, of the reference, and of both. */
function shared(reference: string, hypothesis: string): Float64Array {
  const counts = new Float64Array(ORDERS * 3)
  const [mine, theirs] = [hypothesis, reference].map((text) => Array.from(text.replace(SPACE, '')))
  for (let order = 1; order <= ORDERS; order++) {
    const [found, wanted] = [ngrams(mine!, order), ngrams(theirs!, order)]
    let both = 0
    for (const [gram, count] of found) both += Math.min(count, wanted.get(gram) ?? 0)
    // Where the reference is too short for the order, so it is for the hypothesis.
    counts.set(
      [wanted.size > 0 ? mine!.length - order + 1 : 0, theirs!.length - order + 1, both].map((n) =>
        Math.max(0, n),
      ),
      (order - 1) * 3,
    )
  }
  return counts
}

function ngrams(characters: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let i = 0; i + order <= characters.length; i++) {
    const gram = characters.slice(i, i + order).join('')
    counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}

function score(counts: Float64Array): number {
  let [precision, recall, orders] = [0, 0, 0]
  for (let i = 0; i < counts.length; i += 3) {
    const [found, wanted, both] = counts.subarray(i, i + 3) as unknown as [number, number, number]
    if (found === 0 || wanted === 0) continue
    precision += both / found
    recall += both / wanted
    orders++
  }
  if (precision + recall === 0) return 0
  precision /= orders
  recall /= orders
  return (100 * (1 + BETA_SQUARED) * precision * recall) / (BETA_SQUARED * precision + recall)
}

/**
 * ROUGE-L, 0..1: F1 of the longest common subsequence of words, lower-case runs of a-z and 0-9. As rouge-score's `rougeL` without a
 * stemmer: of letters beyond these it knows nothing. Source: Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004).
 */
export function rougeL(reference: string, hypothesis: string): number {
  const [wanted, found] = [reference, hypothesis].map((text) => text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
  const common = longestCommon(wanted!, found!)
  return common === 0 ? 0 : (2 * common) / (wanted!.length + found!.length)
}

/** Length of the longest common subsequence. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let before = new Uint32Array(b.length + 1)
  let now = new Uint32Array(b.length + 1)
  for (const word of a) {
    for (let j = 0; j < b.length; j++)
      now[j + 1] = word === b[j] ? before[j]! + 1 : Math.max(before[j + 1]!, now[j]!)
    ;[before, now] = [now, before]
  }
  return before[b.length]!
}
