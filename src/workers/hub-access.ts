import { HUB_ENDPOINT, type ModelAddress } from '../protocol/model-address.ts'
import type { HubRoom } from '../protocol/rooms/hub.ts'
import type { HubAccess, ModelRoom } from '../protocol/studio.ts'

type Reaching = Pick<
  ModelRoom,
  | 'lookUp'
  | 'download'
  | 'fetchAdapter'
  | 'push'
  | 'unfinished'
  | 'discard'
  | 'storage'
  | 'keep'
  | 'hubAccess'
  | 'signIn'
  | 'signInPage'
  | 'takeSignIn'
  | 'signOut'
>

/**
 * The page's side of reaching for models. It holds tokens that are not to be remembered, in this memory alone: whoever asks is
 * never given one back.
 * @param keepStorage asks once for storage that lasts
 */
export function reaching(hub: HubRoom, keepStorage: () => void): Reaching {
  const session = new Map<string, { token: string; access: HubAccess }>()
  const tokenFor = (address: ModelAddress) =>
    address.kind === 'hub' ? (session.get(hubOf(address.endpoint))?.token ?? null) : null
  const signIn: ModelRoom['signIn'] = async (token, options = {}, call = undefined) => {
    const [remember, endpoint] = [options.remember ?? false, hubOf(options.endpoint)]
    const access = await hub.signIn(token.trim(), { remember, endpoint }, call)
    if (remember) session.delete(endpoint)
    else session.set(endpoint, { token: token.trim(), access })
    return access
  }
  return {
    lookUp: (address, call) => hub.lookUp(address, tokenFor(address), call),
    download(address, call) {
      keepStorage()
      return hub.download(address, tokenFor(address), call)
    },
    fetchAdapter: (address, call) => hub.fetchAdapter(address, tokenFor(address), call),
    push: (files, request, call) =>
      hub.push(files, request, session.get(hubOf(request.endpoint))?.token ?? null, call),
    unfinished: (call) => hub.unfinished(call),
    discard: (id, call) => hub.discard(id, call),
    // A page can ask for these and a worker cannot, everywhere.
    async storage() {
      const manager = globalThis.navigator?.storage
      const estimate = await manager?.estimate?.()
      const persisted = (await manager?.persisted?.()) ?? false
      return { usage: estimate?.usage ?? null, quota: estimate?.quota ?? null, persisted }
    },
    async keep() {
      return (await globalThis.navigator?.storage?.persist?.()) ?? false
    },
    hubAccess: async (endpoint, call) =>
      session.get(hubOf(endpoint))?.access ?? hub.hubAccess(hubOf(endpoint), call),
    signIn,
    signInPage: async () => (await import('./hub-oauth.ts')).signInAddress(),
    async takeSignIn(call) {
      // Asked on every visit: nothing is loaded where nothing was sent.
      if (!/[?&]state=/.test(globalThis.location?.search ?? '')) return null
      const { takeSignIn } = await import('./hub-oauth.ts')
      return takeSignIn((token) => signIn(token, {}, call))
    },
    async signOut(endpoint, call) {
      session.delete(hubOf(endpoint))
      await hub.signOut(hubOf(endpoint), call)
    },
  }
}

/** A hub is told from another by where it is. */
function hubOf(endpoint = HUB_ENDPOINT): string {
  return endpoint.replace(/\/+$/, '')
}
