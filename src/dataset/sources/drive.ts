import { type RemoteFile, remoteFile, remoteJson } from '../../files/remote.ts'
import { DOWNLOAD_HINT, type RemoteOptions } from '../../files/remote-client.ts'
import { shownAddress } from '../../lib/address.ts'
import { fail, LapidaryError } from '../../protocol/errors.ts'
import { approve } from '../../protocol/gate.ts'

const API = 'https://www.googleapis.com/drive/v3/files/'

export interface DriveOptions extends RemoteOptions {
  /** The person's own API key: enough for files shared with everyone. */
  key?: string | undefined
  /** For tests. */
  api?: string | undefined
}

/**
 * A file of Google Drive through its API, with the person's own key or token; a Google sheet as CSV of its first page.
 * Drive's own download addresses refuse reads from web pages.
 * @throws LapidaryError `network`, `missing_file`
 */
export async function driveFile(
  id: string,
  what: 'file' | 'sheet',
  options: DriveOptions,
): Promise<RemoteFile> {
  const { key, token } = options
  if (!key && !token)
    fail(
      'network',
      'Google Drive does not let web pages read what its share links lead to.',
      `${DOWNLOAD_HINT} Or give a Google API key of your own.`,
      { file: id },
    )
  approve(options.api ?? API)
  const address = (query: string, path = '') =>
    `${options.api ?? API}${id}${path}?${query}${key && !token ? `&key=${encodeURIComponent(key)}` : ''}&supportsAllDrives=true`
  const shared = { ...options, what: 'This file of Google Drive' }
  try {
    const about = (await remoteJson(address('fields=name,mimeType'), shared)) as {
      name?: string
      mimeType?: string
    }
    const isSheet = what === 'sheet' && /google-apps/.test(about.mimeType ?? 'google-apps')
    const file = await remoteFile(
      isSheet ? address('mimeType=text/csv', '/export') : address('alt=media'),
      shared,
    )
    return { source: file.source, name: `${about.name ?? id}${isSheet ? '.csv' : ''}` }
  } catch (error) {
    throw withoutKey(error)
  }
}

/** A key is part of the address, which must not be shown or kept. */
function withoutKey(error: unknown): unknown {
  if (!(error instanceof LapidaryError)) return error
  const { code, message, hint, detail } = error
  const url = shownAddress(String(detail?.url ?? ''))
  return new LapidaryError({ code, message, hint, detail: { ...detail, url } })
}
