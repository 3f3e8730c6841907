import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './build.ts'
import { runShown } from './stage.ts'

/**
 * Python for what holds the studio against other libraries. Needed once, with a network; LAPIDARY_PEERS_PYTHON names an
 * interpreter that has everything already.
 */
const VENV = join(ROOT, '.cache', 'peers')
const REQUIREMENTS = join(ROOT, 'peers', 'requirements.txt')
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3']

/** The interpreter to run peers with, or why there is none. */
export async function interpreter(): Promise<{ python: string } | { reason: string }> {
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

/** What Python itself should say little of, and fetch nothing of. */
const QUIET = {
  HF_HUB_OFFLINE: '1',
  HF_HUB_DISABLE_PROGRESS_BARS: '1',
  TRANSFORMERS_VERBOSITY: 'error',
  TOKENIZERS_PARALLELISM: 'false',
  PYTHONWARNINGS: 'ignore',
}

/** Runs a script of the repository, its output shown. @returns its exit status */
export async function runScript(python: string, script: string, args: string[]): Promise<number> {
  const { status } = await runShown(python, [join(ROOT, script), ...args], QUIET)
  return status
}

/** Versions of installed packages, by name; and of Python. */
export function packageVersions(python: string, names: readonly string[]): Record<string, string> {
  const code =
    'import json, platform, sys; from importlib.metadata import version; ' +
    'print(json.dumps({"Python": platform.python_version()} | {n: version(n) for n in sys.argv[1:]}))'
  const { status, stdout, stderr } = spawnSync(python, ['-c', code, ...names], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${python} lacks a package: ${stderr.trim().split('\n').at(-1)}`)
  return JSON.parse(stdout) as Record<string, string>
}
