import {
  encodedPath,
  type RepositoryFile,
  repositoryFiles,
  repositoryUrl,
  siblingFiles,
} from '../../files/hub.ts'
import { remoteJson } from '../../files/remote.ts'
import { LapidaryError } from '../../protocol/errors.ts'
import { HUB_ENDPOINT, type HubModelAddress } from '../../protocol/model-address.ts'
import type { ModelLicence } from '../../protocol/studio.ts'
import type { FindOptions, Found, FoundFile } from './found.ts'
import { licenceOf } from './licence.ts'
import { remote } from './remote-config.ts'

/** What of the Hub's answer about a repository is used; any of it may be missing at a hub of another kind. */
export interface Info {
  sha?: unknown
  gated?: unknown
  cardData?: unknown
  siblings?: unknown
  safetensors?: { total?: unknown }
  gguf?: { total?: unknown }
}

/** A repository of models at a hub, at one commit. */
export interface Repository {
  repo: string
  endpoint: string
  commit: string
  /** What it is called with the branch that was asked for. */
  name: string
  info: Info
  licence: ModelLicence | null
  gated: boolean
  files: RepositoryFile[]
  /** @param name that the file is to have here */
  file(file: RepositoryFile, name: string): FoundFile
  /** Its address, with the commit. */
  address: HubModelAddress
}

/** @throws LapidaryError `missing_file` where there is none that can be seen, `gated`, `network` */
export async function openRepository(address: HubModelAddress, options: FindOptions): Promise<Repository> {
  const { repo, revision = 'main', endpoint = HUB_ENDPOINT } = address
  const info = await about(repo, revision, endpoint, options)
  const commit = typeof info.sha === 'string' ? info.sha : revision
  const licence = licenceOf(info.cardData)
  const gated = info.gated === true || typeof info.gated === 'string'
  const files = await repositoryFiles(repo, commit, endpoint, { ...remote(options), what: repo }).catch(
    (error: unknown) => {
      const siblings = gated && isRefusal(error) ? siblingFiles(info) : []
      return siblings.length > 0 ? siblings : gatedError(error, { repo, endpoint, gated, licence, options })
    },
  )
  const branch = revision === 'main' || /^[0-9a-f]{40}$/.test(revision) ? '' : `@${revision}`
  return {
    repo,
    endpoint,
    commit,
    name: repo + branch,
    info,
    licence,
    gated,
    files,
    file: ({ path, size, sha256, git }, name) => ({
      name,
      url: repositoryUrl(endpoint, repo, commit, path),
      what: `${path} of ${repo}`,
      size,
      sha256: sha256 ?? null,
      git: git ?? null,
      version: null,
    }),
    address: { kind: 'hub', repo, revision: commit, ...(endpoint === HUB_ENDPOINT ? {} : { endpoint }) },
  }
}

async function about(repo: string, revision: string, endpoint: string, options: FindOptions): Promise<Info> {
  const url = `${endpoint}/api/models/${encodedPath(repo)}/revision/${encodeURIComponent(revision)}?blobs=true`
  try {
    const info = await remoteJson(url, { ...remote(options), what: repo })
    return typeof info === 'object' && info !== null ? info : {}
  } catch (error) {
    throw unseen(error, repo, revision, endpoint, options)
  }
}

export const isRefusal = (error: unknown) =>
  error instanceof LapidaryError && (error.detail?.status === 401 || error.detail?.status === 403)

/** Hubs tell the same of what does not exist and of what they may not show. */
function unseen(
  error: unknown,
  repo: string,
  revision: string,
  endpoint: string,
  { token }: FindOptions,
): unknown {
  if (!(error instanceof LapidaryError)) return error
  const { status } = error.detail ?? {}
  if (status !== 404 && !isRefusal(error)) return error
  const at = revision === 'main' ? '' : `, or no revision ${revision} of it`
  if (isRefusal(error) && token)
    return new LapidaryError({
      code: 'gated',
      message: `${hostOf(endpoint)} does not accept this token for ${repo} (status ${status}).`,
      hint: `Check the name, that the token is not expired, and that it may read this; or sign out, where the model is for everyone.`,
      detail: { repo, status: status ?? null, link: `${endpoint}/settings/tokens` },
    })
  return new LapidaryError({
    code: 'missing_file',
    message: `${hostOf(endpoint)} has no model ${repo}${at}${token ? '' : ', or it is private'}.`,
    hint: token
      ? 'Check the name. A private one is shown only to tokens that may read it.'
      : 'Check the name. For a private one, sign in with a token that may read it.',
    detail: { repo, revision, status: status ?? null },
  })
}

export interface GatedContext {
  repo: string
  endpoint: string
  gated: boolean
  licence: ModelLicence | null
  options: Pick<FindOptions, 'token'>
}

/** A refusal of a repository's files, as what it means. @throws always */
export function gatedError(error: unknown, context: GatedContext): never {
  if (!isRefusal(error)) throw error
  const { repo, endpoint, gated, licence, options } = context
  const { status } = (error as LapidaryError).detail ?? {}
  const page = `${endpoint}/${encodedPath(repo)}`
  const terms = licence ? `its licence (${licence.name})` : 'its terms'
  const detail = {
    repo,
    status: status ?? null,
    link: page,
    licence: licence?.name ?? null,
    terms: licence?.link ?? null,
    token: Boolean(options.token),
  }
  if (!gated)
    throw new LapidaryError({
      code: 'gated',
      message: options.token
        ? `${repo} does not accept this token (status ${status}).`
        : `${repo} is only for those who are signed in (status ${status}).`,
      hint: options.token
        ? 'Check that the token is not expired and may read this.'
        : 'Sign in with a token that may read it.',
      detail,
    })
  throw new LapidaryError({
    code: 'gated',
    message: options.token
      ? `${repo} is given only to accounts that have accepted ${terms}; this token's has not, or may not read it.`
      : `${repo} is given only to accounts that have accepted ${terms}.`,
    hint: options.token
      ? `Accept it at ${page}; the token must be allowed to read gated repositories. Then try again.`
      : `Accept it at ${page}, then sign in with a token of that account; or take a copy that needs no account.`,
    detail,
  })
}

/** What a download needs to explain a refusal. */
export function gatedContext({ remote, origin }: Found) {
  return origin.kind !== 'hub'
    ? null
    : { repo: origin.repo, endpoint: origin.endpoint, gated: remote.gated, licence: remote.licence }
}

const hostOf = (endpoint: string) => new URL(endpoint).host
