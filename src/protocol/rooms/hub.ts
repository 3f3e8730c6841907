import type { ModelAddress } from '../model-address.ts'
import type { Call } from './call.ts'
import type { ExportedFile } from './exports.ts'
import type { HubAccess, RemoteAdapter, RemoteModel, Unfinished } from './model-sources.ts'
import type { AddedModel } from './models.ts'
import type { Pushed, PushRequest } from './push.ts'

/**
 * ModelRoom's part that reaches for models, as its worker has it. The worker is thrown away between calls: the page's side
 * keeps the token of this page and gives it along; null: the remembered one, where there is one.
 */
export interface HubRoom {
  lookUp(address: ModelAddress, token: string | null, call?: Call): Promise<RemoteModel>
  download(address: ModelAddress, token: string | null, call?: Call): Promise<AddedModel>
  fetchAdapter(address: ModelAddress, token: string | null, call?: Call): Promise<RemoteAdapter>
  push(files: ExportedFile[], request: PushRequest, token: string | null, call?: Call): Promise<Pushed>
  unfinished(call?: Call): Promise<Unfinished[]>
  discard(id: string, call?: Call): Promise<void>
  /** Of the remembered token. */
  hubAccess(endpoint: string, call?: Call): Promise<HubAccess>
  /** Asks the hub whose token it is, and remembers it where that is wanted. @returns the account */
  signIn(token: string, options: { remember: boolean; endpoint: string }, call?: Call): Promise<HubAccess>
  signOut(endpoint: string, call?: Call): Promise<void>
}
