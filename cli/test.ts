import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt } from './build.ts'
import { packageScript, runShown, type Tally, tallyLine } from './stage.ts'

/**
 * npm test [-- STAGE ...]: every test of the project, or those of the stages named, in this order. The last line reads
 * `N passed, N failed`. What is skipped where a GPU or a browser is needed counts as failed: a machine without an
 * adapter must not look green.
 */
const STAGES: Record<string, () => Promise<Tally>> = {
  types: () => command('types', packageScript('typescript/bin/tsc'), ['--noEmit']),
  lint: () => command('lint', packageScript('@biomejs/biome/bin/biome'), ['check', '.']),
  unit: () => vitest('unit'),
  gpu: () => vitest('gpu'),
  build: async () => {
    await ensureBuilt((text) => console.log(text))
    return { passed: 1, failed: 0 }
  },
  e2e: () => playwright(),
}

const scratch = mkdtempSync(join(tmpdir(), 'lapidary-test-'))

async function command(name: string, script: string, args: string[]): Promise<Tally> {
  const { status } = await runShown(process.execPath, [script, ...args])
  if (status === 0) console.log(`${name}: nothing to complain of`)
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

interface VitestReport {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  testResults: { status: string; assertionResults: unknown[] }[]
}

async function vitest(project: string): Promise<Tally> {
  const out = join(scratch, `${project}.json`)
  const args = [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${out}`,
  ]
  const { status } = await runShown(process.execPath, [packageScript('vitest/vitest.mjs'), ...args])
  const report = readJson<VitestReport>(out)
  if (!report) return { passed: 0, failed: 1 }
  const skipped = project === 'gpu' ? report.numPendingTests : 0
  // A file that does not even load has no tests to count.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  return settled(status, report.numPassedTests, report.numFailedTests + skipped + broken.length)
}

interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  errors: unknown[]
}

async function playwright(): Promise<Tally> {
  const out = join(scratch, 'e2e.json')
  const { status } = await runShown(
    process.execPath,
    [packageScript('@playwright/test/cli.js'), 'test', '--reporter=list,json'],
    { PLAYWRIGHT_JSON_OUTPUT_NAME: out },
  )
  const report = readJson<PlaywrightReport>(out)
  if (!report) return { passed: 0, failed: 1 }
  const { expected, unexpected, flaky, skipped } = report.stats
  return settled(status, expected, unexpected + flaky + skipped + report.errors.length)
}

/** A runner that ends badly has failed, whatever it counted. */
function settled(status: number, passed: number, failed: number): Tally {
  return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed }
}

function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return null
  }
}

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !(name in STAGES))
if (unknown) {
  console.error(`There is no stage "${unknown}"; there are ${Object.keys(STAGES).join(', ')}.`)
  process.exit(2)
}
const total: Tally = { passed: 0, failed: 0 }
const rows: string[] = []
for (const [name, stage] of Object.entries(STAGES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n== ${name}`)
  const began = performance.now()
  const tally = await stage().catch((error: unknown): Tally => {
    console.error(error)
    return { passed: 0, failed: 1 }
  })
  total.passed += tally.passed
  total.failed += tally.failed
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  rows.push(`${name.padEnd(6)} ${tallyLine(tally)} (${seconds} s)`)
}
rmSync(scratch, { recursive: true, force: true })
console.log(`\n${rows.join('\n')}\n`)
console.log(tallyLine(total))
process.exitCode = total.failed === 0 ? 0 : 1
