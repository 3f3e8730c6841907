import { fail } from '../protocol/errors.ts'
import type { BenchmarkId, TaskKind } from '../protocol/rooms/evaluations.ts'

/** A set of questions with answers that comes with the studio, to evaluate runs on: the same rows in the same way for every run. */
export interface Benchmark {
  id: BenchmarkId
  /** Below `benchmarks/` of the studio. */
  file: string
  /** SHA-256 of its bytes, hex: by it the set is known wherever it turns up. */
  hash: string
  rows: number
  /** How answers are judged, whatever the run learnt; of labels, those of the set are what may be answered. */
  kind: Extract<TaskKind, 'labels' | 'text'>
  prompt: string
  response: string
  /** Of work that others have published: who made it, and under which licence it is shared here. */
  from: { by: string; title: string; url: string; licence: string } | null
}

/** `banking77`: what a bank's customer wants. `feelings`: moods. `general`: everyday questions, for what was forgotten. */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    ...{ id: 'banking77', file: 'banking77.csv', rows: 770, kind: 'labels' },
    hash: '7ef2738b6ee010dfe3880d45014a0e3857126fab1e495a03dfed60471b0f3529',
    ...{ prompt: 'text', response: 'category' },
    from: {
      by: 'PolyAI (Casanueva et al., 2020)',
      title: 'BANKING77',
      url: 'https://github.com/PolyAI-LDN/task-specific-datasets',
      licence: 'CC BY 4.0',
    },
  },
  {
    ...{ id: 'feelings', file: 'feelings.csv', rows: 80, kind: 'labels' },
    hash: 'bf6a3265589eb611d21dab1f10243a61d3028be670c1b2a4d6f09fecd88a8d75',
    ...{ prompt: 'sentence', response: 'mood' },
    from: null,
  },
  {
    ...{ id: 'general', file: 'general.csv', rows: 40, kind: 'text' },
    hash: 'e2420f81598565535d2a0f64bbfbf7786a47903d3c9b7143d41063219472e050',
    ...{ prompt: 'prompt', response: 'response' },
    from: null,
  },
]

/** What its rows go by among data sets. */
export const benchmarkKey = (id: BenchmarkId) => `benchmark-${id}`

/** @throws LapidaryError `bad_config` */
export function benchmark(id: string): Benchmark {
  return (
    BENCHMARKS.find((set) => set.id === id) ??
    fail(
      'bad_config',
      `There is no benchmark set "${id}".`,
      `Choose from: ${BENCHMARKS.map((set) => set.id).join(', ')}.`,
      {
        field: 'benchmark',
        found: id,
      },
    )
  )
}

/**
 * Refuses to learn from a benchmark set: whoever has learnt its answers cannot be judged by it.
 * @param hash of the data set to learn from
 * @throws LapidaryError `bad_data`
 */
export function refuseBenchmark(hash: string | null): void {
  const set = BENCHMARKS.find((one) => one.hash === hash)
  if (set)
    fail(
      'bad_data',
      `This is the benchmark set "${set.id}": no run learns from it, so that all can be judged by it.`,
      'Choose other data to learn from. Runs are evaluated on this set on the Evaluate page, or with npm run evaluate -- --benchmark.',
      { field: 'data', benchmark: set.id },
    )
}
