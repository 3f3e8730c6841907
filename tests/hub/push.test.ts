import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PushRequest } from '../../src/protocol/studio.ts'
import { type PushedFile, pushFiles } from '../../src/workers/hub/push.ts'
import { failure } from '../data/helpers.ts'
import type { PushFault } from '../support/hub-push.ts'
import { type HubServer, hubServer } from '../support/hub-server.ts'

const TOKEN = 'hf_averysecrettoken'
const REPO = 'teacher/my-gemma'
const bytes = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => (i * seed + (i >> 8)) & 255)
const file = (path: string, content: Uint8Array<ArrayBuffer>): PushedFile => ({
  path,
  content: new Blob([content]),
})
/** Small ones, one in a piece, and one in four parts. */
const FILES = [
  file('README.md', new TextEncoder().encode('# Mine\n')),
  file('adapter_config.json', new TextEncoder().encode('{"r": 8}')),
  file('adapter_model.safetensors', bytes(90_000, 7)),
  file('base/model.safetensors', bytes(700_000, 13)),
]

let hub: HubServer
beforeEach(async () => {
  hub = await hubServer()
  hub.accounts.set(TOKEN, 'teacher')
})
afterEach(() => hub.close())

const push = (
  changed: Partial<PushRequest> = {},
  {
    files = FILES,
    token = TOKEN,
    signal,
  }: { files?: PushedFile[]; token?: string; signal?: AbortSignal } = {},
) =>
  pushFiles(
    files,
    { repo: REPO, visibility: 'private', title: 'My Gemma', endpoint: hub.endpoint, ...changed },
    token,
    signal ? { signal } : {},
  )

/** What is to be seen in the repository: nothing, or every file byte for byte; anything else is an error. */
async function seen(): Promise<'nothing' | 'all'> {
  const files = new Map(hub.repositories.get(REPO)?.files)
  files.delete('.gitattributes')
  if (files.size === 0) return 'nothing'
  expect([...files.keys()].sort()).toEqual(FILES.map(({ path }) => path).sort())
  for (const { path, content } of FILES)
    expect(Buffer.from(files.get(path)!).equals(Buffer.from(await content.arrayBuffer()))).toBe(true)
  return 'all'
}

test('a push makes the repository, and puts every file into it in one commit', async () => {
  const { url, commit } = await push()
  expect([url, await seen()]).toEqual([`${hub.endpoint}/${REPO}`, 'all'])
  expect(hub.repositories.get(REPO)).toMatchObject({ commit, private: [TOKEN] })
  const commits = hub.requests.filter(({ path }) => path.endsWith('/commit/main'))
  expect(commits).toHaveLength(1)
  // The token is for the hub alone.
  const told = hub.requests.filter(({ host }) => host === 'cdn').map(({ authorization }) => authorization)
  expect(new Set(told)).toEqual(new Set([null]))
  await push({ repo: 'teacher/open', visibility: 'public' })
  expect(hub.repositories.get('teacher/open')!.private).toBeUndefined()
})

test('what is a Space is pushed as one, again where it was broken off; a Space that holds more is not written over', async () => {
  // The first commit is cut.
  hub.pushed.fault = (_, path) => (path.endsWith('/commit/main') ? 'before' : null)
  await failure(() => push({ kind: 'space' }), 'network')
  hub.pushed.fault = null
  const { url, commit } = await push({ kind: 'space' })
  expect(url).toBe(`${hub.endpoint}/spaces/${REPO}`)
  expect([...hub.repositories.keys()]).toEqual([`spaces/${REPO}`])
  const made = hub.repositories.get(`spaces/${REPO}`)!
  expect(made).toMatchObject({ commit, private: [TOKEN] })
  expect([...made.files.keys()].sort()).toEqual(['.gitattributes', ...FILES.map(({ path }) => path)].sort())
  expect(Buffer.from(made.files.get('README.md')!).toString()).toBe('# Mine\n')
  expect((await push({ kind: 'space' })).commit).toBe(commit)
  await failure(() => push({ kind: 'space' }, { files: [FILES[0]!] }), 'output_exists')
})

describe('cut at each of its requests', () => {
  // The requests of a push: make, preupload, batch, a file, four parts and their end, commit.
  const cuts = Array.from({ length: 10 }, (_, nth) => nth)
  test('there are ten of them', async () => {
    await push()
    expect(hub.pushed.requests).toBe(10)
  })

  test.each(
    cuts.flatMap((nth): [number, PushFault][] => [
      [nth, 'before'],
      [nth, 'after'],
    ]),
  )(
    'number %d, %s it is done: one whole commit or none, and the next push goes on',
    async (at, how) => {
      // As long as it is tried, so that a second try of the client's does not hide it.
      let path: string | null = null
      hub.pushed.fault = (nth, asked) => {
        if (nth === at) path = asked
        return asked === path ? how : null
      }
      const first = await push().then(
        () => 'pushed',
        ({ code, message }) => {
          expect(message).not.toContain(TOKEN)
          return code as string
        },
      )
      expect(path).not.toBe(null)
      const there = await seen()
      // What is said is what is.
      expect(first).toBe(there === 'all' ? 'pushed' : 'network')
      hub.pushed.fault = null
      const kept = new Set(hub.pushed.objects.keys())
      hub.requests = []
      await push()
      expect(await seen()).toBe('all')
      const sent = hub.requests
        .filter(({ host }) => host === 'cdn')
        .map((request) => request.path.split('/')[2]!)
      expect(sent.filter((oid) => kept.has(oid))).toEqual([])
    },
    30_000,
  )
})

test('stopped, it leaves nothing to be seen', async () => {
  const stop = new AbortController()
  hub.pushed.fault = (_, path) => {
    if (path.startsWith('/lfs/')) stop.abort()
    return null
  }
  await expect(push({}, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
  expect(await seen()).toBe('nothing')
})

describe('refused by name', () => {
  test('a token that the hub does not know, and one that may not write there', async () => {
    const refused = await failure(() => push({}, { token: 'hf_other' }), 'gated')
    expect(refused.message).toContain('does not accept this token')
    expect(refused.hint).toContain('may write')
    const other = await failure(() => push({ repo: 'school/my-gemma' }), 'gated')
    expect(other.message).toContain('school/my-gemma')
    expect(other.hint).toContain('/settings/tokens')
    hub.accounts.set('mytoken', 'teacher')
    expect((await failure(() => push({}, { token: 'mytoken' }), 'gated')).message).toContain('hf_')
    expect(hub.repositories.size).toBe(0)
  })

  test('a name that is taken: what is there stays as it is', async () => {
    await push()
    const before = hub.repositories.get(REPO)!.commit
    const { message } = await failure(() => push({}, { files: FILES.slice(0, 2) }), 'output_exists')
    expect(message).toContain('4 files')
    const changed = [...FILES.slice(1), file('README.md', new TextEncoder().encode('# Oh!!\n'))]
    await failure(() => push({}, { files: changed }), 'output_exists')
    expect(hub.repositories.get(REPO)!.commit).toBe(before)
    // All of it is there already.
    expect((await push()).commit).toBe(before)
  })

  test('one that was begun as private is not gone on with as public', async () => {
    hub.pushed.fault = (_, path) => (path.endsWith('/commit/main') ? { status: 503 } : null)
    await failure(() => push(), 'network')
    hub.pushed.fault = null
    const { message } = await failure(() => push({ visibility: 'public' }), 'output_exists')
    expect(message).toContain('private')
    expect(await seen()).toBe('nothing')
  })

  test.each(['my-gemma', 'a/b/c', 'teacher/my gemma', 'teacher/x@main'])('%s is no name', async (repo) => {
    await failure(() => push({ repo }), 'bad_config')
    expect(hub.requests).toEqual([])
  })
})
