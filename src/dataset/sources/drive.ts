import { DROP_IT, fetchRemote, type RemoteFile, type RemoteOptions } from '../../files/remote.ts'
import { fail } from '../../protocol/errors.ts'
import { getJson } from './json.ts'

export const DRIVE_API = 'https://www.googleapis.com/drive/v3'

export interface DriveLink {
  id: string
  kind: 'file' | 'sheet' | 'folder'
  /** Older shared files need it beside their id. */
  resourceKey: string | null
}

/** How a person may read Drive: an API key of their own for what is shared with everybody, or an OAuth token. */
export interface DriveAccess {
  key?: string | undefined
  token?: string | undefined
}

/** A Google Drive share link in any of its forms, null for other addresses. */
export function driveLink(address: string): DriveLink | null {
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  const { hostname, pathname, searchParams } = url
  if (!/^(drive|docs|drive\.usercontent)\.google\.com$/.test(hostname)) return null
  const resourceKey = searchParams.get('resourcekey')
  const sheet = /^\/spreadsheets\/(?:u\/\d+\/)?d\/([\w-]+)/.exec(pathname)?.[1]
  if (sheet) return { id: sheet, kind: 'sheet', resourceKey }
  const folder = /\/folders\/([\w-]+)/.exec(pathname)?.[1]
  if (folder) return { id: folder, kind: 'folder', resourceKey }
  const id = /\/file\/(?:u\/\d+\/)?d\/([\w-]+)/.exec(pathname)?.[1] ?? searchParams.get('id')
  return id ? { id, kind: 'file', resourceKey } : null
}

/**
 * A file of Google Drive through its API: Drive's own downloads refuse pages of other sites. A Google Sheet comes as CSV of
 * its first sheet.
 * @throws LapidaryError `network` without a key or token, and where these may not read it; `unsupported_format`.
 */
export async function openDrive(
  link: DriveLink,
  access: DriveAccess,
  options: RemoteOptions,
  api = DRIVE_API,
): Promise<RemoteFile> {
  if (link.kind === 'folder')
    fail(
      'unsupported_format',
      'This is a link to a Google Drive folder.',
      `Share one file of it, or: ${DROP_IT}`,
    )
  if (!access.key && !access.token)
    fail(
      'network',
      'Google Drive does not let other pages read its files.',
      `${DROP_IT} Or give an API key or token of your own for the Drive API.`,
      { host: 'drive.google.com' },
    )
  const address = (path: string, query: Record<string, string>) => {
    const url = new URL(`${api}/files/${encodeURIComponent(link.id)}${path}`)
    for (const [name, value] of Object.entries({ ...query, supportsAllDrives: 'true' }))
      url.searchParams.set(name, value)
    if (access.key && !access.token) url.searchParams.set('key', access.key)
    return url.href
  }
  const headers: Record<string, string> = {
    ...(access.token ? { Authorization: `Bearer ${access.token}` } : {}),
    ...(link.resourceKey ? { 'X-Goog-Drive-Resource-Keys': `${link.id}/${link.resourceKey}` } : {}),
  }
  const about = await getJson(address('', { fields: 'name,mimeType,size' }), { ...options, headers })
  const { name, mimeType } = about as { name?: unknown; mimeType?: unknown }
  const title = typeof name === 'string' && name ? name : link.id
  if (mimeType === 'application/vnd.google-apps.spreadsheet')
    return fetchRemote(address('/export', { mimeType: 'text/csv' }), {
      ...options,
      headers,
      name: `${title}.csv`,
    })
  if (typeof mimeType === 'string' && mimeType.startsWith('application/vnd.google-apps.'))
    fail(
      'unsupported_format',
      `"${title}" is a Google ${mimeType.replace('application/vnd.google-apps.', '')}, not a data file.`,
      'Export it as CSV, then drop it here.',
      { mimeType },
    )
  return fetchRemote(address('', { alt: 'media' }), { ...options, headers, name: title })
}
