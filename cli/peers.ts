import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './build.ts'
import { LAST_LINE, runShown } from './stage.ts'

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

const found = await interpreter()
if ('reason' in found) {
  console.error(
    `The peers cannot be run: ${found.reason}. They are optional: the studio itself needs no Python.`,
  )
  process.exitCode = 1
} else {
  const script = join(ROOT, 'peers', 'run.py')
  const { status, lastLine } = await runShown(found.python, [script, ...process.argv.slice(2)])
  if (!LAST_LINE.test(lastLine)) console.log('0 passed, 1 failed')
  process.exitCode = status
}
