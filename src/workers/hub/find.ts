import { encodedPath } from '../../files/hub.ts'
import { remoteJson } from '../../files/remote.ts'
import { LapidaryError } from '../../protocol/errors.ts'
import { approve } from '../../protocol/gate.ts'
import { HUB_ENDPOINT, type HubModelAddress } from '../../protocol/model-address.ts'
import { perhapsHub } from '../../protocol/read-address.ts'
import type { ModelAddress } from '../../protocol/studio.ts'
import { findAtUrl } from './find-at-url.ts'
import { findOnHub } from './find-on-hub.ts'
import type { FindOptions, FoundModel } from './found.ts'
import { remote } from './remote-config.ts'

/**
 * Finds the model that an address leads to: what it is, and what is to be fetched for it.
 * @throws LapidaryError as `ModelRoom.lookUp`
 */
export function findModel(address: ModelAddress, options: FindOptions = {}): Promise<FoundModel> {
  return wherever(
    address,
    options,
    (hub) => findOnHub(hub, options),
    (url) => findAtUrl(url, options),
  )
}

/** What lies at an address: on a hub, or in a folder, which looks like the page of a repository at a hub that nobody told of. */
export async function wherever<Kind>(
  address: ModelAddress,
  options: FindOptions,
  onHub: (address: HubModelAddress) => Promise<Kind>,
  atUrl: (address: string) => Promise<Kind>,
): Promise<Kind> {
  approve(address.kind === 'hub' ? (address.endpoint ?? HUB_ENDPOINT) : address.address)
  if (address.kind === 'hub') return onHub(address)
  try {
    return await atUrl(address.address)
  } catch (error) {
    const missing = error instanceof LapidaryError && /^(missing_file|network)$/.test(error.code)
    const hub = missing ? perhapsHub(address) : null
    if (hub && (await isThere(hub, options))) return onHub(hub)
    throw error
  }
}

/** Whether a server speaks the Hub's protocol, and knows a repository. */
async function isThere({ endpoint, repo }: HubModelAddress, options: FindOptions): Promise<boolean> {
  try {
    const info = await remoteJson(`${endpoint}/api/models/${encodedPath(repo)}`, remote(options))
    return typeof (info as { sha?: unknown } | null)?.sha === 'string'
  } catch {
    options.signal?.throwIfAborted()
    return false
  }
}
