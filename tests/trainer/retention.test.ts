import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { evaluationCount, neverEarly } from '../../src/runs/early.ts'
import { keptSteps, type RunSpace, spaceTaken, sparesBeyond } from '../../src/runs/retention.ts'

interface Case {
  limit: number
  steps: number[]
  bests: (number | null)[]
  kept: number[][]
}
const golden = JSON.parse(readFileSync(new URL('../golden/trl/retention.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

describe('checkpoints that are kept', () => {
  test('are those that Transformers keeps, save by save', () => {
    expect(golden.cases.length).toBeGreaterThanOrEqual(40)
    for (const { limit, steps, bests, kept } of golden.cases) {
      let left: number[] = []
      for (const [i, step] of steps.entries()) {
        left = keptSteps([...left, step], bests[i]!, limit)
        expect([limit, bests[i], left]).toEqual([limit, bests[i], kept[i]])
      }
    }
  })

  test('without a limit are the newest two and the best', () => {
    expect(keptSteps([], null, null)).toEqual([])
    expect(keptSteps([1], 1, null)).toEqual([1])
    expect(keptSteps([1, 2, 3, 4], 1, null)).toEqual([1, 3, 4])
    expect(keptSteps([1, 2, 3, 4], 4, null)).toEqual([3, 4])
  })
})

test('a patience that a run is too short for is told, and no other', () => {
  for (const [eval_steps, steps] of [
    [2, 9],
    [3, 9],
    [null, 12],
  ] as const) {
    const perEpoch = 4
    const every = eval_steps ?? perEpoch
    // As the loop evaluates: at each multiple, and at the end.
    const at = Array.from({ length: steps }, (_, i) => i + 1).filter((s) => s % every === 0 || s === steps)
    const evaluations = evaluationCount(eval_steps, steps, perEpoch)
    expect(evaluations).toBe(1 + at.length)
    for (let patience = 1; patience < 8; patience++) {
      // The first is the best, and all others are waited for.
      const ends = at[patience]
      const early = ends !== undefined && ends < steps
      expect(neverEarly({ early_stopping_patience: patience }, evaluations)).toBe(!early)
    }
  }
  expect(neverEarly({ early_stopping_patience: null }, 2)).toBe(false)
})

describe('what runs take of the storage, within a limit', () => {
  const run = (id: string, created: number, spare: number[], going = false): RunSpace => ({
    id,
    created,
    going,
    checkpoints: [
      { step: 100, bytes: 10, spare: false },
      ...spare.map((step) => ({ step, bytes: 10, spare: true })),
    ],
  })
  const runs = [run('new', 3, [50]), run('old', 1, [50, 60]), run('now', 0, [50], true), run('bare', 2, [])]

  test('goes by spare checkpoints of the oldest first, of none that is trained', () => {
    expect(spaceTaken(runs)).toBe(80)
    expect(sparesBeyond(runs, null, 1e9)).toEqual([])
    expect(sparesBeyond(runs, 80)).toEqual([])
    expect(sparesBeyond(runs, 75)).toEqual([{ run: 'old', steps: [50, 60] }])
    expect(sparesBeyond(runs, 80, 21)).toEqual([
      { run: 'old', steps: [50, 60] },
      { run: 'new', steps: [50] },
    ])
  })

  test('never lets go of what a run has learnt, however little it may take', () => {
    const gone = sparesBeyond(runs, 0, 100)
    expect(gone.flatMap(({ steps }) => steps)).not.toContain(100)
    expect(gone.map(({ run }) => run)).toEqual(['old', 'new'])
  })
})
