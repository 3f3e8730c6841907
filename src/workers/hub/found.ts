import type { FetchedFile } from '../../files/chunked-fetch.ts'
import type { RemoteOptions } from '../../files/remote-client.ts'
import type { ModelOrigin, RemoteModel } from '../../protocol/studio.ts'

export interface FindOptions
  extends Pick<RemoteOptions, 'signal' | 'fetch' | 'wait' | 'silence' | 'patience'> {
  /** Of the hub that the address is of; sent nowhere else. */
  token?: string | null | undefined
}

/** A file that a model is made of, by the name that it has in a model folder. */
export interface FoundFile extends FetchedFile {
  name: string
}

/** What an address leads to. */
export interface Found {
  remote: Pick<RemoteModel, 'address' | 'name' | 'licence' | 'gated'>
  files: FoundFile[]
  origin: ModelOrigin
}

/** A model, before it is known what of it is here. */
export interface FoundModel extends Found {
  remote: Omit<RemoteModel, 'here' | 'stored'>
}
