import { expect, test } from 'vitest'
import type { EvaluationInfo, Figure, Side } from '../../src/protocol/studio.ts'
import { forgetting } from '../../src/runs/forgetting.ts'

const side = (name: Side['name'], value: number, low: number, high: number): Side => ({
  ...{ name, right: 0 },
  figures: [{ name: 'perplexity', value, low, high } satisfies Figure],
})
const report = (benchmark: 'general' | 'feelings' | undefined, ...sides: Side[]) => ({
  evaluation: { data: { name: '', hash: '', split: null, rows: 40, benchmark } } as EvaluationInfo,
  sides,
})
const BASE = side('base', 10, 8, 12)

test('what was forgotten is told where the intervals do not touch, and only of the set of everyday questions', () => {
  expect(forgetting(report('general', side('judged', 20, 15, 25), BASE))).toEqual({
    ...{ kind: 'less', judged: 20, base: 10 },
  })
  expect(forgetting(report('general', side('judged', 13, 11, 15), BASE))?.kind).toBe('alike')
  expect(forgetting(report('general', side('judged', 5, 4, 6), BASE))?.kind).toBe('likelier')
  expect(forgetting(report('general', side('judged', 20, 15, 25)))).toBeNull()
  expect(forgetting(report('feelings', side('judged', 20, 15, 25), BASE))).toBeNull()
  expect(forgetting(report(undefined, side('judged', 20, 15, 25), BASE))).toBeNull()
})
