import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
/** What the script needs of a machine, beside what a test puts there. */
const TOOLS = ['bash', 'cat', 'cut', 'dirname', 'env', 'grep', 'id', 'mktemp', 'rm', 'tail', 'tee']

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-ci-'))
  for (const tool of TOOLS) {
    const found = spawnSync('bash', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
    symlinkSync(found, join(folder, tool))
  }
})
afterEach(() => rmSync(folder, { recursive: true }))

function command(name: string, ...lines: string[]): void {
  writeFileSync(join(folder, name), ['#!/usr/bin/env bash', ...lines, ''].join('\n'))
  chmodSync(join(folder, name), 0o755)
}

/** The script on a machine that has these tools and nothing more. */
function run(): { status: number | null; lastLine: string; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(join(folder, 'bash'), [join(ROOT, '.ci', 'run')], {
    encoding: 'utf8',
    env: { PATH: folder, TMPDIR: folder },
  })
  return { status, lastLine: stdout.trim().split('\n').at(-1)!, stdout, stderr }
}

describe('what runs before a change is taken', () => {
  test('adds up the tests, the other browsers and the peers', () => {
    command('npm', '[ "$1" = test ] && echo "3 passed, 0 failed" || echo "4 passed, 0 failed"')
    command('python3', 'exit 0')
    expect(run()).toMatchObject({ status: 0, lastLine: '11 passed, 0 failed' })
  })

  test('names at its end what failed, and what passed on the second try', () => {
    const told = ['failed: unit: a.test.ts: bad', 'passed on the second try: e2e: b.e2e.ts: odd']
    command(
      'npm',
      `[ "$1" = test ] && printf '%s\\n' '${told.join("' '")}' '2 passed, 1 failed' && exit 1`,
      'echo "4 passed, 0 failed"',
    )
    command('python3', 'exit 0')
    const { status, stdout } = run()
    expect(status).toBe(1)
    expect(stdout.trim().split('\n').slice(-3)).toEqual([...told, '10 passed, 1 failed'])
  })

  test('tells the last words of what failed without a name', () => {
    command(
      'npm',
      '[ "$1" = test ] && echo "2 passed, 0 failed" && exit 0',
      'echo "  ✗ opens a file: nothing came"; echo "1 passed, 6 failed"; exit 1',
    )
    command('python3', 'exit 0')
    const { lastLine, stdout } = run()
    const told = stdout.slice(stdout.indexOf('failed: npm run --silent test:browsers'))
    expect(told).toContain('✗ opens a file: nothing came')
    expect(lastLine).toBe('4 passed, 12 failed')
  })

  test('fails without a Python, and says so', () => {
    command('npm', 'echo "3 passed, 0 failed"')
    const { status, lastLine, stderr } = run()
    expect([status, lastLine]).toEqual([1, '6 passed, 1 failed'])
    expect(stderr).toContain('No Python 3.11 or newer')
  })

  test('fails where a Python is too old', () => {
    command('npm', 'echo "3 passed, 0 failed"')
    command('python3', 'exit 1')
    expect(run()).toMatchObject({ status: 1, lastLine: '6 passed, 1 failed' })
  })

  test('counts a command that ends without its last line, or badly, as failed', () => {
    command('npm', '[ "$1" = test ] && exit 0', 'echo "4 passed, 0 failed"; exit 1')
    command('python3', 'exit 0')
    expect(run()).toMatchObject({ status: 1, lastLine: '8 passed, 3 failed' })
  })
})
