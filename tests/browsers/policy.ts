import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { contentPolicy } from '../../src/protocol/policy.ts'
import { type Driver, sleep } from './driver.ts'
import type { Part } from './journey.ts'

/** Opened with this behind its address, a page that can seal itself does. */
export const SEALED_HASH = '#/?v=1&sealed=1'

/** Where a page asks, and its workers: what the policy names, what it does not, and the page's own host. */
export interface Places {
  allowed: string
  forbidden: string
}

/** What came of asking, and of a text run as a program, in the page, in a worker of it, and in a worker of that. */
export type Found = Record<
  'page' | 'worker' | 'nested',
  Record<'allowed' | 'forbidden' | 'own' | 'program', string>
>

const PROBE = (places: Places) => `
  async function probe() {
    const get = (url) => fetch(url, { cache: 'no-store' }).then(() => 'answered', () => 'refused')
    let program = 'ran'
    try { globalThis.eval('1') } catch (error) { program = 'refused' }
    const { allowed, forbidden } = ${JSON.stringify(places)}
    return { allowed: await get(allowed), forbidden: await get(forbidden), own: await get(OWN), program }
  }
  const answerOf = (worker) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message || 'a worker did not start'))
  })`

const START = "import { Worker } from './src/protocol/worker.ts'"
const MADE = (script: string) =>
  `answerOf(new Worker(new URL('./${script}', import.meta.url), { type: 'module' }))`

/**
 * A page under the policy of the studio, whose workers start as the studio's do, by the paths that they are served at. What it finds is
 * in \`window.found\` then. It seals itself by the script that the studio does it by.
 */
export async function policyPage(places: Places): Promise<Map<string, string>> {
  const OWN = "const OWN = new URL('policy.js', import.meta.url).href"
  const scripts = {
    'policy.js': `${START}\n${OWN}\n${PROBE(places)}
      const found = async () => ({ page: await probe(), ...(await ${MADE('policy-worker.js')}) })
      found().then((all) => { window.found = all }, (error) => { window.found = String(error) })`,
    'policy-worker.js': `${START}\n${OWN}\n${PROBE(places)}
      const found = async () => ({ worker: await probe(), nested: await ${MADE('policy-nested.js')} })
      found().then((all) => postMessage(all), reportError)`,
    'policy-nested.js': `${OWN}\n${PROBE(places)}
      probe().then((all) => postMessage(all), reportError)`,
  }
  const texts = new Map<string, string>()
  for (const [name, contents] of Object.entries(scripts)) texts.set(`/${name}`, await bundled(contents))
  return texts.set('/policy.html', underPolicy('policy.js'))
}

/** A page under the policy of the studio that can seal itself as the studio does, and has this script alone. */
export function underPolicy(src: string): string {
  const html = readFileSync('index.html', 'utf8')
  const seal = /<script>([\s\S]*?lapidarySealed[\s\S]*?)<\/script>/.exec(html)![1]!
  const policy = contentPolicy([createHash('sha256').update(seal).digest('base64')])
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
  const script = `<script type="module" src="${src}"></script>`
  return `<!doctype html><head>${meta}<script>${seal}</script>${script}</head>`
}

/** A module in TypeScript, with what it imports by paths from here. */
export async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
  })
  return outputFiles[0]!.text
}

/** Another machine, which answers whoever asks. */
export interface Outside extends Places {
  /** Hosts by which it was asked. */
  asked: string[]
  close(): void
}

export async function openOutside(): Promise<Outside> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers.host!)
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
    response.end('here')
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const { port } = server.address() as AddressInfo
  return {
    allowed: `http://127.0.0.1:${port}/`,
    // The same machine by a name that the policy does not know.
    forbidden: `http://127.0.0.2:${port}/`,
    asked,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** What a page under the policy and its workers find, sealed or not. */
export function foundUnder(sealed: boolean): Found {
  const one = {
    allowed: sealed ? 'refused' : 'answered',
    forbidden: 'refused',
    own: 'answered',
    program: 'refused',
  }
  return { page: one, worker: one, nested: one }
}

const FOUND_MS = 60_000

export function policyPart(driver: Driver, url: string, outside: Outside): Part {
  return [
    'lets page and workers ask what the policy names, and sealed nobody else',
    async () => {
      for (const address of [outside.allowed, outside.forbidden]) await fetch(address)
      for (const sealed of [false, true]) {
        outside.asked.length = 0
        await driver.open('about:blank')
        await driver.open(`${url}policy.html${sealed ? SEALED_HASH : ''}`)
        const end = Date.now() + FOUND_MS
        let found: Found | null = null
        while (!found && Date.now() < end) {
          found = await driver.run<Found | null>('return window.found ?? null')
          if (!found) await sleep(200)
        }
        const told = JSON.stringify(sorted(found))
        if (told !== JSON.stringify(sorted(foundUnder(sealed))))
          throw new Error(`${sealed ? 'sealed' : 'not sealed'}, it is ${told}`)
        const hosts = [...new Set(outside.asked)].join()
        if (hosts !== (sealed ? '' : new URL(outside.allowed).host)) throw new Error(`asked were ${hosts}`)
      }
    },
  ]
}

/** In an order of its own: a browser may carry members over in another. */
function sorted(found: Found | null): unknown {
  const entries = Object.entries(found ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([place, tried]) => [place, Object.entries(tried).sort(([a], [b]) => (a < b ? -1 : 1))])
}
