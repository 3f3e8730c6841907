import { build } from 'esbuild'
import { contentPolicy, SEALED_POLICY } from '../../src/protocol/policy.ts'

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
 * in \`window.found\` then.
 */
export async function policyPage(places: Places, sealed: boolean): Promise<Map<string, string>> {
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
  for (const [name, contents] of Object.entries(scripts)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: '.', loader: 'ts' },
      bundle: true,
      write: false,
      format: 'esm',
    })
    texts.set(`/${name}`, outputFiles[0]!.text)
  }
  const metas = [contentPolicy([]), ...(sealed ? [SEALED_POLICY] : [])]
    .map((policy) => `<meta http-equiv="Content-Security-Policy" content="${policy}">`)
    .join('')
  const name = sealed ? '/sealed.html' : '/policy.html'
  texts.set(name, `<!doctype html>${metas}<script type="module" src="policy.js"></script>`)
  return texts
}
