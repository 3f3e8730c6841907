import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { signInAddress, takeSignIn } from '../../src/workers/hub-oauth.ts'
import { failure } from '../data/helpers.ts'
import { type HubServer, hubServer } from '../support/hub-server.ts'

const TOKEN = 'hf_oauth_secret'
let hub: HubServer
let shown: string[]
beforeEach(async () => {
  hub = await hubServer()
  hub.accounts.set(TOKEN, 'teacher')
  shown = []
  const kept = new Map<string, string>()
  vi.stubGlobal('window', {})
  vi.stubGlobal('document', { querySelector: () => ({ content: 'app-1' }) })
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  })
  vi.stubGlobal('history', {
    state: null,
    replaceState: (_: unknown, __: string, url: URL) => shown.push(url.href),
  })
  at('https://studio.test/app/?keep=1#train')
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await hub.close()
})

function at(address: string): void {
  vi.stubGlobal('location', new URL(address))
}
const accept = async (token: string) => ({
  signedIn: true,
  remembered: false,
  name: hub.accounts.get(token)!,
})

test('a registered host leads to the Hub and back, and what comes back is out of the address at once', async () => {
  const page = new URL((await signInAddress(hub.endpoint))!)
  expect(page.origin + page.pathname).toBe(`${hub.endpoint}/oauth/authorize`)
  expect(Object.fromEntries(page.searchParams)).toMatchObject({
    client_id: 'app-1',
    redirect_uri: 'https://studio.test/app/',
    code_challenge_method: 'S256',
    scope: expect.stringContaining('gated-repos'),
  })
  const state = encodeURIComponent(page.searchParams.get('state')!)
  at(`https://studio.test/app/?keep=1&code=${TOKEN}&state=${state}#train`)
  expect(await takeSignIn(accept, hub.endpoint)).toEqual({
    signedIn: true,
    remembered: false,
    name: 'teacher',
  })
  expect(shown).toEqual(['https://studio.test/app/?keep=1#train'])
})

test('what was not asked for here, or is refused, is no sign-in, and says nothing of the code', async () => {
  await signInAddress(hub.endpoint)
  const state = encodeURIComponent(
    JSON.stringify({ nonce: 'another', redirectUri: 'https://studio.test/app/' }),
  )
  for (const query of [`code=${TOKEN}&state=${state}`, `error=access_denied&state=${state}`]) {
    at(`https://studio.test/app/?${query}`)
    const error = await failure(() => takeSignIn(accept, hub.endpoint), 'gated')
    expect(JSON.stringify(error)).not.toContain(TOKEN)
    expect(shown.at(-1)).toBe('https://studio.test/app/')
  }
})

test('a host that is not registered has no such page; an address without an answer is left alone', async () => {
  vi.stubGlobal('document', { querySelector: () => null })
  expect(await signInAddress(hub.endpoint)).toBe(null)
  expect(await takeSignIn(accept, hub.endpoint)).toBe(null)
  expect(shown).toEqual([])
  expect(hub.requests).toEqual([])
})
