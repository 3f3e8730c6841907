import { shownAddress } from '../../lib/address.ts'
import { fail } from '../../protocol/errors.ts'

/** What an address that a person pastes leads to. */
export type Address =
  | { kind: 'file'; url: string }
  | { kind: 'drive'; id: string; what: 'file' | 'sheet' }
  | { kind: 'hub'; dataset: string; config?: string; split?: string }

/**
 * Tells files from pages that stand for files: share links of Google Drive, pages of data sets and of files on the
 * Hugging Face Hub and on GitHub.
 * @throws LapidaryError `bad_data` for what is no address, or leads to a folder
 */
export function readAddress(text: string): Address {
  const url = parsed(text)
  const path = url.pathname.split('/').filter(Boolean)
  if (/^(drive|docs)\.google\.com$/.test(url.hostname)) return driveAddress(url, path)
  if (url.hostname === 'drive.usercontent.google.com') return drive(url.searchParams.get('id'), text)
  if (/^(huggingface\.co|hf\.co)$/.test(url.hostname)) return hubAddress(url, path)
  if (url.hostname === 'github.com' && path[2] === 'blob')
    return {
      kind: 'file',
      url: `https://raw.githubusercontent.com/${[...path.slice(0, 2), ...path.slice(3)].join('/')}`,
    }
  return { kind: 'file', url: url.href }
}

function parsed(text: string): URL {
  const trimmed = text.trim()
  const given = /^[a-z][a-z0-9+.-]*:/i.test(trimmed) ? trimmed : `https://${trimmed}`
  const url = URL.canParse(given) ? new URL(given) : null
  if (!url || !/^https?:$/.test(url.protocol) || !/[.:]|^localhost$/.test(url.hostname))
    fail(
      'bad_data',
      `"${shownAddress(trimmed).slice(0, 200)}" is no web address.`,
      'Paste one that begins with https://.',
      { found: shownAddress(trimmed).slice(0, 200) },
    )
  if (url.username || url.password)
    fail(
      'bad_data',
      `The address of ${url.host} holds a name or a password, with which a web page cannot ask.`,
      'Take them out of it. Give an access token beside it, or download it in a browser tab, then drop it here.',
      { url: shownAddress(trimmed) },
    )
  return url
}

function driveAddress(url: URL, path: readonly string[]): Address {
  const at = path.indexOf('d')
  if (path.includes('folders'))
    fail(
      'bad_data',
      'This Google Drive link leads to a folder.',
      'Paste the link of a file in it, or download the folder, then drop it here.',
      { url: shownAddress(url.href) },
    )
  const id = at >= 0 ? (path[at + 1] ?? null) : url.searchParams.get('id')
  return drive(id, url.href, path[0] === 'spreadsheets' ? 'sheet' : 'file')
}

function drive(id: string | null, link: string, what: 'file' | 'sheet' = 'file'): Address {
  if (id && /^[\w-]{10,}$/.test(id)) return { kind: 'drive', id, what }
  return fail(
    'bad_data',
    'This Google Drive link does not say which file it means.',
    'In Drive, choose "Share", then "Copy link".',
    {
      url: shownAddress(link),
    },
  )
}

function hubAddress(url: URL, path: readonly string[]): Address {
  const page = path.findIndex((part) => part === 'blob' || part === 'resolve' || part === 'raw')
  if (page > 0) {
    const parts = path.map((part, i) => (i === page ? 'resolve' : part))
    return { kind: 'file', url: `https://huggingface.co/${parts.join('/')}` }
  }
  if (path[0] !== 'datasets' || path.length < 2) return { kind: 'file', url: url.href }
  // `/datasets/owner/name` or, of old, `/datasets/name`; then perhaps `/viewer/config/split` or `/tree/main`.
  const end = path.findIndex((part, i) => i > 1 && /^(viewer|tree|discussions|settings)$/.test(part))
  const dataset = path.slice(1, end < 0 ? 3 : Math.min(end, 3)).join('/')
  const [config, split] = path[end] === 'viewer' ? path.slice(end + 1) : []
  return {
    kind: 'hub',
    dataset: decodeURIComponent(dataset),
    ...(config ? { config: decodeURIComponent(config) } : {}),
    ...(split ? { split: decodeURIComponent(split) } : {}),
  }
}
