import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ROOT } from './build.ts'

export interface Tally {
  passed: number
  failed: number
}

export const LAST_LINE = /^(\d+) passed, (\d+) failed$/

/** What lines begin with that name a test: `.ci/run` repeats them at its end. */
export const FAILED = 'failed: '
export const SECOND = 'passed on the second try: '

/** The line that a run of tests ends with. */
export function tallyLine({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`
}

export interface FileTime {
  file: string
  seconds: number
}

/** A line for each of the files that took longest, the slowest first. */
export function slowest(files: readonly FileTime[], count = 5): string[] {
  const sorted = [...files].sort((a, b) => b.seconds - a.seconds)
  return sorted.slice(0, count).map(({ file, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${file}`)
}

/** Runs a command with its output shown. @returns its exit status, and the last line that it wrote to standard output */
export function runShown(
  file: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ status: number; lastLine: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
    let lastLine = ''
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      if (line.trim() !== '') lastLine = line.trim()
      process.stdout.write(`${line}\n`)
    })
    child.on('error', (error) => {
      process.stderr.write(`${error.message}\n`)
      resolve({ status: 1, lastLine })
    })
    child.on('close', (status) => resolve({ status: status ?? 1, lastLine }))
  })
}

/** Path of a package's command, for `node`. */
export function packageScript(path: string): string {
  return `${ROOT}/node_modules/${path}`
}
