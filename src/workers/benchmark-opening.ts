import { openDataset } from '../dataset/open.ts'
import { httpSource } from '../files/bytes.ts'
import { fail } from '../protocol/errors.ts'
import type { BenchmarkId } from '../protocol/studio.ts'
import { type Benchmark, benchmark, benchmarkKey } from '../runs/benchmarks.ts'
import type { StoredDataset } from '../storage/database.ts'
import { described } from './dataset-shelf.ts'

/** A set that comes with the studio, as data sets are that somebody opened; nothing of it is stored. */
export interface OpenBenchmark {
  set: Benchmark
  stored: StoredDataset
  table: Awaited<ReturnType<typeof openDataset>>['table']
}

/**
 * @param base address that bundled files lie under
 * @throws LapidaryError `bad_config` where there is no such set, `bad_file` where it is not the one that this studio knows
 */
export async function openBenchmark(
  id: BenchmarkId,
  base: string,
  signal?: AbortSignal,
): Promise<OpenBenchmark> {
  const set = benchmark(id)
  const source = await httpSource(new URL(`benchmarks/${set.file}`, base).href)
  const dataset = await openDataset(set.file, source, signal)
  if (dataset.hash !== set.hash)
    fail(
      'bad_file',
      `The benchmark set ${set.file} is not as it was published: its figures could not be held against others.`,
      'Load the page again; whoever serves the studio should lay it out anew.',
      { file: set.file, expected: set.hash, found: dataset.hash },
    )
  const at = benchmarkKey(id)
  const stored: StoredDataset = {
    ...{ id: at, created: 0, info: described(at, dataset) },
    rows: { set: at, size: 0, chunk: 0, hash: '' },
  }
  return { set, stored, table: dataset.table }
}
