import type { FetchedFile } from '../../files/chunked-fetch.ts'
import type { RemoteOptions } from '../../files/remote-client.ts'
import type { ModelAddress, ModelOrigin, RemoteModel } from '../../protocol/studio.ts'
import { findAtUrl } from './find-at-url.ts'
import { findOnHub } from './find-on-hub.ts'

export interface FindOptions
  extends Pick<RemoteOptions, 'signal' | 'fetch' | 'wait' | 'silence' | 'patience'> {
  /** Of the hub that the address is of; sent nowhere else. */
  token?: string | null | undefined
}

/** A file that a model is made of, by the name that it has in a model folder. */
export interface FoundFile extends FetchedFile {
  name: string
}

/** What an address leads to, before it is known what of it is here. */
export interface FoundModel {
  remote: Omit<RemoteModel, 'here' | 'stored'>
  files: FoundFile[]
  origin: ModelOrigin
}

/**
 * Finds the model that an address leads to: what it is, and what is to be fetched for it.
 * @throws LapidaryError as `ModelRoom.lookUp`
 */
export function findModel(address: ModelAddress, options: FindOptions = {}): Promise<FoundModel> {
  return address.kind === 'hub' ? findOnHub(address, options) : findAtUrl(address.address, options)
}
