import { fail } from '../protocol/errors.ts'
import { approve } from '../protocol/gate.ts'
import { HUB_ENDPOINT } from '../protocol/model-address.ts'
import type { HubAccess } from '../protocol/studio.ts'

/** To read what the account may read, gated models included, and nothing else. */
const SCOPES = 'openid profile gated-repos'

/**
 * As what this host is registered at the Hub: a static Space is told by its page, another host says it in its own
 * (`<meta name="huggingface-client-id" content="...">`).
 */
function clientId(): string | null {
  const { huggingface } = window as { huggingface?: { variables?: { OAUTH_CLIENT_ID?: string } } }
  const meta = document.querySelector<HTMLMetaElement>('meta[name="huggingface-client-id"]')
  return huggingface?.variables?.OAUTH_CLIENT_ID || meta?.content || null
}

/** Where a person signs in, and is led back from; null where this host is not registered at the Hub. */
export async function signInAddress(hub = HUB_ENDPOINT): Promise<string | null> {
  const id = clientId()
  if (id === null) return null
  approve(hub)
  try {
    const { oauthLoginUrl } = await import('@huggingface/hub')
    const redirectUrl = location.origin + location.pathname
    return await oauthLoginUrl({ clientId: id, scopes: SCOPES, redirectUrl, hubUrl: hub })
  } catch {
    return fail(
      'network',
      `The page of ${new URL(hub).host} on which one signs in cannot be reached.`,
      'Check the connection and try again, or paste an access token.',
    )
  }
}

/**
 * Takes what the Hub's page sends back in this page's address, which is taken out of it at once: it is good for one use.
 * @param accept takes the token
 * @returns null where nothing was sent
 */
export async function takeSignIn(
  accept: (token: string) => Promise<HubAccess>,
  hub = HUB_ENDPOINT,
): Promise<HubAccess | null> {
  const sent = new URL(location.href)
  const redirectedUrl = sent.href
  const { searchParams: query } = sent
  if (!query.has('state') || !(query.has('code') || query.has('error'))) return null
  for (const name of ['code', 'state', 'error', 'error_description']) query.delete(name)
  history.replaceState(history.state, '', sent)
  let token: string
  approve(hub)
  try {
    const { oauthHandleRedirect } = await import('@huggingface/hub')
    token = (await oauthHandleRedirect({ redirectedUrl, hubUrl: hub })).accessToken
  } catch {
    // What it says may hold the address, and with it the code.
    return fail(
      'gated',
      `Signing in at ${new URL(hub).host} did not come to its end.`,
      'Try again, or paste an access token.',
    )
  }
  return accept(token)
}
