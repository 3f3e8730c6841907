import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Cases, figures } from '../../tools/metrics.ts'

const { cases, expected } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'golden', 'metrics.json'), 'utf8'),
) as { cases: Cases; expected: ReturnType<typeof figures> }

/** Every number of a value, by where it stands; what is no number as text. */
function leaves(value: unknown, path = ''): [string, number | string][] {
  if (typeof value === 'number') return [[path, value]]
  if (typeof value !== 'object' || value === null) return [[path, String(value)]]
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
}

test.each(['labels', 'texts', 'words'] as const)(
  'figures of %s are those of scikit-learn, sacrebleu and rouge-score',
  (kind) => {
    const [found, wanted] = [leaves(figures(cases)[kind]), leaves(expected[kind])]
    expect(cases[kind].length).toBeGreaterThanOrEqual(20)
    expect(found.map(([path]) => path)).toEqual(wanted.map(([path]) => path))
    const apart = found.filter(([, value], i) => {
      const want = wanted[i]![1]
      return typeof value === 'number' && typeof want === 'number'
        ? !(Math.abs(value - want) <= 1e-6)
        : value !== want
    })
    expect(apart).toEqual([])
  },
)

test('the cases have ties, labels that never occur, a single label, and answers that are no label', () => {
  const { labels } = cases
  const ties = labels.filter(({ probability, classes, truth }) => {
    const first = truth.map((_, row) => probability[row * classes])
    return classes > 1 && new Set(first).size < first.length
  })
  expect(ties.length).toBeGreaterThan(5)
  const missing = labels.filter(({ truth, classes }) => new Set(truth).size < classes)
  expect(missing.length).toBeGreaterThan(5)
  expect(labels.some(({ classes }) => classes === 1)).toBe(true)
  expect(labels.some(({ predicted }) => predicted.includes(-1))).toBe(true)
  expect(expected.labels.some(({ rocAuc }) => rocAuc.macro === null)).toBe(true)
})
