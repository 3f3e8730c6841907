/** The bench of a bundle: `node bench.mjs [--json FILE] [--only suites] [--full]`. */
import { writeFileSync } from 'node:fs'
import { parseFlags } from '../cli/args.ts'
import { report } from '../cli/report.ts'
import { benchOnDawn } from './dawn.ts'
import { environment } from './environment.ts'
import { readOptions } from './options.ts'
import { benchTable } from './table.ts'

declare const BENCH_COMMIT: string

try {
  const flags = parseFlags(process.argv.slice(2), {
    json: 'text',
    only: 'list',
    full: 'switch',
    peers: 'switch',
  })
  const where = environment(BENCH_COMMIT)
  const { result, runtime } = await benchOnDawn(readOptions(flags), (text) => console.error(text))
  const whole = { environment: { ...where, runtime }, ...result }
  console.log(benchTable(whole))
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(whole, null, 1)}\n`)
  // Dawn's threads would keep the process.
  process.exit(0)
} catch (error) {
  process.exit(report(error))
}
