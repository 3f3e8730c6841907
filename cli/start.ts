import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import { parseFlags } from './args.ts'
import { ensureBuilt } from './build.ts'
import { report } from './report.ts'
import { serve } from './server.ts'
import { policyOf } from './trusted-build.ts'

const HELP = `npm start -- [--host ADDRESS] [--port NUMBER]

Builds the studio where needed, serves it, and prints its URL. Stop with Ctrl+C.

  --host  address to listen on; default 127.0.0.1. Browsers give WebGPU to pages from localhost or https only.
  --port  default: the first free one from 4173 on`

try {
  const flags = parseFlags(process.argv.slice(2), { host: 'text', port: 'number', help: 'switch' })
  if (flags.help) console.log(HELP)
  else {
    const { port } = flags
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
      fail('bad_config', `--port takes a whole number below 65536, not ${port}.`, 'For instance 4173.', {
        flag: '--port',
      })
    const root = await ensureBuilt((text) => console.error(text))
    const server = await serve({
      root,
      policy: policyOf(readFileSync(join(root, 'index.html'), 'utf8')),
      ...(flags.host ? { host: flags.host } : {}),
      port: port ?? 4173,
      strict: port !== undefined,
    })
    console.log(`Lapidary is ready: ${server.url}`)
  }
} catch (error) {
  process.exitCode = report(error)
}
