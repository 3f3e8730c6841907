import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inlineScripts } from '../../cli/trusted-build.ts'
import { contentPolicy, SEALED_POLICY } from '../../src/protocol/policy.ts'

const ROOT = join(import.meta.dirname, '../..')

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = `${folder}/${name}`
    if (statSync(join(ROOT, path)).isDirectory()) return sources(path)
    return /\.tsx?$/.test(name) ? [path] : []
  })
}

/** Without what is said in comments and texts. */
function code(path: string): string {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
}

/** Ways out of a page, and who may use them. */
const WAYS: [way: string, uses: RegExp, allowed: RegExp][] = [
  [
    'requests',
    // Not a method of another object, and not a type.
    /(?<![.#\w])fetch\s*\(|(?:globalThis|self|window)\.fetch\b|\?\? fetch\b|[(,]\s*fetch\s*[,)]/,
    // The gate, and what has its name for a package; the page around a frame; what serves the studio's own files, and asks for no others.
    /^src\/(protocol\/gate|embed|service-worker\/service-worker|workers\/hub\/library-fetch)\.ts$/,
  ],
  ['XMLHttpRequest', /\bnew (\w+\.)*XMLHttpRequest\b/, /^src\/protocol\/gate\.ts$/],
  ['sockets', /\b(WebSocket|EventSource|WebTransport|RTCPeerConnection)\b|\bsendBeacon\b/, /^$/],
  ['scripts from elsewhere', /\bimportScripts\b|\bdocument\.write\b/, /^$/],
  ['texts as programs', /\beval\s*\(|\bnew Function\b/, /^$/],
  ['markup', /\.(innerHTML|outerHTML)\b|\binsertAdjacentHTML\b|\binnerHTML=/, /^$/],
  [
    'workers that inherit nothing',
    /\bglobalThis\.Worker\(|\bSharedWorker\b/,
    /^src\/protocol\/worker(-one-file)?\.ts$/,
  ],
  ['trust in markup', /\btrustedTemplate\b/, /^src\/protocol\/trusted\.ts$/],
]

const all = sources('src')

test.each(WAYS)('%s: only where it is meant to be', (_, uses, allowed) => {
  const users = all.filter((path) => uses.test(code(path)))
  expect(users.filter((path) => !allowed.test(path))).toEqual([])
  // Whoever may use it does: else the pattern would find nothing.
  if (allowed.source !== '^$') expect(users.length).toBeGreaterThan(0)
})

test.each([
  ['requests', "await fetch('x')"],
  ['requests', 'const get = options.fetch ?? fetch'],
  ['requests', 'globalThis.fetch(x)'],
  ['XMLHttpRequest', 'new XMLHttpRequest()'],
  ['sockets', 'navigator.sendBeacon(x)'],
  ['sockets', 'new WebSocket(x)'],
  ['scripts from elsewhere', 'importScripts(x)'],
  ['texts as programs', 'new Function(x)'],
  ['markup', 'element.innerHTML = x'],
  ['workers that inherit nothing', 'new globalThis.Worker(x)'],
  ['trust in markup', 'trustedTemplate(x)'],
])('%s would be found in %s', (name, text) => {
  expect(WAYS.find(([way]) => way === name)![1].test(text)).toBe(true)
})

test('every worker is started by what lets it inherit the policy', () => {
  const starting = all.filter((path) => /\bnew Worker\(/.test(code(path)))
  expect(starting.length).toBeGreaterThan(3)
  for (const path of starting)
    expect(readFileSync(join(ROOT, path), 'utf8'), path).toMatch(
      /^import \{ (\w+, )*Worker \} from '[./]+\/protocol\/worker\.ts'$/m,
    )
})

const html = readFileSync(join(ROOT, 'index.html'), 'utf8')

test('the document seals itself with the policy that is written down', () => {
  expect(html).toContain(JSON.stringify(SEALED_POLICY))
  // Before anything that is loaded.
  expect(html.indexOf('lapidarySealed')).toBeLessThan(html.search(/<link|src="/))
})

test('hosting/firebase sends the policy of the document as a header', () => {
  const file = readFileSync(join(ROOT, 'hosting/firebase/firebase.json'), 'utf8')
  const { hosting } = JSON.parse(file) as {
    hosting: { headers: { source: string; headers: { key: string; value: string }[] }[] }
  }
  const everywhere = hosting.headers.find(({ source }) => source === '**')
  const sent = everywhere?.headers.find(({ key }) => key === 'Content-Security-Policy')?.value
  expect(inlineScripts(html)).toHaveLength(2)
  expect(sent).toBe(contentPolicy(inlineScripts(html)))
})

/** Runs the script that seals, in what stands for a page. */
function sealing(hash: string, { kept = false, framed = false, blocked = false } = {}) {
  const script = /<script>([\s\S]*?lapidarySealed[\s\S]*?)<\/script>/.exec(html)![1]!
  const stored = new Map(kept ? [['lapidary.sealed', '{}']] : [])
  const metas: { content?: string; httpEquiv?: string }[] = []
  const self = {} as { lapidarySealed?: boolean }
  const storage = {
    getItem(key: string) {
      if (blocked) throw new Error('blocked')
      return stored.get(key) ?? null
    },
    setItem: (key: string, value: string) => void stored.set(key, value),
  }
  const document = {
    createElement: () => ({}),
    head: { appendChild: (meta: object) => void metas.push(meta) },
  }
  const run = new Function('self', 'top', 'location', 'localStorage', 'document', script)
  run(self, framed ? {} : self, { hash }, storage, document)
  return {
    sealed: self.lapidarySealed === true,
    policies: metas.map(({ content }) => content),
    kept: stored.size === 1,
  }
}

test.each([
  ['#/train', {}, false, false],
  ['#/train?v=1&data=sealed&sealed=10', {}, false, false],
  ['#/train?v=1&sealed=1', {}, true, true],
  ['#/train?v=1&se%61led=%31&x=%E0%A4%A', {}, true, true],
  ['', { kept: true }, true, true],
  ['#/train?v=1&sealed=0', { kept: true }, true, true],
  ['#/train?v=1&sealed=1&embed=frame', { framed: true }, true, false],
  ['#/train?v=1&embed=frame', { framed: true, kept: true }, true, true],
  ['#/train?v=1&sealed=1', { blocked: true }, true, false],
])('opened at %s with %o, the page is sealed: %s; for good: %s', (hash, place, sealed, kept) => {
  expect(sealing(hash, place)).toEqual({ sealed, policies: sealed ? [SEALED_POLICY] : [], kept })
})
