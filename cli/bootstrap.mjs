#!/usr/bin/env node
/**
 * node cli/bootstrap.mjs <command> [...]: brings a fresh clone to where cli/<command>.ts can run, then runs it. Uses
 * Node's own modules only. What it says goes to standard error: standard output belongs to the command.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const [command, ...rest] = process.argv.slice(2)
const script = join(ROOT, 'cli', `${command}.ts`)

/** Commands that open no page in a Chromium. */
const WITHOUT_BROWSER = ['start', 'peers', 'kernels', 'browsers', 'corpora', 'export', 'pack', 'release']

if (!command || !existsSync(script)) stop(`There is no command "${command ?? ''}" in cli/.`)
requireNode()
if (packagesAreStale()) install()
if (!WITHOUT_BROWSER.includes(command) && !rest.includes('--help')) await requireChromium()

const { register } = await import('tsx/esm/api')
register()
const hooks = await import('node:module')
hooks.register('./raw-text.mjs', import.meta.url)
process.argv.splice(1, 2, script)
await import(pathToFileURL(script).href)

function say(text) {
  process.stderr.write(`${text}\n`)
}

function stop(text) {
  say(text)
  process.exit(1)
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}

function requireNode() {
  const wanted = readJson(join(ROOT, 'package.json')).engines.node.replace('>=', '')
  const numbers = (version) => version.split('.').map(Number)
  const [major = 0, minor = 0] = numbers(wanted)
  const [ownMajor = 0, ownMinor = 0] = numbers(process.versions.node)
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return
  stop(
    `Lapidary needs Node ${wanted} or newer; this is ${process.versions.node}. Install it from https://nodejs.org.`,
  )
}

/** Whether what npm has installed differs from package-lock.json. Packages for other machines may be absent. */
function packagesAreStale() {
  const installed = readJson(join(ROOT, 'node_modules', '.package-lock.json'))
  if (!installed) return true
  return Object.entries(readJson(join(ROOT, 'package-lock.json')).packages).some(([path, wanted]) => {
    if (path === '') return false
    const own = installed.packages[path]
    return own ? own.version !== wanted.version : !wanted.optional
  })
}

function install() {
  say('Installing packages (npm ci) ...')
  // Run through npm, npm says where it is itself; that also holds where `npm` is not on the path.
  const npm = process.env.npm_execpath
  // Its errors are wanted even where this was called with --silent.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const done = npm
    ? run(process.execPath, [npm, ...args])
    : run('npm', args, { shell: process.platform === 'win32' })
  if (!done) stop('npm ci failed, see above. It needs the network once. Try again, or run it by hand.')
}

async function requireChromium() {
  const { findChromium } = await import('./chromium.mjs')
  if (await findChromium()) return
  say('No Chromium found. Fetching one ...')
  const own = join(ROOT, 'node_modules', 'playwright-core', 'cli.js')
  if (run(process.execPath, [own, 'install', 'chromium'], { timeout: 300_000 })) {
    const path = await findChromium()
    // A downloaded Chromium may lack the system's libraries.
    if (path && run(path, ['--version'], { timeout: 30_000 })) return
  }
  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['update'], { env })
    run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env })
    if (existsSync('/usr/bin/chromium')) return
  }
  stop(
    'Lapidary needs a Chromium with WebGPU. Install one (Debian: apt-get install chromium; elsewhere: Google Chrome ' +
      'or Edge), or name one with LAPIDARY_CHROMIUM=/path/to/chrome, then run this again.',
  )
}

function run(file, args, options = {}) {
  return spawnSync(file, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options }).status === 0
}
