import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './build.ts'
import type { Tried } from './corpora.ts'
import { interpreter } from './python.ts'
import { LAST_LINE, runShown, type Tally, tallyLine } from './stage.ts'

/**
 * npm run test:peers: holds exports, golden files and shaders against the libraries they are meant for, data against kauldron,
 * and the practice model in Chromium against Transformers and PEFT.
 */

/** Where the checks of models keep Gemma's tokenizer. */
const GEMMA_TOKENIZER = join(homedir(), '.cache', 'lapidary', 'gemma3-tokenizer')

/** Every check, one after the other. Options are run.py's. */
async function check(python: string, options: string[]): Promise<Tally> {
  const scratch = mkdtempSync(join(tmpdir(), 'lapidary-peers-'))
  try {
    const shaders = join(scratch, 'wgsl')
    const dumped = await runShown(process.execPath, [
      '--import',
      'tsx',
      join(ROOT, 'tools', 'dump-wgsl.ts'),
      shaders,
    ])
    const wgsl = dumped.status === 0 ? ['--wgsl', shaders] : []
    const { status, lastLine } = await runShown(python, [join(ROOT, 'peers', 'run.py'), ...wgsl, ...options])
    const total = tallyOf(status, lastLine)
    total.failed += dumped.status === 0 ? 0 : 1
    if (options.length > 0) return total
    return sum([
      total,
      await checkData(),
      await checkMetrics(),
      await checkExports('exports', 'llama.cpp, mlx-lm, Transformers, PyTorch'),
      await checkExports('programs', 'TRL, FastAPI, Gradio'),
      await checkFiles(scratch),
      await verifyPebble(),
    ])
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What needs gemma and kauldron, whose packages do not live with the others. Left out where they cannot be installed. */
async function checkData(): Promise<Tally> {
  const found = await interpreter('data')
  if ('reason' in found) {
    console.log(`left out: test_data (kauldron, gemma): ${found.reason}`)
    return { passed: 0, failed: 0 }
  }
  const { status, lastLine } = await runShown(found.python, [
    join(ROOT, 'peers', 'run.py'),
    ...['--suite', 'data'],
    ...(existsSync(GEMMA_TOKENIZER) ? ['--tokenizer', GEMMA_TOKENIZER] : []),
  ])
  return tallyOf(status, lastLine)
}

/** Figures as scikit-learn, sacrebleu and rouge-score give them. Left out where those cannot be installed. */
async function checkMetrics(): Promise<Tally> {
  const found = await interpreter('metrics')
  if ('reason' in found) {
    console.log(`left out: test_metrics (scikit-learn, sacrebleu, rouge-score): ${found.reason}`)
    return { passed: 0, failed: 0 }
  }
  const { status, lastLine } = await runShown(found.python, [
    join(ROOT, 'peers', 'run.py'),
    ...['--suite', 'metrics'],
  ])
  return tallyOf(status, lastLine)
}

/**
 * Every format of a run in the library that it is for, and every program run. A library that cannot be installed is a failure: an export
 * nobody loads proves nothing.
 */
async function checkExports(suite: 'exports' | 'programs', libraries: string): Promise<Tally> {
  const found = await interpreter(suite)
  if ('reason' in found) {
    console.log(`FAIL test_${suite} (${libraries}): ${found.reason}`)
    return { passed: 0, failed: 1 }
  }
  const { status, lastLine } = await runShown(found.python, [
    join(ROOT, 'peers', 'run.py'),
    ...['--suite', suite],
  ])
  return tallyOf(status, lastLine)
}

/** Libraries whose files are read, and how many of each there are at the least: where some were not written, that is a failure. */
const WRITERS = {
  duckdb: 60,
  fastparquet: 10,
  openpyxl: 4,
  pandas: 25,
  polars: 40,
  pyarrow: 100,
  xlsxwriter: 5,
}

/** Files as today's libraries write them, read value by value. Left out where those cannot be installed. */
async function checkFiles(scratch: string): Promise<Tally> {
  const found = await interpreter('files')
  if ('reason' in found) {
    console.log(`left out: files of duckdb, polars and others: ${found.reason}`)
    return { passed: 0, failed: 0 }
  }
  const folder = join(scratch, 'files')
  const written = await runShown(found.python, [join(ROOT, 'peers', 'write_files.py'), folder])
  const command = [join(ROOT, 'cli', 'bootstrap.mjs'), 'corpora', folder, '--json']
  const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 1 << 28 })
  const tried = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Tried]))
  const wrong = tried.filter(({ verdict }) => verdict !== 'right')
  for (const { file, verdict, message } of wrong) console.log(`${verdict}: ${file}: ${message ?? ''}`)
  const few = Object.entries(WRITERS).filter(
    ([name, least]) => tried.filter(({ file }) => file.startsWith(`${name}/`)).length < least,
  )
  for (const [name, least] of few) console.log(`${name} wrote fewer than ${least} files`)
  const tally = {
    passed: tried.length - wrong.length,
    failed: wrong.length + few.length + (written.status === 0 ? 0 : 1),
  }
  console.log(`files of other libraries: ${tallyLine(tally)}`)
  return tally
}

function sum(tallies: readonly Tally[]): Tally {
  const all = (count: keyof Tally) => tallies.reduce((total, tally) => total + tally[count], 0)
  return { passed: all('passed'), failed: all('failed') }
}

/** `npm run verify:gemma` on the practice model: answers, steps, export, and a run through the real command. */
async function verifyPebble(): Promise<Tally> {
  const base = join(ROOT, 'public', 'models', 'pebble')
  const command = [join(ROOT, 'cli', 'bootstrap.mjs'), 'verify-gemma', '--base', base]
  const { status, lastLine } = await runShown(process.execPath, [
    ...command,
    '--steps',
    '3',
    '--prompts',
    '4',
  ])
  return tallyOf(status, lastLine)
}

/** What a run of tests counted; one that ends badly has failed, whatever it counted. */
function tallyOf(status: number, lastLine: string): Tally {
  const [, passed, failed] = (LAST_LINE.exec(lastLine) ?? ['', '0', '1']).map(Number)
  return { passed: passed!, failed: failed === 0 && status !== 0 ? 1 : failed! }
}

const HELP = `npm run test:peers [-- --suite NAME --only TEXT]

Holds exports, golden files and shaders against the libraries they are meant for, data against kauldron, and the practice model in
Chromium against Transformers and PEFT. Needs Python; packages are installed on first use, into .cache/. Options are those of
peers/run.py; the last line reads "N passed, N failed".`

const help = process.argv.includes('--help')
if (help) console.log(HELP)
const found = help ? null : await interpreter()
if (found === null) {
  // Nothing is installed to say what would be done.
} else if ('reason' in found) {
  console.error(
    `The peers cannot be run: ${found.reason}. They are optional: the studio itself needs no Python.`,
  )
  process.exitCode = 1
} else {
  const total = await check(found.python, process.argv.slice(2))
  console.log(tallyLine(total))
  process.exitCode = total.failed === 0 ? 0 : 1
}
