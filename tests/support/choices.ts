import { expect } from 'vitest'
import { type Batch, IGNORE } from '../../src/protocol/batch.ts'
import type { Engine } from '../../src/protocol/engine.ts'
import { expectClose } from './operation.ts'

/** Token ids below `vocab`, the same for a seed; none of them the last word, which ends a choice. */
export function drawnTokens(length: number, seed: number, vocab: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => (i * 37 + seed * 101 + ((i * i) % 7) * 13 + 5) % (vocab - 1))
}

/** 77 labels that share beginnings, one that another begins with, one of one token, one that is no more than its end, and two alike. */
export function labels77(vocab: number): Uint32Array[] {
  const end = vocab - 1
  const drawn = Array.from({ length: 72 }, (_, i) =>
    Uint32Array.of(3 + (i % 4), 10 + (i % 9), 20 + i, ...(i % 5 === 0 ? [7, 8, 9] : []), end),
  )
  const twice = drawn[11]!
  return [
    Uint32Array.of(3, end),
    Uint32Array.of(3, 10, end),
    Uint32Array.of(9),
    Uint32Array.of(end),
    twice,
    ...drawn,
  ]
}

/** A prompt and one choice, as any batch has them. */
function together(prompt: Uint32Array, choice: Uint32Array): Batch {
  const tokens = Uint32Array.from([...prompt, ...choice.subarray(0, -1)])
  const supervisedRows = Uint32Array.from(choice, (_, i) => prompt.length - 1 + i)
  const labels = new Int32Array(tokens.length).fill(IGNORE)
  choice.forEach((token, i) => {
    labels[prompt.length - 1 + i] = token
  })
  return {
    tokens,
    positions: tokens.map((_, i) => i),
    segmentStart: new Uint32Array(tokens.length),
    labels,
    supervisedRows,
  }
}

/** Distinct beginnings of choices, whole ones left out, counted in the plainest way. */
export function distinctBeginnings(choices: readonly Uint32Array[]): number {
  const found = new Set<string>()
  for (const choice of choices)
    for (let length = 1; length < choice.length; length++) found.add(choice.subarray(0, length).join(' '))
  return found.size
}

/** One pass must give what each choice by itself gives, and count no more tokens and rows than there are. */
export async function expectChoices(
  engine: Engine,
  prompt: Uint32Array,
  choices: readonly Uint32Array[],
  adapter: 'on' | 'off',
  tolerance = 1e-5,
): Promise<Float32Array[]> {
  const found = await engine.scoreChoices(prompt, choices, { adapter })
  const beginnings = distinctBeginnings(choices)
  expect({ tokens: found.tokens, rows: found.rows }).toEqual({
    tokens: prompt.length + beginnings,
    rows: 1 + beginnings,
  })
  expect(found.logProbability.length).toBe(choices.length)
  const known = new Map<string, Float32Array>()
  for (const [i, choice] of choices.entries()) {
    const key = choice.join(' ')
    const alone = known.get(key) ?? (await engine.score(together(prompt, choice), { adapter })).logProbability
    known.set(key, alone)
    expectClose(`choice ${i}, adapter ${adapter}`, found.logProbability[i]!, alone, tolerance)
  }
  return found.logProbability
}
