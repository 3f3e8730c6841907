import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ensureBuilt, ROOT } from './build.ts'
import { type FileTime, packageScript, runShown, slowest, type Tally, tallyLine } from './stage.ts'

/**
 * npm test [-- STAGE ...]: every test of the project, or those of the stages named, in this order. The last line reads
 * `N passed, N failed`. What is skipped where a GPU or a browser is needed counts as failed: a machine without an
 * adapter must not look green. Times are printed, and nothing depends on them.
 */
const STAGES: Record<string, () => Promise<Stage>> = {
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

interface Stage extends Tally {
  /** Of a stage that runs files of tests. */
  files?: FileTime[]
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
  /** Times are milliseconds. */
  testResults: {
    name: string
    status: string
    startTime: number
    endTime: number
    assertionResults: unknown[]
  }[]
}

async function vitest(project: string): Promise<Stage> {
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
  const files = report.testResults.map(({ name, startTime, endTime }) => ({
    file: relative(ROOT, name),
    seconds: (endTime - startTime) / 1000,
  }))
  return { ...settled(status, report.numPassedTests, report.numFailedTests + skipped + broken.length), files }
}

interface PlaywrightReport {
  /** A suite for each file, and in it suites for each group of tests. Durations are milliseconds. */
  suites: PlaywrightSuite[]
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  errors: unknown[]
}

interface PlaywrightSuite {
  file: string
  suites?: PlaywrightSuite[]
  specs: { tests: { results: { duration: number }[] }[] }[]
}

function secondsOf({ suites = [], specs }: PlaywrightSuite): number {
  const results = specs.flatMap(({ tests }) => tests.flatMap(({ results }) => results))
  const own = results.reduce((sum, { duration }) => sum + duration / 1000, 0)
  return suites.reduce((sum, suite) => sum + secondsOf(suite), own)
}

async function playwright(): Promise<Stage> {
  const out = join(scratch, 'e2e.json')
  const { status } = await runShown(
    process.execPath,
    [packageScript('@playwright/test/cli.js'), 'test', '--reporter=list,json'],
    { PLAYWRIGHT_JSON_OUTPUT_NAME: out },
  )
  const report = readJson<PlaywrightReport>(out)
  if (!report) return { passed: 0, failed: 1 }
  const { expected, unexpected, flaky, skipped } = report.stats
  const files = report.suites.map((suite) => ({
    file: join('tests', 'e2e', suite.file),
    seconds: secondsOf(suite),
  }))
  return { ...settled(status, expected, unexpected + flaky + skipped + report.errors.length), files }
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
  const tally = await stage().catch((error: unknown): Stage => {
    console.error(error)
    return { passed: 0, failed: 1 }
  })
  total.passed += tally.passed
  total.failed += tally.failed
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  rows.push(`${name.padEnd(6)} ${tallyLine(tally)} (${seconds} s)`)
  if (tally.files) rows.push(...slowest(tally.files).map((line) => `         ${line}`))
}
rmSync(scratch, { recursive: true, force: true })
console.log(`\n${rows.join('\n')}\n`)
console.log(tallyLine(total))
process.exitCode = total.failed === 0 ? 0 : 1
