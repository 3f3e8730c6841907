import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './build.ts'
import { runShown } from './stage.ts'

const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3']

/** Packages that can live together, in a virtual environment of their own. */
interface Packages {
  folder: string
  requirements: string
  /** Environment variable that names an interpreter that has them already. */
  variable: string
  /** What `pip install` is called with, one after the other. */
  installs: (requirements: string) => string[][]
}

/** torch by itself first, so that nothing else draws a larger build of it in. */
function torchFirst(path: string): string[][] {
  return [[readFileSync(path, 'utf8').match(/^torch==\S+/m)?.[0] ?? 'torch'], ['-r', path]]
}

/** What a line `# --no-deps ...` names: those packages and nothing that they ask for. */
function withoutDependencies(path: string): string[] {
  return readFileSync(path, 'utf8')
    .match(/^# (--no-deps .+)$/m)![1]!
    .split(' ')
}

const PACKAGES = {
  /** PyTorch, Transformers and what else models are held against. */
  models: {
    folder: 'peers',
    requirements: 'requirements.txt',
    variable: 'LAPIDARY_PEERS_PYTHON',
    installs: torchFirst,
  },
  /** The libraries that exported models are for. */
  exports: {
    folder: 'peers-exports',
    requirements: 'requirements-exports.txt',
    variable: 'LAPIDARY_PEERS_EXPORTS_PYTHON',
    installs: (path) => [...torchFirst(path), withoutDependencies(path)],
  },
  /** What exported programs run on: TRL, FastAPI, Gradio. */
  programs: {
    folder: 'peers-programs',
    requirements: 'requirements-programs.txt',
    variable: 'LAPIDARY_PEERS_PROGRAMS_PYTHON',
    installs: torchFirst,
  },
  /** kauldron, gemma and what else data are held against. */
  data: {
    folder: 'peers-data',
    requirements: 'requirements-data.txt',
    variable: 'LAPIDARY_PEERS_DATA_PYTHON',
    installs: (path) => [['--no-deps', '--no-compile', '-r', path]],
  },
  /** What writes files of rows. */
  files: {
    folder: 'peers-files',
    requirements: 'requirements-files.txt',
    variable: 'LAPIDARY_PEERS_FILES_PYTHON',
    installs: (path) => [['-r', path]],
  },
  /** What figures are held against. */
  metrics: {
    folder: 'peers-metrics',
    requirements: 'requirements-metrics.txt',
    variable: 'LAPIDARY_PEERS_METRICS_PYTHON',
    installs: (path) => [['-r', path]],
  },
} satisfies Record<string, Packages>

/**
 * The interpreter to run peers with, or why there is none. Virtual environments are made once, which needs a network, and
 * again when their requirements have changed.
 */
export async function interpreter(
  which: keyof typeof PACKAGES = 'models',
): Promise<{ python: string } | { reason: string }> {
  const packages: Packages = PACKAGES[which]
  const named = process.env[packages.variable]
  if (named) return existsSync(named) ? { python: named } : { reason: `${named} is not there` }
  const base = PYTHONS.find((name) => {
    const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
    return spawnSync(name, ['-c', check], { stdio: 'ignore' }).status === 0
  })
  if (!base) return { reason: 'no Python 3.11 or newer with venv is installed' }
  const folder = join(ROOT, '.cache', packages.folder)
  const requirements = join(ROOT, 'peers', packages.requirements)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(folder, '.requirements')
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { python }
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  console.log(`Making ${folder} ...`)
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  const commands: [string, string[]][] = [
    [base, ['-m', 'venv', '--clear', folder]],
    ...packages.installs(requirements).map((args): [string, string[]] => [python, [...pip, ...args]]),
  ]
  for (const [file, args] of commands) {
    const { status } = await runShown(file, args)
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
