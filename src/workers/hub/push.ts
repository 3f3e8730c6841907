import { remoteJson } from '../../files/remote.ts'
import { counted } from '../../lib/counted.ts'
import { GitHash } from '../../lib/git-hash.ts'
import { Sha256 } from '../../lib/hash.ts'
import { fail, LapidaryError } from '../../protocol/errors.ts'
import { isRepository } from '../../protocol/read-address.ts'
import { pathOnHub, type RepositoryKind } from '../../protocol/rooms/push.ts'
import type { Call, Pushed, PushRequest } from '../../protocol/studio.ts'
import { ownerOf } from './access.ts'

/** Files of an export, as blobs. */
export interface PushedFile {
  path: string
  content: Blob
}

/** What the Hub itself puts into a repository when it makes one. */
const OF_THE_HUB = { model: new Set(['.gitattributes']), space: new Set(['.gitattributes', 'README.md']) }
const PIECE_BYTES = 4 * 2 ** 20

/**
 * Makes a repository for a model, or a Space, and puts files into it, all in one commit: what is broken off leaves it empty, and what of large
 * files had come is not sent again. `@huggingface/hub` speaks the protocol, large files by LFS.
 * @param endpoint without a slash at its end
 * @throws LapidaryError `bad_config` for a name that is none, `gated` where the token is refused or may not write, `output_exists` where
 * the name is taken, `network`
 */
export async function pushFiles(
  files: readonly PushedFile[],
  { repo, kind = 'model', visibility, endpoint, title }: PushRequest & { endpoint: string },
  token: string,
  call: Call = {},
): Promise<Pushed> {
  const { signal } = call
  const host = new URL(endpoint).host
  if (!isRepository(repo))
    fail(
      'bad_config',
      `"${repo}" is no name of a repository.`,
      'Give OWNER/NAME, such as your-account/my-gemma.',
      {
        found: repo,
      },
    )
  await ownerOf(token, endpoint, signal ? { signal } : {}).catch((error: unknown) => {
    throw error instanceof LapidaryError ? ofPush(error, host, endpoint) : error
  })
  const { createRepo, uploadFilesWithProgress } = await import('@huggingface/hub')
  const place = { type: kind, name: repo }
  const address = `${endpoint}/${pathOnHub(repo, kind)}`
  const access = { accessToken: token, hubUrl: endpoint }
  let committing = false
  const failed = (error: unknown) => told(error, { repo, address }, host, endpoint, committing, signal)
  const made = await createRepo({
    ...{ repo: place, visibility, ...access },
    ...(kind === 'space' && { sdk: 'gradio' as const }),
  }).then(
    () => true,
    (error: unknown) => (statusOf(error) === 409 ? false : failed(error)),
  )
  const asked = { repo, kind, endpoint, token }
  const before = await stateOf(asked, signal)
  const done = (commit: string): Pushed => ({ url: address, commit })
  if (!made) {
    if (await holds(before, files, OF_THE_HUB[kind])) return done(before.commit)
    const found = [...before.files.keys()].filter((path) => !OF_THE_HUB[kind].has(path)).length
    if (found > 0)
      fail(
        'output_exists',
        `${repo} is there already on ${host}, with ${counted(found, 'file', 'files')}.`,
        'Choose another name: what is there is never written over.',
        { repo, found },
      )
    // Of a push that was broken off. Whoever made it private, or not, is not overruled.
    if (before.private !== (visibility === 'private'))
      fail(
        'output_exists',
        `${repo} is there already on ${host}, empty, and ${before.private ? 'private' : 'public'}.`,
        `Choose another name, or push it as ${before.private ? 'private' : 'public'}.`,
        { repo },
      )
  }
  const total = files.reduce((sum, { content }) => sum + content.size, 0)
  const shares = new Map<string, number>()
  try {
    const work = uploadFilesWithProgress({
      repo: place,
      files: [...files],
      commitTitle: title,
      parentCommit: before.commit,
      // One way that every hub knows.
      useXet: false,
      ...access,
      ...(signal ? { abortSignal: signal } : {}),
    })
    for (;;) {
      const next = await work.next()
      if (next.done) return done(next.value!.commit.oid)
      const event = next.value
      if (event.event === 'phase') committing = event.phase === 'committing'
      else {
        shares.set(`${event.state} ${event.path}`, event.progress)
        const size = (path: string) => files.find((file) => file.path === path)?.content.size ?? 0
        const bytes = files.reduce(
          (sum, { path }) => sum + size(path) * (shares.get(`uploading ${path}`) ?? 0),
          0,
        )
        call.onProgress?.({
          share: total === 0 ? null : bytes / total,
          note: `${event.state === 'hashing' ? 'Reading' : 'Sending'} ${event.path}`,
          bytes: { done: Math.round(bytes), total },
        })
      }
    }
  } catch (error) {
    // The answer to the last request may be lost, and the commit be there.
    if (committing && !signal?.aborted) {
      const after = await stateOf(asked).catch(() => null)
      if (after && (await holds(after, files, OF_THE_HUB[kind]))) return done(after.commit)
    }
    return failed(error)
  }
}

/** What reading from a hub may end with, where something was to be written: the way out is another. */
function ofPush(error: LapidaryError, host: string, endpoint: string): LapidaryError {
  const { code, message, detail } = error.toFailure()
  if (code === 'gated')
    return new LapidaryError(
      { code, message, hint: mayWrite(endpoint), ...(detail && { detail }) },
      { cause: error },
    )
  // Browsers do not say which of the two it was.
  if (code === 'network' && detail?.status === undefined && globalThis.navigator?.onLine !== false)
    return new LapidaryError(
      {
        code,
        message: `${host} cannot be reached from here. Nothing was sent.`,
        hint: 'Try again later, or take the files and upload them there.',
        ...(detail && { detail }),
      },
      { cause: error },
    )
  return error
}

const mayWrite = (endpoint: string) =>
  `Make one that may write at ${endpoint}/settings/tokens, and paste it whole.`

interface RepositoryState {
  commit: string
  private: boolean
  files: ReadonlyMap<string, { size: number; sha256: string | null; git: string | null }>
}

async function stateOf(
  { repo, kind, endpoint, token }: { repo: string; kind: RepositoryKind; endpoint: string; token: string },
  signal?: AbortSignal,
): Promise<RepositoryState> {
  const about = (await remoteJson(`${endpoint}/api/${kind}s/${repo}/revision/main?blobs=true`, {
    token,
    what: repo,
    ...(signal ? { signal } : {}),
  })) as {
    sha: string
    private?: boolean
    siblings?: { rfilename: string; size?: number; blobId?: string; lfs?: { sha256: string } }[]
  }
  return {
    commit: about.sha,
    private: about.private === true,
    files: new Map(
      (about.siblings ?? []).map(({ rfilename, size, blobId, lfs }) => [
        rfilename,
        { size: size ?? -1, sha256: lfs?.sha256 ?? null, git: lfs ? null : (blobId ?? null) },
      ]),
    ),
  }
}

/** Whether it has these files and no others, byte for byte. */
async function holds(
  { files }: RepositoryState,
  wanted: readonly PushedFile[],
  own: ReadonlySet<string>,
): Promise<boolean> {
  const paths = new Set([...own, ...wanted.map(({ path }) => path)])
  if ([...files.keys()].some((path) => !paths.has(path))) return false
  for (const { path, content } of wanted) {
    const found = files.get(path)
    if (found?.size !== content.size) return false
    if (found.sha256 !== null && found.sha256 !== (await hashed(new Sha256(), content))) return false
    if (found.git !== null && found.git !== (await hashed(new GitHash(content.size), content))) return false
    if (found.sha256 === null && found.git === null) return false
  }
  return true
}

async function hashed(hash: Sha256 | GitHash, blob: Blob): Promise<string> {
  for (let at = 0; at < blob.size; at += PIECE_BYTES)
    hash.update(new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer()))
  return hash.hex()
}

const statusOf = (error: unknown) => (error as { statusCode?: unknown } | null)?.statusCode

/** What the client throws, by name. Its own messages may hold addresses, of parts to be sent among them. */
function told(
  error: unknown,
  { repo, address }: { repo: string; address: string },
  host: string,
  endpoint: string,
  committing: boolean,
  signal: AbortSignal | undefined,
): never {
  if (error instanceof LapidaryError) throw error
  if (signal?.aborted) throw signal.reason
  const status = statusOf(error)
  const link = `${endpoint}/settings/tokens`
  const hint = mayWrite(endpoint)
  if (status === 401) fail('gated', `${host} does not accept this token.`, hint, { status, link })
  if (status === 403)
    fail(
      'gated',
      `This token may not write to ${repo} on ${host}.`,
      `Choose a name of your own account, or: ${hint}`,
      {
        status,
        link,
        repo,
      },
    )
  if (error instanceof TypeError && error.message.includes("'hf_'"))
    fail('gated', `${host} takes tokens that begin with hf_; this one does not.`, hint, { link })
  return fail(
    'network',
    typeof status === 'number'
      ? `${host} answered with status ${status} while ${repo} was being pushed.`
      : `The connection to ${host} broke while ${repo} was being pushed.`,
    committing
      ? `Look at ${address}: it has all files or none. Where none, push again.`
      : 'Nothing of it is to be seen there yet. Push again: large files that had come are not sent twice.',
    { repo, ...(typeof status === 'number' ? { status } : {}) },
  )
}
