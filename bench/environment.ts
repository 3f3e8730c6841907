import { execFileSync } from 'node:child_process'
import { cpus, loadavg, platform, release } from 'node:os'
import type { BenchEnvironment } from './types.ts'

/** Where and of what a result was made. Asked before the bench begins, so that the load is not its own. */
export function environment(commit: string): Omit<BenchEnvironment, 'runtime'> {
  const cores = cpus()
  const model = cores[0]?.model.trim() ?? 'unknown processor'
  return {
    date: new Date().toISOString().slice(0, 19).replace('T', ' '),
    commit,
    host: `${cores.length} x ${model}, ${platform()} ${release()}`,
    load: platform() === 'win32' ? null : loadavg()[0]! / cores.length,
    driver: driver(),
  }
}

/** The commit of a checkout, with "+" where tracked files differ from it. */
export function commitOf(folder: string): string {
  const commit = ask('git', ['-C', folder, 'rev-parse', '--short=12', 'HEAD'])
  if (!commit) return 'unknown'
  return ask('git', ['-C', folder, 'status', '--porcelain', '-uno']) ? `${commit}+` : commit
}

function driver(): string | null {
  const nvidia = ask('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader'])
  return nvidia ? `NVIDIA ${nvidia.split('\n')[0]!}` : null
}

function ask(file: string, args: string[]): string | null {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return null
  }
}
