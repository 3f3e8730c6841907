import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import { isRunFileName, RUN_FILE_ENDING } from '../src/protocol/run-file.ts'
import type { BenchmarkId } from '../src/protocol/studio.ts'
import { BENCHMARKS, benchmark } from '../src/runs/benchmarks.ts'
import { type FlagType, parseFlags } from './args.ts'
import { requireWritable } from './run-folder.ts'
import { type DataPath, dataFiles, modelOf } from './train-job.ts'

const SPEC = {
  data: 'paths',
  benchmark: 'text',
  model: 'paths',
  csv: 'text',
  help: 'switch',
} as const satisfies Record<string, FlagType>

export const HELP = `npm run class -- FILE... [options]

Runs that were handed in, as one table: the same as "Handed-in runs" on the page, in a Chromium without a window.

  FILE              the file of a run (NAME${RUN_FILE_ENDING}), several of them, or a folder of such files
  --benchmark NAME  scores all on a set that comes with the studio: ${BENCHMARKS.map(({ id, rows }) => `${id} (${rows} rows)`).join(', ')}
  --data FILE       in place of --benchmark rows of your own, in any format that npm run train reads; several times, or a folder
  --model M         a base model of theirs other than the practice model, as npm run train takes it; several times
  --csv FILE        the table for a spreadsheet, as well

Without --benchmark or --data the table says what the files say of themselves. Nothing of the runs is stored, and nothing that pupils wrote
runs.

Exit code: 0 done; 2 bad input, or a file that could not be read or scored (one line on standard error for each; the others are in the table);
1 anything else.`

export interface ClassJob {
  runs: DataPath[]
  models: Awaited<ReturnType<typeof modelOf>>[]
  rows: { name: string; files: DataPath[] } | { benchmark: BenchmarkId } | null
  csv: string | null
}

/** Everything about a call that can be checked without a browser; null for --help. @throws LapidaryError */
export async function classJob(argv: string[]): Promise<ClassJob | null> {
  const first = argv.findIndex((word) => word.startsWith('--'))
  const given = first < 0 ? argv : argv.slice(0, first)
  const flags = parseFlags(first < 0 ? [] : argv.slice(first), SPEC)
  if (flags.help) return null
  if (given.length === 0)
    fail(
      'bad_config',
      'No file of a run is named.',
      `Name one or more, NAME${RUN_FILE_ENDING}, or their folder, before any flag.`,
    )
  const runs = given.flatMap(runFiles)
  if (flags.data && flags.benchmark !== undefined)
    fail('bad_config', '--data and --benchmark do not go together.', 'Leave one of the two out.', {
      flag: '--data',
    })
  const csv = flags.csv === undefined ? null : resolve(flags.csv)
  if (csv !== null) {
    if (existsSync(csv))
      fail('output_exists', `${csv} exists already.`, 'Remove it, or name another file.', { path: csv })
    requireWritable(dirname(csv), '--csv')
  }
  const rows = flags.data
    ? { name: flags.data.join(', '), files: flags.data.flatMap(rowFiles) }
    : flags.benchmark === undefined
      ? null
      : { benchmark: benchmark(flags.benchmark).id }
  if (flags.model && rows === null)
    fail('bad_config', '--model goes with --benchmark or --data.', 'Nothing is scored without rows.', {
      flag: '--model',
    })
  const models: ClassJob['models'] = []
  for (const model of flags.model ?? []) models.push(await modelOf(model))
  return { runs, models, rows, csv }
}

/** Named as on the page: a file by its name, those of a folder from the folder on. */
const rowFiles = (given: string): DataPath[] =>
  dataFiles(given).map(({ name, path }) => ({ name: name === given ? basename(path) : name, path }))

/** A run's file, or those in a folder. */
function runFiles(given: string): DataPath[] {
  const path = resolve(given)
  if (!existsSync(path)) fail('missing_file', `There is no file ${path}.`, 'Check the path.', { path })
  if (statSync(path).isFile()) return [{ name: basename(path), path }]
  const inside = readdirSync(path).filter((name) => isRunFileName(name))
  if (inside.length === 0)
    fail(
      'missing_file',
      `There is no NAME${RUN_FILE_ENDING} in ${path}.`,
      'Name the files that were handed in.',
      { path },
    )
  return inside.sort().map((name) => ({ name, path: join(path, name) }))
}
