import { join } from 'node:path'
import { ROOT } from './build.ts'
import { runShown } from './stage.ts'

/** npm run test:browsers: the walk of tests/browsers through Firefox and WebKitGTK, with the same flags. */
const walk = join(ROOT, 'tests', 'browsers', 'main.ts')
process.exitCode = (
  await runShown(process.execPath, ['--import', 'tsx', walk, ...process.argv.slice(2)])
).status
