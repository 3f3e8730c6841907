import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import Papa from 'papaparse'
import { openDataset } from '../../src/dataset/open.ts'
import { mapRows } from '../../src/dataset/rows.ts'
import { splitRows } from '../../src/dataset/split.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { tableRows } from '../../src/files/table.ts'
import type { EvalEvent, RunEvent } from '../../src/protocol/events.ts'
import type { RunConfig } from '../../src/protocol/run-config.ts'
import { ROOT } from '../build.ts'
import { runScript } from '../python.ts'
import { runShown } from '../stage.ts'
import { allOf, atMost, type Figure, holds } from './figures.ts'
import { type Base, CACHE, sha256 } from './inputs.ts'

/** Seconds that steps may take in all on a slow adapter, and how many there are at least and at most. */
const SECONDS = 180
const [LEAST, MOST] = [6, 60]
/** Adapters slower than this are given the first rows of the file only: held-out rows are scored twice. */
const SLOW_STEP = 1
const FEW_ROWS = 60
const LOSS_LIMIT = 1e-3

export interface Tuned {
  figures: Figure[]
  /** In words: what was trained on, and how long. */
  note: string
  /** The file that was given, and the rows of it that were used. */
  hashes: Record<string, string>
}

/** Optimizer steps that a run is worth where one takes so long. */
export function stepsFor(stepSeconds: number): number {
  return Math.max(LEAST, Math.min(MOST, Math.round(SECONDS / stepSeconds)))
}

/**
 * Fine-tunes on a file through `npm run train`, a process of its own, and has PEFT load what comes out: it must change
 * the model, and give the held-out rows the loss that the studio reported.
 */
export async function fineTune(
  base: Base,
  data: string,
  pace: { stepSeconds: number; most: number },
  python: string,
): Promise<Tuned> {
  const scratch = join(CACHE, 'run')
  rmSync(scratch, { recursive: true, force: true })
  const steps = Math.min(stepsFor(pace.stepSeconds), pace.most)
  const rows = await firstRows(data, pace.stepSeconds < SLOW_STEP ? Number.POSITIVE_INFINITY : FEW_ROWS)
  const settings = {
    'max-steps': steps,
    'batch-size': 2,
    'max-length': 128,
    'learning-rate': 1e-3,
    'target-modules': 'all-linear',
    'lora-r': 8,
    'lora-alpha': 16,
  }
  const flags = Object.entries({ model: base.path, data: rows.path, out: scratch, ...settings })
  const command = [join(ROOT, 'cli/bootstrap.mjs'), 'train', '--engine', 'webgpu']
  const { status } = await runShown(process.execPath, [
    ...command,
    ...flags.flatMap(([name, value]) => [`--${name}`, String(value)]),
  ])
  const trained = holds(
    `npm run train: ${steps} steps on ${rows.count} rows`,
    status === 0,
    `exit code ${status}`,
    'exit code 0',
  )
  const hashes = { [basename(data)]: await sha256(data) }
  if (status !== 0) return { figures: [trained], note: '', hashes }

  const events = readFileSync(join(scratch, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent)
  const evals = events.filter((event): event is EvalEvent => event.type === 'eval')
  const [before, after] = [evals[0]!, evals.at(-1)!]
  const adapter = join(scratch, 'adapter')
  const loads = await runScript(python, 'peers/check_adapter.py', [
    '--base',
    base.folder,
    '--adapter',
    adapter,
  ])
  const peft = await scores(base, scratch, rows.path, python)
  const supervised = before.metrics.tokens!
  const seconds = events.find((event) => event.type === 'done')!.seconds
  const losses = `${before.eval_loss.toFixed(4)} to ${after.eval_loss.toFixed(4)}`
  return {
    figures: [
      trained,
      holds('held-out loss falls', after.eval_loss < before.eval_loss, losses),
      holds(
        'PEFT loads that adapter whole, and it changes the model',
        loads === 0,
        loads === 0 ? 'yes' : 'no',
      ),
      allOf('held-out tokens to predict, as Transformers and TRL count them', supervised, peft.tokens),
      atMost(
        'held-out loss before training against Transformers',
        Math.abs(before.eval_loss - peft.base.loss),
        LOSS_LIMIT,
      ),
      atMost(
        'held-out loss after training against PEFT',
        Math.abs(after.eval_loss - peft.tuned.loss),
        LOSS_LIMIT,
      ),
    ],
    note: `${rows.words} of ${basename(data)}, ${steps} steps of 2 rows at learning rate 1e-3, r = 8 on all projections: ${seconds.toFixed(0)} s with validation`,
    hashes,
  }
}

interface Scores {
  tokens: number
  base: { loss: number; accuracy: number }
  tuned: { loss: number; accuracy: number }
}

/** The run's held-out rows, scored by Transformers and PEFT with their own tokens. */
async function scores(base: Base, run: string, data: string, python: string): Promise<Scores> {
  const config = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as RunConfig
  const { table } = await openRows(data)
  const { validation } = splitRows(
    mapRows(table, config.data).rows,
    config.data.validation_share,
    config.training.seed,
  )
  const request = {
    max_length: config.training.max_length,
    completion_only_loss: config.training.completion_only_loss ?? true,
    rows: validation,
  }
  const [asked, answered] = [join(run, 'held-out.json'), join(run, 'held-out-scores.json')]
  writeFileSync(asked, JSON.stringify(request))
  const args = ['--base', base.folder, '--adapter', join(run, 'adapter'), '--rows', asked, '--json', answered]
  if ((await runScript(python, 'peers/score_rows.py', args)) !== 0)
    throw new Error('PEFT could not score the held-out rows, see above')
  return JSON.parse(readFileSync(answered, 'utf8')) as Scores
}

async function openRows(path: string) {
  return openDataset(basename(path), bufferSource(new Uint8Array(readFileSync(path))))
}

/** The file itself where it has no more rows than that, else a file of its first ones. */
async function firstRows(
  path: string,
  most: number,
): Promise<{ path: string; count: number; words: string }> {
  const { table, format } = await openRows(path)
  if (table.numRows <= most) return { path, count: table.numRows, words: `all ${table.numRows} rows` }
  const rows = tableRows(table, 0, most)
  const csv = format === 'csv'
  const cut = join(CACHE, `rows.${csv ? 'csv' : 'jsonl'}`)
  writeFileSync(cut, csv ? Papa.unparse(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return { path: cut, count: most, words: `the first ${most} rows` }
}
