import { fail } from '../../protocol/errors.ts'
import { blobOf } from '../../protocol/exported.ts'
import { HUB_ENDPOINT, type ModelAddress } from '../../protocol/model-address.ts'
import type { HubRoom } from '../../protocol/rooms/hub.ts'
import type { RemoteModel } from '../../protocol/studio.ts'
import type { Database, StoredModel } from '../../storage/database.ts'
import { downloadedBytes, removeDownload, sameOrigin, storedFile } from '../../storage/downloads.ts'
import { damagedSets, hasAllChunks } from '../../storage/model-copies.ts'
import { tellKept } from '../kept-news.ts'
import { infoOf, type Library } from '../library.ts'
import { ownerOf, rememberedAccess, rememberedToken } from './access.ts'
import { downloadId, downloadLock, downloadModel } from './download.ts'
import { fetchAdapter } from './fetch-adapter.ts'
import { findModel } from './find.ts'
import type { FindOptions, FoundModel } from './found.ts'
import { alone, isTaken } from './locks.ts'
import { type PushedFile, pushFiles } from './push.ts'

/**
 * @param library made where a call needs it
 * @param options of every request, for tests
 */
export function hubRoom(
  database: () => Promise<Database>,
  library: () => Library,
  options: Omit<FindOptions, 'token' | 'signal'> = {},
): HubRoom {
  const using = async (address: ModelAddress, token: string | null, signal?: AbortSignal) => ({
    ...options,
    token:
      address.kind !== 'hub'
        ? null
        : (token ?? (await rememberedToken(await database(), endpointOf(address)))),
    ...(signal ? { signal } : {}),
  })
  return {
    async lookUp(address, token, call) {
      const found = await findModel(address, await using(address, token, call?.signal))
      return described(await database(), found)
    },

    async download(address, token, call = {}) {
      const access = await using(address, token, call.signal)
      const found = await findModel(address, access)
      const db = await database()
      const { stored } = await described(db, found)
      const there = stored === null ? undefined : await db.get('models', stored)
      const damaged = there && (await damagedSets(db, there, call))
      if (there && damaged?.size === 0)
        return { ...infoOf(there), known: true, mended: false, asked: found.remote.name }
      // Other tabs list what is left of it, and whether it goes on.
      return downloadModel(db, library(), found, access, call, damaged).finally(() => tellKept('models'))
    },

    async fetchAdapter(address, token, call) {
      return fetchAdapter(address, await using(address, token, call?.signal), call)
    },

    async push(files, request, token, call) {
      const endpoint = (request.endpoint ?? HUB_ENDPOINT).replace(/\/+$/, '')
      const own = token ?? (await rememberedToken(await database(), endpoint))
      if (own === null)
        fail(
          'gated',
          `${new URL(endpoint).host} asks for an access token that may write.`,
          `Make one at ${endpoint}/settings/tokens.`,
          { link: `${endpoint}/settings/tokens` },
        )
      const blobs: PushedFile[] = []
      for (const file of files) blobs.push({ path: file.path, content: await blobOf(file) })
      return pushFiles(blobs, { ...request, endpoint }, own, call)
    },

    async unfinished() {
      const db = await database()
      const downloads = (await db.getAll('downloads')).sort((a, b) => b.created - a.created)
      return Promise.all(
        downloads.map(async (download) => ({
          id: download.id,
          address: download.address,
          name: download.name,
          done: await downloadedBytes(db, download),
          total: download.files.reduce((sum, { size }) => sum + size, 0),
          since: download.created,
          going: await isTaken(downloadLock(download.id)),
        })),
      )
    },

    async discard(id) {
      const db = await database()
      const name = (await db.get('downloads', id))?.name ?? id
      await alone(downloadLock(id), name, () => removeDownload(db, id))
      tellKept('models')
    },

    async hubAccess(endpoint) {
      return rememberedAccess(await database(), endpoint)
    },

    async signIn(token, { remember, endpoint }, call) {
      const name = await ownerOf(token, endpoint, {
        ...options,
        ...(call?.signal ? { signal: call.signal } : {}),
      })
      const account = name === null ? {} : { name }
      const db = await database()
      // One that is for this page alone takes the place of one that was remembered: it was given later.
      if (remember) await db.put('hubs', { endpoint, token, ...account })
      else await db.delete('hubs', endpoint)
      return { signedIn: true, remembered: remember, ...account }
    },

    async signOut(endpoint) {
      await (await database()).delete('hubs', endpoint)
    },
  }
}

const endpointOf = ({ endpoint = HUB_ENDPOINT }: { endpoint?: string }) => endpoint

/** What is found, with what of it is here. */
async function described(database: Database, found: FoundModel): Promise<RemoteModel> {
  const download = await database.get('downloads', await downloadId(found))
  let here = 0
  for (const file of found.files) if (await storedFile(database, file)) here += file.size
  // Files that a model has are not counted again where the download has them too.
  const begun = download
    ? await downloadedBytes(database, {
        ...download,
        files: download.files.filter(({ ref }) => !ref),
      })
    : 0
  const models = await database.getAll('models')
  const same = models.find((model) => isFound(model, found))
  // One that has lost a part is offered to be downloaded again, as far as it is not here.
  const whole = same !== undefined && (await hasAllChunks(database, same))
  return {
    ...found.remote,
    here: whole ? found.remote.bytes : Math.min(found.remote.bytes, here + begun),
    stored: whole ? same.id : null,
  }
}

/** Whether a stored model is of the very files that are found: by what they are, and where that is not told by where they come from. */
function isFound({ origin, files, made }: StoredModel, found: FoundModel): boolean {
  if (!made && Object.keys(files).length !== found.files.length) return false
  return found.files.every(({ name, size, sha256, git }) => {
    // A file that was converted may lie elsewhere under another name.
    const own =
      made && sha256 !== null
        ? Object.values(made).find(({ hash }) => hash === sha256)
        : (made ?? files)[name]
    if (own?.size !== size) return false
    if (sha256 !== null) return own.hash === sha256
    const known = 'git' in own ? own.git : undefined
    return git !== null && known !== undefined ? known === git : sameOrigin(origin, found.origin)
  })
}
