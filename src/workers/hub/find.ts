import { approve } from '../../protocol/gate.ts'
import { HUB_ENDPOINT } from '../../protocol/model-address.ts'
import type { ModelAddress } from '../../protocol/studio.ts'
import { findAtUrl } from './find-at-url.ts'
import { findOnHub } from './find-on-hub.ts'
import type { FindOptions, FoundModel } from './found.ts'

/**
 * Finds the model that an address leads to: what it is, and what is to be fetched for it.
 * @throws LapidaryError as `ModelRoom.lookUp`
 */
export function findModel(address: ModelAddress, options: FindOptions = {}): Promise<FoundModel> {
  approve(address.kind === 'hub' ? (address.endpoint ?? HUB_ENDPOINT) : address.address)
  return address.kind === 'hub' ? findOnHub(address, options) : findAtUrl(address.address, options)
}
