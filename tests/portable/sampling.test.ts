import { describe, expect, test } from 'vitest'
import { SITE, uniform } from '../../src/lib/threefry.ts'
import { drawToken } from '../../src/portable/sampling.ts'

const greedy = { temperature: 0, topK: 0, topP: 1, seed: 1 }
const logits = Float32Array.from({ length: 40 }, (_, i) => 3 * Math.sin(i * 1.7) + (i % 5) * 0.3)

/** The rules, word by word, the slow way. */
function allowed(topK: number, topP: number, temperature: number): number[] {
  const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!)
  const byRank = topK > 0 ? order.slice(0, topK) : order
  const weights = byRank.map((w) => Math.exp(logits[w]! / temperature))
  const total = weights.reduce((a, b) => a + b, 0)
  const kept: number[] = []
  let sum = 0
  for (const [i, word] of byRank.entries()) {
    kept.push(word)
    sum += weights[i]!
    if (topP < 1 && sum >= topP * total) break
  }
  return kept.sort((a, b) => a - b)
}

describe('drawing', () => {
  test('greedy takes the lowest of the largest', () =>
    expect(drawToken(Float32Array.of(1, 5, 2, 5), greedy, 0, 0)).toBe(1))

  for (const [topK, topP] of [
    [0, 1],
    [5, 1],
    [0, 0.6],
    [8, 0.5],
    [1, 1],
    [0, 0],
  ] as const)
    test(`top_k ${topK}, top_p ${topP}: the words allowed, as often as their weights say`, () => {
      const temperature = 0.9
      const words = allowed(topK, topP, temperature)
      const weights = words.map((w) => Math.exp(logits[w]! / temperature))
      const total = weights.reduce((a, b) => a + b, 0)
      for (let position = 0; position < 400; position++) {
        const token = drawToken(logits, { temperature, topK, topP, seed: 9 }, position, 2)
        // The same draw by hand: the lowest word whose cumulative weight exceeds u times the total.
        let left = uniform(9, position, SITE.sample, 2) * total
        const at = weights.findIndex((weight) => {
          left -= weight
          return left < 0
        })
        expect(token).toBe(words[at])
      }
    })
})
