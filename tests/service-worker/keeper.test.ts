import { beforeEach, describe, expect, test } from 'vitest'
import { type Build, hashOf } from '../../src/service-worker/build.ts'
import { Keeper } from '../../src/service-worker/keeper.ts'

const SCOPE = 'https://host.test/user/studio/'
const HTML = '<script type="module" src="./assets/index-1.js"></script>'

/** As much of a browser's caches as is asked of them. */
class Caches {
  readonly all = new Map<string, Map<string, Response>>()
  async has(name: string) {
    return this.all.has(name)
  }
  async keys() {
    return [...this.all.keys()]
  }
  async delete(name: string) {
    return this.all.delete(name)
  }
  async open(name: string) {
    const held = this.all.get(name) ?? new Map<string, Response>()
    this.all.set(name, held)
    return {
      match: async (at: string) => held.get(at)?.clone(),
      put: async (at: string, response: Response) => void held.set(at, response),
    }
  }
}

let caches: Caches
/** What the host has, by address; `stale` is what the browser remembers of it. */
let host: Record<string, string>
let stale: Record<string, string>
let asked: string[]

const fetcher = (async (at: string, { cache }: RequestInit) => {
  asked.push(`${cache === 'reload' ? 'reload ' : ''}${at.slice(SCOPE.length)}`)
  const text = (cache === 'default' ? stale[at] : undefined) ?? host[at]
  if (text === 'offline') throw new TypeError('Failed to fetch')
  const headers = { 'Content-Type': 'text/x', 'Content-Encoding': 'gzip', 'X-Own': 'kept' }
  return text === undefined ? new Response('', { status: 404 }) : new Response(text, { headers })
}) as typeof fetch

async function built(files: Record<string, string>): Promise<Build> {
  const described: Build['files'] = {}
  for (const [path, text] of Object.entries(files))
    described[path] = [text.length, await hashOf(new TextEncoder().encode(text))]
  return { id: await hashOf(new TextEncoder().encode(JSON.stringify(files))), files: described }
}

function put(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) host[SCOPE + path] = text
}

const keeperOf = (build: Build, scope = SCOPE) =>
  new Keeper(build, scope, caches as unknown as CacheStorage, fetcher)

const FIRST = { '': HTML, 'assets/index-1.js': 'first', 'models/m.bin': 'weights' }
const SECOND = {
  '': HTML.replace('-1', '-2'),
  'assets/index-2.js': 'second',
  'models/m.bin': 'weights',
}

beforeEach(() => {
  caches = new Caches()
  host = {}
  stale = {}
  asked = []
})

describe('what is kept of a build', () => {
  test('is nothing until all of it is there, and then every file with the headers of the host', async () => {
    const keeper = keeperOf(await built(FIRST))
    expect(await keeper.isWhole()).toBe(false)
    expect(caches.all.size).toBe(0)
    put(FIRST)
    const said: number[] = []
    await keeper.keep((bytes) => said.push(bytes))
    expect(await keeper.isWhole()).toBe(true)
    expect(said.at(-1)).toBe(keeper.bytes)
    for (const [path, text] of Object.entries(FIRST)) {
      const found = (await keeper.find(path))!
      expect(await found.text()).toBe(text)
      expect([...found.headers.keys()].sort()).toEqual(['content-type', 'x-own'])
    }
    expect(await keeper.find('assets/index-2.js')).toBeNull()
    // Another worker of the same build knows.
    expect(await keeperOf(keeper.build).isWhole()).toBe(true)
    expect(await keeperOf(keeper.build, 'https://host.test/user/').isAnyWhole()).toBe(false)
  })

  test('goes on where it broke off, and says which file is missing', async () => {
    const keeper = keeperOf(await built(FIRST))
    put({ ...FIRST, 'models/m.bin': 'offline' })
    await expect(keeper.keep()).rejects.toThrow(/^models\/m\.bin could not be fetched: Failed to fetch$/)
    expect(await keeper.find('assets/index-1.js')).toBeNull()
    asked = []
    put(FIRST)
    await Promise.all([keeper.keep(), keeper.keep()])
    expect(asked).toEqual(['models/m.bin'])
  })

  test('is never of two builds: a file with other bytes is fetched anew, and refused where it stays so', async () => {
    const keeper = keeperOf(await built(FIRST))
    put(FIRST)
    stale[`${SCOPE}assets/index-1.js`] = 'older'
    await keeper.keep()
    expect(asked).toContain('reload assets/index-1.js')
    expect(await (await keeper.find('assets/index-1.js'))!.text()).toBe('first')

    const next = keeperOf(await built(SECOND))
    put({ ...SECOND, 'assets/index-2.js': 'altered on the way' })
    await expect(next.keep()).rejects.toThrow(
      /assets\/index-2\.js could not be fetched: it is not the file of this version/,
    )
    expect(await next.isWhole()).toBe(false)
    expect(await keeper.isWhole()).toBe(true)
  })

  test('is nothing once the studio was left, which is not kept on with, and may be kept again', async () => {
    const before = keeperOf(await built(SECOND))
    put(SECOND)
    await before.keep()
    const keeper = keeperOf(await built(FIRST))
    put(FIRST)
    const keeping = keeper.keep()
    await keeper.forget()
    await expect(keeping).rejects.toThrow(/the studio was left/)
    expect(await keeper.isWhole()).toBe(false)
    expect(await caches.keys()).toEqual([])
    await keeper.keep()
    expect(await keeper.isWhole()).toBe(true)
  })

  test('takes what has not changed from the build before, which is forgotten when it is no longer used', async () => {
    const before = keeperOf(await built(FIRST))
    put(FIRST)
    await before.keep()
    // Of a studio at an address above, as of a pinned version beside: not ours.
    const other = keeperOf(await built(FIRST), 'https://host.test/user/')
    await (await caches.open('lapidary https://host.test/user/ id')).put('x', new Response(''))
    const next = keeperOf(await built(SECOND))
    expect(await next.isAnyWhole()).toBe(true)
    put(SECOND)
    asked = []
    await next.keep()
    expect(asked.sort()).toEqual(['', 'assets/index-2.js'])
    expect(await (await before.find(''))!.text()).toBe(HTML)
    await next.removeOthers()
    expect(await caches.keys()).toEqual([
      'lapidary https://host.test/user/ id',
      `lapidary ${SCOPE} ${next.build.id}`,
    ])
    expect(await other.isWhole()).toBe(false)
  })

  test('has the document of this build where the one before names the same files, and so does what the browser remembers', async () => {
    put(FIRST)
    await keeperOf(await built(FIRST)).keep()
    const text = `<meta name="later">${HTML}`
    const next = keeperOf(await built({ ...FIRST, '': text }))
    stale[SCOPE] = HTML
    put({ '': text })
    await next.keep()
    expect(await (await next.find(''))!.text()).toBe(text)

    // A host that writes into it: as it is now, not as it was.
    const last = keeperOf(await built({ ...FIRST, '': `<meta name="last">${HTML}` }))
    put({ '': `<meta name="last">${HTML}<script>window.huggingface={}</script>` })
    await last.keep()
    expect(await (await last.find(''))!.text()).toMatch(/last.*huggingface/)
  })

  test('has the document where a host adds to it, not where it is of another build', async () => {
    put({ ...FIRST, '': `${HTML}<script>window.huggingface={}</script>` })
    const keeper = keeperOf(await built(FIRST))
    await keeper.keep()
    expect(await (await keeper.find(''))!.text()).toContain('huggingface')

    const next = keeperOf(await built(SECOND))
    put({ ...SECOND, '': `${HTML}<script>window.huggingface={}</script>` })
    await expect(next.keep()).rejects.toThrow(/^index\.html could not be fetched/)
    put({ '': '<h1>Not here</h1>' })
    await expect(next.keep()).rejects.toThrow(/^index\.html/)
    // A host that lists the files of a folder has the document under its name.
    put({ 'index.html': SECOND[''] })
    await next.keep()
    expect(await (await next.find(''))!.text()).toBe(SECOND[''])
  })
})
