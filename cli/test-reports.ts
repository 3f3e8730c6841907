import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT } from './build.ts'
import type { FileTime, Tally } from './stage.ts'

/** What a stage of `npm test` came to. */
export interface Stage extends Tally {
  /** Of a stage that runs files of tests. */
  files?: FileTime[]
  /** Names of what failed. */
  failures?: string[]
  /** Names of tests that failed, were tried once more and passed. */
  second?: string[]
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
    /** Of a test that passed, the messages are of an earlier try. */
    assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[]
  }[]
}

/** @param all whether a test that was skipped counts as failed */
export function vitestStage(path: string, status: number, all: boolean): Stage {
  const report = readJson<VitestReport>(path)
  if (!report) return NO_REPORT
  const failures: string[] = []
  const second: string[] = []
  const files: FileTime[] = []
  for (const { name, status, startTime, endTime, assertionResults } of report.testResults) {
    const file = relative(ROOT, name)
    files.push({ file, seconds: (endTime - startTime) / 1000 })
    // A file that does not even load has no tests to count.
    if (status === 'failed' && assertionResults.length === 0) failures.push(`${file} did not load`)
    for (const test of assertionResults) {
      const told = `${file}: ${test.fullName}`
      if (test.status === 'failed') failures.push(told)
      else if (test.status !== 'passed' && all) failures.push(`${told} (skipped)`)
      else if (test.failureMessages?.length) second.push(told)
    }
  }
  return { ...settled(status, report.numPassedTests, failures), files, second }
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
  specs: { title: string; tests: { status: string; results: { duration: number }[] }[] }[]
}

interface PlaywrightTest {
  name: string
  /** `expected`, `unexpected`, `flaky` (passed on the second try) or `skipped`. */
  status: string
  seconds: number
}

export function playwrightStage(path: string, status: number): Stage {
  const report = readJson<PlaywrightReport>(path)
  if (!report) return NO_REPORT
  const named = (tests: PlaywrightTest[], wanted: string[]) =>
    tests.filter(({ status }) => wanted.includes(status)).map(({ name }) => name)
  const tests = report.suites.flatMap(testsOf)
  const failures = [
    ...named(tests, ['unexpected', 'skipped']),
    ...report.errors.map((error) => `an error outside tests: ${JSON.stringify(error).slice(0, 300)}`),
  ]
  const { expected, flaky } = report.stats
  const files = report.suites.map((suite) => ({
    file: join('tests', 'e2e', suite.file),
    seconds: testsOf(suite).reduce((sum, { seconds }) => sum + seconds, 0),
  }))
  return { ...settled(status, expected + flaky, failures), files, second: named(tests, ['flaky']) }
}

function testsOf({ file, suites = [], specs }: PlaywrightSuite): PlaywrightTest[] {
  const own = specs.flatMap(({ title, tests }) =>
    tests.map(({ status, results }) => ({
      name: `${file}: ${title}`,
      status,
      seconds: results.reduce((sum, { duration }) => sum + duration / 1000, 0),
    })),
  )
  return [...own, ...suites.flatMap(testsOf)]
}

const NO_REPORT: Stage = { passed: 0, failed: 1, failures: ['the runner left no report'] }

/** A runner that ends badly has failed, whatever it counted. */
function settled(status: number, passed: number, failures: string[]): Stage {
  const badly = failures.length === 0 && (status !== 0 || passed === 0)
  const all = badly ? [`the runner ended with ${status} after ${passed} passed tests`] : failures
  return { passed, failed: all.length, failures: all }
}

function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return null
  }
}
