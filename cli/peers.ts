import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './build.ts'
import { LAST_LINE, runShown, type Tally, tallyLine } from './stage.ts'

/**
 * npm run test:peers: holds exports, golden files and shaders against the libraries they are meant for. Python and a
 * network are needed once; LAPIDARY_PEERS_PYTHON names an interpreter that has everything already.
 */
const VENV = join(ROOT, '.cache', 'peers')
const REQUIREMENTS = join(ROOT, 'peers', 'requirements.txt')
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3']

/** The interpreter to run peers with, or why there is none. */
async function interpreter(): Promise<{ python: string } | { reason: string }> {
  const named = process.env.LAPIDARY_PEERS_PYTHON
  if (named) return existsSync(named) ? { python: named } : { reason: `${named} is not there` }
  const base = PYTHONS.find((name) => {
    const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
    return spawnSync(name, ['-c', check], { stdio: 'ignore' }).status === 0
  })
  if (!base) return { reason: 'no Python 3.11 or newer with venv is installed' }
  const python = join(VENV, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(VENV, '.requirements')
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex')
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { python }
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  console.log(`Making ${VENV} ...`)
  const pip = [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']] as const
  // torch by itself first, so that nothing else draws a larger build of it in.
  const torch = readFileSync(REQUIREMENTS, 'utf8').match(/^torch==\S+/m)?.[0] ?? 'torch'
  for (const [file, args] of [
    [base, ['-m', 'venv', '--clear', VENV]],
    [pip[0], [...pip[1], torch]],
    [pip[0], [...pip[1], '-r', REQUIREMENTS]],
  ] as const) {
    const { status } = await runShown(file, [...args])
    if (status !== 0) return { reason: `"${file} ${args.join(' ')}" failed, see above` }
  }
  writeFileSync(stamp, wanted)
  return { python }
}

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
    const [, passed, failed] = (LAST_LINE.exec(lastLine) ?? ['', '0', '1']).map(Number)
    const total = { passed: passed!, failed: failed! + dumped.status }
    if (status !== 0 && total.failed === 0) total.failed = 1
    if (options.length > 0) return total
    const exported = await exportedAdapter(python, scratch)
    return { passed: total.passed + exported.passed, failed: total.failed + exported.failed }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** A short run through the real command, whose adapter PEFT must load whole, and which must change the model. */
async function exportedAdapter(python: string, scratch: string): Promise<Tally> {
  const base = join(ROOT, 'public', 'models', 'pebble')
  const out = join(scratch, 'run')
  const settings =
    '--max-steps 4 --batch-size 2 --max-length 64 --learning-rate 1e-2 --target-modules all-linear'
  const data = ['--model', base, '--data', join(ROOT, 'public', 'datasets', 'mood.csv'), '--out', out]
  const bootstrap = join(ROOT, 'cli', 'bootstrap.mjs')
  const trained = await runShown(process.execPath, [bootstrap, 'train', ...data, ...settings.split(' ')])
  const adapter = join(out, 'adapter')
  const checked = await runShown(python, [
    join(ROOT, 'peers', 'check_adapter.py'),
    ...['--base', base, '--adapter', adapter],
  ])
  const fine = trained.status === 0 && checked.status === 0
  console.log(`${fine ? 'ok  ' : 'FAIL'} the adapter that npm run train exports, loaded by PEFT`)
  return fine ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

const found = await interpreter()
if ('reason' in found) {
  console.error(
    `The peers cannot be run: ${found.reason}. They are optional: the studio itself needs no Python.`,
  )
  process.exitCode = 1
} else {
  const total = await check(found.python, process.argv.slice(2))
  console.log(tallyLine(total))
  process.exitCode = total.failed === 0 ? 0 : 1
}
