import { describe, expect, test } from 'vitest'
import { choicePasses, choiceTree } from '../../src/model/choices.ts'
import { labels77 } from '../support/choices.ts'

const VOCAB = 150
const PROMPT = Uint32Array.of(2, 40, 41)
const tree = (...choices: number[][]) =>
  choiceTree(
    PROMPT,
    choices.map((choice) => Uint32Array.from(choice)),
    VOCAB,
  )

describe('the tree of choices', () => {
  test('shares beginnings; whole choices are edges only', () => {
    const { tokens, parent, depth, edgeStart, words, paths } = tree(
      [5, 6, 1],
      [5, 1],
      [5, 6, 7, 1],
      [8],
      [5, 1],
    )
    expect([...tokens]).toEqual([41, 5, 6, 7])
    expect([...parent]).toEqual([0, 0, 1, 2])
    expect([...depth]).toEqual([0, 1, 2, 3])
    expect([...edgeStart]).toEqual([0, 2, 4, 6, 7])
    expect([...words]).toEqual([5, 8, 6, 1, 1, 7, 1])
    expect(paths.map((path) => [...path])).toEqual([[0, 2, 4], [0, 3], [0, 2, 5, 6], [1], [0, 3]])
  })

  test.each([
    ['an empty choice', [[5, 1], []], 'Choice 2 is empty.', 1],
    ['a token outside the vocabulary', [[5, 1], [5], [3, 150]], 'Choice 3 has token 150 at place 2', 2],
  ])('%s is refused by its place', (_, choices, message, choice) => {
    expect(() => tree(...choices)).toThrow(
      expect.objectContaining({
        code: 'bad_data',
        message: expect.stringContaining(message),
        detail: expect.objectContaining({ choice }),
      }),
    )
  })

  test('an empty prompt is refused', () => {
    expect(() => choiceTree(new Uint32Array(), [PROMPT], VOCAB)).toThrow('The prompt is empty.')
  })
})

describe('passes', () => {
  const labels = choiceTree(PROMPT, labels77(VOCAB), VOCAB)

  test('one where there is room', () => {
    const rows = labels.depth.length
    const room = { tokens: PROMPT.length + rows - 1, edges: labels.words.length }
    expect(choicePasses(labels, PROMPT.length, room)).toEqual([{ from: 0, to: rows, kept: [] }])
    expect(choicePasses(labels, PROMPT.length, { ...room, tokens: room.tokens - 1 })).toHaveLength(2)
  })

  test.each([9, 10, 17, 64])(
    'with room for %i tokens every row comes once, after all that it sees',
    (tokens) => {
      const edges = 40
      const passes = choicePasses(labels, PROMPT.length, { tokens, edges })
      let next = 0
      for (const { from, to, kept } of passes) {
        expect(from).toBe(next)
        expect(to).toBeGreaterThan(from)
        next = to
        expect(PROMPT.length + kept.length + to - Math.max(1, from)).toBeLessThanOrEqual(tokens)
        expect(labels.edgeStart[to]! - labels.edgeStart[from]!).toBeLessThanOrEqual(edges)
        for (let row = from; row < to; row++) {
          const parent = labels.parent[row]!
          if (parent > 0 && parent < from) expect(kept).toContain(parent)
        }
      }
      expect(next).toBe(labels.depth.length)
    },
  )

  test('no room for the prompt with one choice, or for all that may follow one token', () => {
    const room = { tokens: 8, edges: 40 }
    expect(() => choicePasses(labels, PROMPT.length, room)).toThrow(
      'The prompt has 3 tokens and choice 6 has 7; there is room for 8.',
    )
    expect(() => choicePasses(labels, PROMPT.length, { tokens: 64, edges: 3 })).toThrow(
      'choices differ in the same token; there is room for 3.',
    )
  })
})
