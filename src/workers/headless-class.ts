import { toFailure } from '../protocol/errors.ts'
import { gatedFetch } from '../protocol/gate.ts'
import type { BenchmarkId, Studio } from '../protocol/studio.ts'
import { type Handed, type HandedTable, handedTable, type Scored, sameHandIn } from '../runs/handed-in.ts'
import { fetchFiles, type ServedFiles } from './headless-evaluate.ts'

/** Runs that were handed in as files, as the command line asks for their table. */
export interface HeadlessClass {
  runs: ServedFiles['files']
  /** Base models that are put beside the practice model, which is here. */
  models: ServedFiles[]
  /** What all are scored on; null: their files alone are read. */
  rows: ServedFiles | { benchmark: BenchmarkId } | null
}

/** Whose file is read or scored, and how many there are. */
export interface ClassProgress {
  doing: 'reading' | 'scoring'
  name: string
  /** Counted from 1. */
  at: number
  of: number
}

/** The table, and the files that could not be read. */
export interface HeadlessClassTable {
  table: HandedTable
  failures: ReturnType<typeof toFailure>[]
}

/** Reads, and scores, runs by the same rooms as the page; nothing of them is stored. */
export async function classHeadless(
  {
    data,
    models,
    runs,
    scoring,
  }: Pick<Studio, 'data' | 'runs' | 'scoring'> & { models: Pick<Studio['models'], 'add'> },
  job: HeadlessClass,
  tell: (progress: ClassProgress) => void,
): Promise<HeadlessClassTable> {
  const handed: (Handed & { file: File })[] = []
  const failures: HeadlessClassTable['failures'] = []
  for (const [i, one] of job.runs.entries()) {
    tell({ doing: 'reading', name: one.name, at: i + 1, of: job.runs.length })
    const file = await fetchFile(one)
    try {
      const contents = await runs.readRunFile(file, one.name)
      const before = handed.findIndex((other) => sameHandIn(other.contents, contents))
      if (before >= 0) handed.splice(before, 1)
      handed.push({ file, contents, scored: null })
    } catch (error) {
      failures.push(toFailure(error))
    }
  }
  if (job.rows !== null && handed.length > 0) {
    for (const { name, files } of job.models) {
      const given: File[] = []
      for (const file of files) given.push(await fetchFile(file))
      await models.add(given, name)
    }
    const rows =
      'benchmark' in job.rows
        ? job.rows
        : { dataset: (await data.openFiles(await fetchFiles(job.rows.files))).id }
    for (const [i, one] of handed.entries()) {
      tell({
        doing: 'scoring',
        name: one.contents.manifest.by?.trim() || one.file.name,
        at: i + 1,
        of: handed.length,
      })
      one.scored = await scoring.score(one.file, one.file.name, rows).then(
        (score): Scored => ({ score }),
        (error: unknown): Scored => ({ failure: toFailure(error) }),
      )
    }
  }
  return { table: handedTable(handed), failures }
}

const fetchFile = async ({ url, name }: ServedFiles['files'][number]) =>
  new File([await (await gatedFetch(url)).blob()], name)
