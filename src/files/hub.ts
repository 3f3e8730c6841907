import { remoteList } from './remote.ts'
import type { RemoteOptions } from './remote-client.ts'

/** A file of a repository on the Hugging Face Hub. */
export interface RepositoryFile {
  /** Path in the repository, with `/`. */
  path: string
  /** Bytes. */
  size: number
  /** SHA-256, hex: of large files the Hub tells it. */
  sha256?: string
  /** What git calls it, hex: of small files. */
  git?: string
}

/**
 * All files of a repository at a revision.
 * @param repository its path, such as `datasets/owner/name`; models have no word before
 * @param hub address of the Hub
 * @throws LapidaryError `network`, `missing_file` where the repository cannot be seen
 */
export async function repositoryFiles(
  repository: string,
  revision: string,
  hub: string,
  options: RemoteOptions,
): Promise<RepositoryFile[]> {
  const kind = repository.startsWith('datasets/') ? '' : 'models/'
  const tree = `${hub}/api/${kind}${encodedPath(repository)}/tree/${encodeURIComponent(revision)}`
  return (await remoteList(`${tree}?recursive=true`, options)).flatMap(fileOf)
}

/** The same files as what is told of a repository lists them, which some hubs show to more people than the tree. */
export function siblingFiles(info: { siblings?: unknown }): RepositoryFile[] {
  const siblings = Array.isArray(info.siblings) ? (info.siblings as Record<string, unknown>[]) : []
  return siblings.flatMap(({ rfilename, size, blobId, lfs }) => {
    const large = lfs as { size?: unknown; sha256?: unknown } | undefined
    const own = large && { size: large.size, oid: large.sha256 }
    return fileOf({ type: 'file', path: rfilename, size, oid: blobId, ...(own ? { lfs: own } : {}) })
  })
}

/** Where a file of a repository lies. */
export function repositoryUrl(hub: string, repository: string, revision: string, path: string): string {
  return `${hub}/${encodedPath(repository)}/resolve/${encodeURIComponent(revision)}/${encodedPath(path)}`
}

export function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** An entry of the tree; of large files it tells both the size of what stands for them and their own. */
function fileOf(entry: unknown): RepositoryFile[] {
  const { type, path, size, oid, lfs } = entry as {
    type?: unknown
    path?: unknown
    size?: unknown
    oid?: unknown
    lfs?: { size?: unknown; oid?: unknown }
  }
  if (type !== 'file' || typeof path !== 'string') return []
  const sha256 = String(lfs?.oid ?? '').replace(/^sha256:/, '')
  return [
    {
      path,
      size: Number(lfs?.size ?? size ?? 0),
      ...(/^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}),
      ...(!lfs && typeof oid === 'string' && /^[0-9a-f]{40}$/.test(oid) ? { git: oid } : {}),
    },
  ]
}
