import { SITE, uniform } from '../lib/threefry.ts'
import type { GenerateOptions } from '../protocol/engine.ts'

/**
 * The next token of one row. Temperature 0: the arg-max, the lowest word on a tie. Otherwise softmax(logits / temperature),
 * restricted first to words no smaller than the topK-th largest logit (0: off), then to the most probable words whose
 * probabilities first reach topP (1: off), ties with the last one included, and always one. The draw is the lowest word
 * whose cumulative weight, in word order, exceeds u times the total, u = uniform(seed, position, SITE.sample, row): the rules
 * and the numbers of the WGSL engine's sampling.
 * Source of the rules: Transformers `TopKLogitsWarper`, `TopPLogitsWarper`.
 */
export function drawToken(
  logits: Float32Array,
  { temperature, topK, topP, seed }: Pick<GenerateOptions, 'temperature' | 'topK' | 'topP' | 'seed'>,
  position: number,
  row: number,
): number {
  let best = 0
  for (let w = 1; w < logits.length; w++) if (logits[w]! > logits[best]!) best = w
  if (!(temperature > 0)) return best
  const top = logits[best]!
  const weight = (z: number) => Math.exp((z - top) / temperature)
  let limit = Number.NEGATIVE_INFINITY
  if (topK > 0 && topK < logits.length) limit = logits.slice().sort()[logits.length - topK]!
  if (topP < 1) {
    const kept = logits.filter((z) => z >= limit).sort()
    let total = 0
    for (const z of kept) total += weight(z)
    let sum = 0
    let at = kept.length
    // One word is always kept.
    do sum += weight(kept[--at]!)
    while (at > 0 && sum < Math.max(0, topP) * total)
    limit = Math.max(limit, kept[at]!)
  }
  let total = 0
  for (const z of logits) if (z >= limit) total += weight(z)
  const goal = uniform(seed, position, SITE.sample, row) * total
  let sum = 0
  let word = best
  for (let w = 0; w < logits.length && sum <= goal; w++) {
    if (!(logits[w]! >= limit)) continue
    const own = weight(logits[w]!)
    if (own > 0) {
      word = w
      sum += own
    }
  }
  return word
}
