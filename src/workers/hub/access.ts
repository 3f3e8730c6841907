import { remoteJson } from '../../files/remote.ts'
import { fail, LapidaryError } from '../../protocol/errors.ts'
import { approve } from '../../protocol/gate.ts'
import type { HubAccess } from '../../protocol/studio.ts'
import type { Database } from '../../storage/database.ts'
import type { FindOptions } from './found.ts'

/** A token is one word: what else is in it would not reach the hub as it is. */
const TOKEN = /^[\x21-\x7e]{1,500}$/

/**
 * Asks a hub whose token it is.
 * @returns the account's name
 * @throws LapidaryError `gated` where it is refused; `network`
 */
export async function ownerOf(
  token: string,
  endpoint: string,
  options: FindOptions = {},
): Promise<string | null> {
  const host = new URL(endpoint).host
  if (!TOKEN.test(token))
    fail(
      'gated',
      'This is no access token: it is empty, or has spaces or other letters in it.',
      hint(endpoint),
    )
  approve(endpoint)
  try {
    const about = await remoteJson(`${endpoint}/api/whoami-v2`, { ...options, token, what: host })
    const name = (about as { name?: unknown } | null)?.name
    return typeof name === 'string' ? name : null
  } catch (error) {
    const status = error instanceof LapidaryError ? error.detail?.status : null
    // A hub that knows no accounts takes any token.
    if (status === 404) return null
    if (status !== 401 && status !== 403) throw error
    return fail('gated', `${host} does not accept this token.`, hint(endpoint), {
      status,
      link: `${endpoint}/settings/tokens`,
    })
  }
}

const hint = (endpoint: string) =>
  `Make one that may read at ${endpoint}/settings/tokens, and paste it whole.`

/** The remembered token of a hub. It stays in workers. */
export async function rememberedToken(database: Database, endpoint: string): Promise<string | null> {
  return (await database.get('hubs', endpoint))?.token ?? null
}

export async function rememberedAccess(database: Database, endpoint: string): Promise<HubAccess> {
  const hub = await database.get('hubs', endpoint)
  if (!hub) return { signedIn: false, remembered: false }
  return { signedIn: true, remembered: true, ...(hub.name === undefined ? {} : { name: hub.name }) }
}
