import { fetchRemote, type RemoteFile, type RemoteOptions, rangedRemote } from '../../files/remote.ts'
import { fail } from '../../protocol/errors.ts'
import { DRIVE_API, type DriveAccess, driveLink, openDrive } from './drive.ts'

/**
 * The file that a pasted address means: Google Drive links through the Drive API, pages that show a file (GitHub, Hugging
 * Face) as the file itself, any other address as it is. A token goes to the address it was given for only.
 * @throws LapidaryError `bad_config` for what is no address; as `fetchRemote` and `openDrive`.
 */
export async function openAddress(
  address: string,
  access: DriveAccess,
  options: RemoteOptions,
  driveApi = DRIVE_API,
): Promise<RemoteFile> {
  const text = address.trim()
  const link = driveLink(text)
  if (link) return openDrive(link, access, options, driveApi)
  const url = fileAddress(text)
  const headers = access.token ? { ...options.headers, Authorization: `Bearer ${access.token}` } : null
  const open = /\.parquet$/i.test(url.pathname) ? rangedRemote : fetchRemote
  return open(url.href, headers ? { ...options, headers } : options)
}

/** Name of a Hugging Face data set whose page an address is, null for other addresses. */
export function hubDatasetOf(address: string): string | null {
  const url = URL.canParse(address.trim()) ? new URL(address.trim()) : null
  if (url?.hostname !== 'huggingface.co' && url?.hostname !== 'hf.co') return null
  const rest = /^\/datasets\/([\w.-]+(?:\/[\w.-]+)?)(?:\/(?:viewer|tree)(?:\/.*)?)?\/?$/.exec(url.pathname)
  return rest?.[1] ?? null
}

function fileAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    fail('bad_config', 'This is no web address.', 'Paste one that begins with https://.', { field: 'url' })
  if (url.hostname === 'github.com') {
    const [, path] = /^(\/[^/]+\/[^/]+)\/blob\/.+/.exec(url.pathname) ?? []
    if (path) return new URL(url.pathname.replace('/blob/', '/'), 'https://raw.githubusercontent.com')
  }
  if (url.hostname === 'huggingface.co' || url.hostname === 'hf.co') {
    url.hostname = 'huggingface.co'
    url.pathname = url.pathname.replace(/^(\/datasets\/[^/]+\/[^/]+)\/blob\//, '$1/resolve/')
  }
  return url
}
