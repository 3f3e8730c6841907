import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import type { RunConfig } from '../src/protocol/run-config.ts'
import type { BenchmarkId, LabelChoice, Mapping, TaskKind } from '../src/protocol/studio.ts'
import { BENCHMARKS, benchmark } from '../src/runs/benchmarks.ts'
import { type FlagType, parseFlags } from './args.ts'
import { descriptionOf, requireStep } from './checkpoint-folder.ts'
import { runPlace } from './run-file.ts'
import { requireWritable } from './run-folder.ts'
import { readRun } from './train-before.ts'
import { type DataPath, dataFiles, modelOf, modelOfConfig, namedBefore, need } from './train-job.ts'

const COLUMNS = ['prompt', 'response', 'system', 'messages', 'text', 'input', 'template'] as const
const KINDS: readonly TaskKind[] = ['labels', 'json', 'calls', 'text', 'plain']

const SPEC = {
  run: 'text',
  data: 'paths',
  benchmark: 'text',
  train: 'paths',
  model: 'text',
  beside: 'text',
  task: 'text',
  labels: 'list',
  step: 'text',
  choice: 'text',
  abstain: 'number',
  limit: 'number',
  engine: 'text',
  portable_backend: 'text',
  json: 'text',
  help: 'switch',
} as const satisfies Record<string, FlagType>

export const HELP = `npm run evaluate -- --run DIR --data FILE|--benchmark NAME [options]

How good a run is on rows that it never learnt from, beside its base model, in a Chromium without a window.

  --run DIR         the folder that npm run train left, or the file of a run (NAME.lapidary-run.zip): its last checkpoint is
                    evaluated
  --step N          the checkpoint of that step, where --save-total-limit has kept it
  --data FILE       rows to be judged, in any format that npm run train reads; several times, or a folder. Columns are those of the
                    run where the file has them, else guessed
  --benchmark NAME  in place of --data a set that comes with the studio, judged in the same way for every run:
                    ${BENCHMARKS.map(({ id, rows, kind }) => `${id} (${rows} rows, as ${kind})`).join(', ')}
  --prompt COL --response COL [--system COL] [--input COL] [--template TEXT]   or --messages COL, or --text COL: which is which
  --train FILE      what the run learnt from, for labels and baselines; by default where run.json says it lay
  --model M         the model that the run was started with; by default where run.json says it lay
  --beside M        another model that answers the same rows, untuned
  --task T          ${KINDS.join(', ')}; by default as run.json has it (data.task), else guessed from what was learnt
  --labels LIST     with --task labels: what may be answered, with commas between; a label that holds one in quotes: '"yes, please",no'
  --choice sum      how labels of different lengths are held against each other: by the likelihood of all of their tokens (sum,
                    default), or by its mean for each (mean)
  --abstain P       with labels: the model is silent where it is less sure than this, 0 to 1 (by default 0); says what that buys
  --limit N         most rows judged, drawn by seed
  --engine E        auto, webgpu, portable; --portable-backend B: auto, wasm, webgpu, cpu. By default as the run was trained
  --json FILE       where the figures go, and NAME-predictions.csv beside NAME.json; by default evaluation.json and predictions.csv in
                    DIR, of a file in a folder of its name beside it: figures of another evaluation that are there are kept under a name of their own
  --help

Prints the headline, the figures with the 95% interval of each, and where the adapter changed most (of each matrix the norm of its change
by that of its weights); writes evaluation.json and predictions.csv.
Exit code: 0 done, 2 bad input (one line on standard error says what, where, and what to do), 1 anything else.`

export interface EvaluateJob {
  /** `of`: the file that describes the checkpoint. */
  run: { name: string; folder: string; config: RunConfig; of: string }
  model: { name: string; path: string | null }
  /** Another model, that answers untuned; null: none does. */
  beside: { name: string; path: string | null } | null
  data: { name: string; files: DataPath[] } | { benchmark: BenchmarkId }
  /** `given` with --train, or found where run.json says. */
  train: { name: string; files: DataPath[]; given: boolean } | null
  mapping: Partial<Mapping>
  task: { kind: TaskKind; labels?: string[] } | null
  choice: LabelChoice
  /** Confidence below which the model is silent. */
  abstain: number
  limit: number | null
  engine: Partial<Pick<RunConfig['engine'], 'kind' | 'portable_backend'>>
  /** Where the figures go, and the rows. */
  json: string
  csv: string
  /** Whether figures of another evaluation that lie there make way: nobody said that these go in their place. */
  keepOther: boolean
}

/**
 * Everything about a call that can be checked without a browser. Null for --help.
 * @throws LapidaryError
 */
export async function evaluateJob(argv: string[]): Promise<EvaluateJob | null> {
  const columns = Object.fromEntries(COLUMNS.map((name) => [name, 'text' as const]))
  const flags = parseFlags(argv, { ...columns, ...SPEC }) as ReturnType<typeof parseFlags<typeof SPEC>> &
    Partial<Record<(typeof COLUMNS)[number], string>>
  if (flags.help) return null
  const place = await runPlace(need(flags.run, '--run', 'the folder of the run'))
  const { folder } = place
  for (const file of ['run.json', join('checkpoint', 'checkpoint.json')])
    if (!existsSync(join(folder, file)))
      fail(
        'missing_file',
        existsSync(folder) ? `There is no ${file} in ${folder}.` : `There is no folder ${folder}.`,
        'Name the folder that npm run train left with --run.',
        { path: join(folder, file) },
      )
  const mapping = Object.fromEntries(
    COLUMNS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
  )
  const data =
    flags.benchmark === undefined
      ? filesOf(flags.data ?? [])
      : benchmarkOf(flags.benchmark, [
          ...(['data', 'task', 'labels'] as const).filter((name) => flags[name] !== undefined),
          ...Object.keys(mapping),
        ])
  const config = readRun(folder)
  const choice = oneOf('--choice', flags.choice ?? 'sum', ['sum', 'mean'] as const)
  const { limit = null, abstain = 0 } = flags
  if (!(abstain >= 0 && abstain <= 1))
    fail(
      'bad_config',
      `--abstain takes a share, not ${abstain}.`,
      'Give a number from 0 to 1, such as 0.8.',
      {
        flag: '--abstain',
      },
    )
  if (limit !== null && !(Number.isInteger(limit) && limit > 0))
    fail('bad_config', `--limit takes a number of rows, not ${limit}.`, 'Give 1 or more.', {
      flag: '--limit',
    })
  const kind = flags.task === undefined ? null : oneOf('--task', flags.task, KINDS)
  if (flags.labels && kind !== 'labels')
    fail(
      'bad_config',
      '--labels goes with --task labels only.',
      'Add --task labels, or leave --labels out.',
      {
        flag: '--labels',
      },
    )
  const json = resolve(flags.json ?? join(place.out, 'evaluation.json'))
  requireWritable(dirname(json), '--json')
  if (json.endsWith('.csv'))
    fail(
      'bad_config',
      '--json takes a file for the figures; the rows go to a CSV file beside it.',
      'Name a file that ends with .json.',
      {
        flag: '--json',
      },
    )
  return {
    run: {
      ...{ name: place.name, folder, config },
      of: descriptionOf(flags.step === undefined ? 'last' : requireStep(flags.step, '--step', folder)),
    },
    model: flags.model === undefined ? await modelOfConfig(config) : await modelOf(flags.model),
    beside: flags.beside === undefined ? null : await modelOf(flags.beside),
    data,
    train: trainedOn(flags.train, config),
    mapping,
    task: kind && { kind, ...(flags.labels && { labels: flags.labels }) },
    choice,
    abstain,
    limit,
    engine: {
      ...(flags.engine !== undefined && {
        kind: oneOf('--engine', flags.engine, ['auto', 'webgpu', 'portable'] as const),
      }),
      ...(flags.portable_backend !== undefined && {
        portable_backend: oneOf('--portable-backend', flags.portable_backend, [
          ...(['auto', 'wasm', 'webgpu', 'cpu'] as const),
        ]),
      }),
    },
    json,
    csv: join(dirname(json), rowsBeside(basename(json))),
    keepOther: flags.json === undefined,
  }
}

function filesOf(given: string[]): { name: string; files: DataPath[] } {
  return {
    name: need(given.join(', ') || undefined, '--data', 'the rows to be judged (or --benchmark)'),
    files: given.flatMap(dataFiles),
  }
}

/** @param beside flags that say something of rows or task too @throws LapidaryError `bad_config` */
function benchmarkOf(name: string, beside: string[]): { benchmark: BenchmarkId } {
  const { id } = benchmark(name)
  if (beside.length > 0)
    fail(
      'bad_config',
      `--benchmark says itself what is judged and how: --${beside[0]} goes with other data only.`,
      `Leave --${beside[0]} out, or --benchmark.`,
      { flag: `--${beside[0]}` },
    )
  return { benchmark: id }
}

/** Where the rows go: two evaluations of one run share no file. */
function rowsBeside(json: string): string {
  const name = json.replace(/\.json$/i, '')
  return name === 'evaluation' ? 'predictions.csv' : `${name}-predictions.csv`
}

/** What the run learnt from, where that can still be had. */
function trainedOn(given: string[] | undefined, { data }: RunConfig): EvaluateJob['train'] {
  const names = given ?? (data.name ? namedBefore(data.name) : [])
  if (names.length === 0 || (!given && !names.every((name) => existsSync(name)))) return null
  return { name: names.join(', '), files: names.flatMap(dataFiles), given: given !== undefined }
}

function oneOf<Value extends string>(flag: string, given: string, allowed: readonly Value[]): Value {
  return (
    allowed.find((value) => value === given) ??
    fail('bad_config', `There is no ${flag} ${given}.`, `Choose from: ${allowed.join(', ')}.`, {
      flag,
      found: given,
    })
  )
}
