import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt } from './build.ts'
import { FAILED, packageScript, runShown, SECOND, slowest, type Tally, tallyLine } from './stage.ts'
import { playwrightStage, type Stage, vitestStage } from './test-reports.ts'

/**
 * npm test [-- STAGE ...]: every test of the project, or those of the stages named, in this order. The last line reads
 * `N passed, N failed`. What is skipped where a GPU or a browser is needed counts as failed: a machine without an
 * adapter must not look green. Times are printed, and nothing depends on them. Where `CI` is set, a test that fails is tried once
 * more, and one that passes then is named.
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

const scratch = mkdtempSync(join(tmpdir(), 'lapidary-test-'))

async function command(name: string, script: string, args: string[]): Promise<Stage> {
  const { status } = await runShown(process.execPath, [script, ...args])
  if (status === 0) console.log(`${name}: nothing to complain of`)
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, failures: [name] }
}

async function vitest(project: string): Promise<Stage> {
  const out = join(scratch, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${out}`]
  const script = packageScript('vitest/vitest.mjs')
  const { status } = await runShown(process.execPath, [script, 'run', '--project', project, ...reporters])
  return vitestStage(out, status, project === 'gpu')
}

async function playwright(): Promise<Stage> {
  const out = join(scratch, 'e2e.json')
  const { status } = await runShown(
    process.execPath,
    [packageScript('@playwright/test/cli.js'), 'test', '--reporter=list,json'],
    { PLAYWRIGHT_JSON_OUTPUT_NAME: out },
  )
  return playwrightStage(out, status)
}

const wanted = process.argv.slice(2)
if (wanted.includes('--help')) {
  console.log(
    `npm test [-- STAGE ...]: all tests, or those of the stages named, of ${Object.keys(STAGES).join(', ')}.`,
  )
  process.exit(0)
}
const unknown = wanted.find((name) => !(name in STAGES))
if (unknown) {
  console.error(`There is no stage "${unknown}"; there are ${Object.keys(STAGES).join(', ')}.`)
  process.exit(2)
}
const total: Tally = { passed: 0, failed: 0 }
const rows: string[] = []
const told: string[] = []
for (const [name, stage] of Object.entries(STAGES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n== ${name}`)
  const began = performance.now()
  const tally = await stage().catch((error: unknown): Stage => {
    console.error(error)
    return { passed: 0, failed: 1, failures: [`${name} did not end`] }
  })
  for (const test of tally.failures ?? []) told.push(`${FAILED}${name}: ${test}`)
  for (const test of tally.second ?? []) told.push(`${SECOND}${name}: ${test}`)
  total.passed += tally.passed
  total.failed += tally.failed
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  rows.push(`${name.padEnd(6)} ${tallyLine(tally)} (${seconds} s)`)
  if (tally.files) rows.push(...slowest(tally.files).map((line) => `         ${line}`))
}
rmSync(scratch, { recursive: true, force: true })
console.log(`\n${rows.join('\n')}\n`)
for (const line of told) console.log(line)
console.log(tallyLine(total))
process.exitCode = total.failed === 0 ? 0 : 1
