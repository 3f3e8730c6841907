import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseFlags } from './args.ts'
import { ROOT } from './build.ts'
import { report } from './report.ts'
import { runShown } from './stage.ts'

const HELP = `npm run screenshots -- [--out DIR]

A picture of every place of the studio, before and after a run, in light and dark, 360, 768 and 1440 px wide, by the walk that holds each to
the rules of accessibility (tests/e2e/accessible.e2e.ts). For people to look at; nothing is compared.

  --out DIR  where they go; default screenshots
  --help

Exit code: 0 done, 1 the walk did not come to its end.`

async function screenshots(): Promise<number> {
  const flags = parseFlags(process.argv.slice(2), { out: 'text', help: 'switch' })
  if (flags.help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const out = resolve(flags.out ?? 'screenshots')
  mkdirSync(out, { recursive: true })
  process.env.LAPIDARY_SCREENSHOTS = out
  const playwright = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js')
  const walk = ['test', 'tests/e2e/accessible.e2e.ts', '--grep', 'every place', '--retries', '0']
  const { status } = await runShown(process.execPath, [playwright, ...walk])
  if (status !== 0) return 1
  process.stdout.write(`${out}\n`)
  return 0
}

process.exitCode = await screenshots().catch(report)
