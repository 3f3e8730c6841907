import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './build.ts'
import { interpreter } from './python.ts'
import { LAST_LINE, runShown, type Tally, tallyLine } from './stage.ts'

/** npm run test:peers: holds exports, golden files and shaders against the libraries they are meant for. */

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
