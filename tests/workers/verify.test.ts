import { describe, expect, test } from 'vitest'
import {
  allOf,
  atMost,
  compareAnswers,
  type EngineAnswer,
  figureTable,
  largestDifference,
  type ReferencePrompt,
} from '../../cli/verify/figures.ts'
import { readOptions } from '../../cli/verify/options.ts'
import { reportSection, withSection } from '../../cli/verify/report-page.ts'
import { stepsFor } from '../../cli/verify/tune.ts'
import { type Failure, toFailure } from '../../src/protocol/errors.ts'

const EXPECTED: ReferencePrompt[] = [
  { text: 'a', ids: [2, 5], logits_last: [[7, 20], [9, 10], [3, -5]], greedy: [7, 1] }, // biome-ignore format: pairs
  { text: 'b', ids: [2, 6], logits_last: [[4, 8], [5, 7]], greedy: [4, 4] }, // biome-ignore format: pairs
]

function answers(change: (first: EngineAnswer) => void = () => {}): EngineAnswer[] {
  const same = EXPECTED.map(({ logits_last, greedy }) => ({
    best: logits_last[0]![0],
    logits: logits_last.map(([word, value]): [number, number] => [word, value]),
    greedy: [...greedy],
  }))
  change(same[0]!)
  return same
}

const changed = (change: (first: EngineAnswer) => void) => compareAnswers(EXPECTED, answers(change))

describe('answers against the reference', () => {
  test('are the same where they are', () => {
    expect(compareAnswers(EXPECTED, answers())).toEqual({ logitsError: 0, sameNext: 2, sameAnswers: 2 })
  })

  test('differ by a logit, over the largest of that prompt', () => {
    expect(changed((first) => (first.logits[2]![1] += 0.01)).logitsError).toBeCloseTo(0.01 / 20, 12)
  })

  test('are not the same with a logit that is no number', () => {
    const { logitsError } = changed((first) => (first.logits[1]![1] = Number.NaN))
    expect(atMost('logits', logitsError, 1e-4).ok).toBe(false)
  })

  test('differ where another word is the likeliest, though it was not among those compared', () => {
    expect(changed((first) => (first.best = 1234)).sameNext).toBe(1)
  })

  test('differ where they go on otherwise, end early, or were never made', () => {
    expect(changed((first) => (first.greedy![1] = 2)).sameAnswers).toBe(1)
    expect(changed((first) => first.greedy!.pop()).sameAnswers).toBe(1)
    expect(changed((first) => (first.greedy = null)).sameAnswers).toBe(1)
  })

  test('must be of the same prompts and words', () => {
    expect(() => compareAnswers(EXPECTED, answers().slice(1))).toThrow('1 answers to 2 prompts')
    expect(() => changed((first) => first.logits.pop())).toThrow('other words')
    expect(() => changed((first) => (first.logits[1]![0] = 8))).toThrow('other words')
  })
})

describe('figures', () => {
  test('fail on what is too large, is no number, or counts nothing', () => {
    expect(atMost('x', 1e-3, 1e-3).ok).toBe(true)
    expect(atMost('x', 1.1e-3, 1e-3).ok).toBe(false)
    expect(atMost('x', Number.NaN, 1e-3).ok).toBe(false)
    expect(allOf('x', 10, 10).ok).toBe(true)
    expect(allOf('x', 9, 10).ok).toBe(false)
    expect(allOf('x', 0, 0).ok).toBe(false)
    expect(largestDifference([1, 2], [1, 2.5])).toBe(0.5)
    expect(largestDifference([1, Number.NaN], [1, 2])).toBeNaN()
    expect(() => largestDifference([1], [1, 2])).toThrow('1 values to compare with 2')
  })

  const figures = [atMost('loss', 2e-4, 1e-3), allOf('answers', 9, 10)]

  test('stand in a table with what failed', () => {
    expect(figureTable(figures).split('\n')).toEqual([
      '      what     limit     found',
      'ok    loss     1e-3      2.0e-4',
      'FAIL  answers  10 of 10  9 of 10',
    ])
  })

  test('take the place of the old ones between the markers of the page', () => {
    const section = reportSection({
      figures,
      versions: { torch: '2.0' },
      hashes: { 'model.safetensors': 'abc' },
      notes: ['Here.'],
      date: '2030-01-02',
    })
    expect(section).toContain('on 2030-01-02: 1 of 2 limits are not kept.')
    expect(section).toContain('| answers | 10 of 10 | **9 of 10** |')
    expect(section).toContain('| model.safetensors | `abc` |')
    const page = 'before\n<!-- verify:gemma begin -->\nold\n<!-- verify:gemma end -->\nafter\n'
    const written = withSection(page, section)
    expect(written).not.toContain('old')
    expect(written.startsWith('before\n')).toBe(true)
    expect(written.endsWith('<!-- verify:gemma end -->\nafter\n')).toBe(true)
    expect(withSection(written, section)).toBe(written)
    expect(() => withSection('no markers', section)).toThrow('lacks')
  })

  test('steps of a fine-tuning are as many as time allows', () => {
    expect([0.01, 6, 10, 1000].map(stepsFor)).toEqual([60, 30, 18, 6])
  })
})

describe('npm run verify:gemma', () => {
  test('refuses what it cannot do before any work', () => {
    for (const [args, code, words] of [
      [['--steps', '0'], 'bad_config', '--steps takes a whole number from 1 to 10'],
      [['--prompts', '11'], 'bad_config', '--prompts takes a whole number from 1 to 10'],
      [['--base', 'nowhere'], 'missing_file', 'There is no config.json in'],
      [['--data', 'nowhere.csv'], 'missing_file', 'There is no file'],
    ] as const) {
      const failure = refusal(() => readOptions([...args]))
      expect(failure.code).toBe(code)
      expect(failure.message).toContain(words)
    }
  })

  test('checks a whole model with all steps and prompts unless told otherwise', () => {
    expect(readOptions([])).toMatchObject({ base: undefined, steps: 10, prompts: 10 })
    expect(readOptions(['--help'])).toBeNull()
  })
})

function refusal(call: () => unknown): Failure {
  try {
    call()
  } catch (error) {
    return toFailure(error)
  }
  throw new Error('nothing was refused')
}
