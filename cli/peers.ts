import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './build.ts'
import { interpreter } from './python.ts'
import { LAST_LINE, runShown, type Tally, tallyLine } from './stage.ts'

/**
 * npm run test:peers: holds exports, golden files and shaders against the libraries they are meant for, and the practice
 * model in Chromium against Transformers and PEFT.
 */

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
    const verified = await verifyPebble()
    return { passed: total.passed + verified.passed, failed: total.failed + verified.failed }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
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
