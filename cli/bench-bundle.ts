import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { commitOf } from '../bench/environment.ts'
import { fail } from '../src/protocol/errors.ts'
import { parseFlags } from './args.ts'
import { ROOT } from './build.ts'
import { report } from './report.ts'

const HELP = `npm run bench:bundle -- [--out FOLDER]

Makes one folder that runs the bench on a Linux x86-64 machine with a Vulkan driver: no network, no npm, no Node there.

  --out  default: out/bench-bundle, which is replaced`

const LARGEST = 60 * 2 ** 20
/** Debian's loader; Apache-2.0, so that it may go along. */
const LOADERS = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib64/libvulkan.so.1']
const LOADER_LICENCES = ['/usr/share/doc/libvulkan1/copyright']

async function make(out: string): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    fail(
      'bad_config',
      `The bundle takes this machine's own Node along, which is ${process.platform}-${process.arch}.`,
      'Make it on a Linux x86-64 machine.',
    )
  rmSync(out, { recursive: true, force: true })
  mkdirSync(join(out, 'dist/linux-x64'), { recursive: true })
  const webgpu = JSON.parse(readFileSync(join(ROOT, 'node_modules/webgpu/package.json'), 'utf8')) as {
    version: string
  }
  const commit = commitOf(ROOT)
  const { build } = await import('esbuild')
  await build({
    entryPoints: [join(ROOT, 'bench/node-entry.ts')],
    outfile: join(out, 'bench.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    legalComments: 'eof',
    define: { BENCH_COMMIT: JSON.stringify(commit), BENCH_WEBGPU_VERSION: JSON.stringify(webgpu.version) },
    // Packages that are not modules ask for Node's own through require.
    banner: {
      js: "import { createRequire as benchRequire } from 'node:module'; const require = benchRequire(import.meta.url);",
    },
  })
  compress(stripped(realpathSync(process.execPath)), join(out, 'node.gz'))
  compress(
    join(ROOT, 'node_modules/webgpu/dist/linux-x64/dawn.node'),
    join(out, 'dist/linux-x64/dawn.node.gz'),
  )
  const loader = LOADERS.find((path) => existsSync(path))
  if (loader) {
    mkdirSync(join(out, 'lib'))
    copyFileSync(realpathSync(loader), join(out, 'lib/libvulkan.so.1'))
  } else process.stderr.write('No libvulkan.so.1 here to take along: the machine it runs on must have one.\n')
  copyFileSync(join(ROOT, 'peers/bench_lora_step.py'), join(out, 'bench_lora_step.py'))
  for (const name of ['run.sh', 'side_by_side.py', 'README.md'])
    copyFileSync(join(ROOT, 'bench/bundle', name), join(out, name))
  chmodSync(join(out, 'run.sh'), 0o755)
  copyLicences(join(out, 'licences'))
  const bytes = folderBytes(out)
  console.log(`${out}: ${(bytes / 2 ** 20).toFixed(1)} MiB, commit ${commit}. Copy it over and run ./run.sh.`)
  if (bytes > LARGEST)
    fail(
      'internal',
      `The bundle takes ${(bytes / 2 ** 20).toFixed(1)} MiB; it may take 60.`,
      'See which file grew: du -ah',
    )
}

/** Without symbols, where there is a `strip`. */
function stripped(node: string): string {
  const copy = join(mkdtempSync(join(tmpdir(), 'lapidary-bundle-')), 'node')
  copyFileSync(node, copy)
  chmodSync(copy, 0o755)
  try {
    execFileSync('strip', [copy], { stdio: 'ignore' })
    execFileSync(copy, ['--version'], { stdio: 'ignore' })
  } catch {
    copyFileSync(node, copy)
  }
  return copy
}

/** gzip is what every Linux can undo. */
function compress(from: string, to: string): void {
  writeFileSync(to, gzipSync(readFileSync(from), { level: 9 }))
}

function copyLicences(to: string): void {
  mkdirSync(to)
  // That of TensorFlow.js is in bench.mjs, at its end.
  const licences: Record<string, string[]> = {
    lapidary: [join(ROOT, 'LICENSE')],
    webgpu: [join(ROOT, 'node_modules/webgpu/LICENSE'), join(ROOT, 'node_modules/webgpu/LICENSE.md')],
    node: [
      join(realpathSync(process.execPath), '../../LICENSE'),
      '/usr/share/doc/nodejs/LICENSE',
      '/usr/share/doc/nodejs/copyright',
    ],
    'vulkan-loader': LOADER_LICENCES,
  }
  for (const [name, paths] of Object.entries(licences)) {
    const path = paths.find((p) => existsSync(p))
    if (path) copyFileSync(path, join(to, name))
  }
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0)
}

try {
  const flags = parseFlags(process.argv.slice(2), { out: 'text', help: 'switch' })
  if (flags.help) console.log(HELP)
  else await make(flags.out ?? join(ROOT, 'out/bench-bundle'))
} catch (error) {
  process.exitCode = report(error)
}
