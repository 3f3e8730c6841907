import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { playwrightStage, vitestStage } from '../../cli/test-reports.ts'

const folder = mkdtempSync(join(tmpdir(), 'lapidary-reports-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(report: object): string {
  const path = join(folder, 'report.json')
  writeFileSync(path, JSON.stringify(report))
  return path
}

describe('what a runner of tests reports', () => {
  const test1 = (fullName: string, status: string, failureMessages: string[] = []) => ({
    fullName,
    status,
    failureMessages,
  })
  const vitest = (tests: object[], status = 'passed') => ({
    numPassedTests: tests.length - 1,
    testResults: [{ name: 'a.test.ts', status, startTime: 0, endTime: 2000, assertionResults: tests }],
  })

  test('names what failed, what did not load, and what passed on the second try', () => {
    const tests = [test1('good', 'passed'), test1('bad', 'failed', ['no']), test1('odd', 'passed', ['no'])]
    const stage = vitestStage(written(vitest(tests)), 1, false)
    expect(stage).toMatchObject({ passed: 2, failed: 1 })
    expect(stage.failures).toEqual([expect.stringContaining('bad')])
    expect(stage.second).toEqual([expect.stringContaining('odd')])
    expect(vitestStage(written(vitest([], 'failed')), 1, false).failures).toEqual([
      expect.stringContaining('did not load'),
    ])
  })

  test('counts what was skipped as failed where asked to', () => {
    const report = written(vitest([test1('good', 'passed'), test1('left', 'pending')]))
    expect(vitestStage(report, 0, true).failed).toBe(1)
    expect(vitestStage(report, 0, false).failed).toBe(0)
  })

  test('a runner that ends badly, or leaves nothing, has failed', () => {
    const report = written(vitest([test1('good', 'passed'), test1('more', 'passed')]))
    expect(vitestStage(report, 1, false).failed).toBe(1)
    expect(vitestStage(join(folder, 'none.json'), 0, false).failed).toBe(1)
    expect(playwrightStage(join(folder, 'none.json'), 0).failed).toBe(1)
  })

  test('of the page: what failed, was skipped or passed on the second try, in whichever group', () => {
    const spec = (title: string, status: string) => ({
      title,
      tests: [{ status, results: [{ duration: 500 }, { duration: 1500 }] }],
    })
    const group = { file: 'a.e2e.ts', specs: [spec('odd', 'flaky'), spec('left', 'skipped')] }
    const suite = {
      file: 'a.e2e.ts',
      specs: [spec('good', 'expected'), spec('bad', 'unexpected')],
      suites: [group],
    }
    const stats = { expected: 1, unexpected: 1, flaky: 1, skipped: 1 }
    const stage = playwrightStage(written({ suites: [suite], stats, errors: [] }), 1)
    expect(stage.failures).toEqual(['a.e2e.ts: bad', 'a.e2e.ts: left'])
    expect(stage.second).toEqual(['a.e2e.ts: odd'])
    expect(stage).toMatchObject({ passed: 2, failed: 2, files: [{ seconds: 8 }] })
  })
})
