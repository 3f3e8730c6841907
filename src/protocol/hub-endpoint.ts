import { fail } from './errors.ts'
import { HUB_ENDPOINT } from './model-address.ts'
import { pageMayAsk } from './policy.ts'
import { readUrl } from './read-address.ts'

/**
 * Reads the address of a hub as a person types it; without a scheme it is `https`.
 * @param asks where requests come from: a page, which its policy holds back, or a command
 * @returns origin and path, without a slash at the end; `HUB_ENDPOINT` for an empty text
 * @throws LapidaryError `bad_config` for what is none, or cannot be asked from there
 */
export function parseHubEndpoint(text: string, asks: 'page' | 'command'): string {
  const trimmed = text.trim()
  if (trimmed === '') return HUB_ENDPOINT
  const url = readUrl(trimmed)
  // What may be a key is not shown.
  const shown = trimmed
    .replace(/[?#].*$/s, '')
    .replace(/[^/]*@/, '')
    .slice(0, 200)
  if (!url || url.search || url.hash || url.username || url.password)
    return fail(
      'bad_config',
      `"${shown}" is no address of a hub.`,
      'Give https:// and its server, such as https://huggingface.co, without a password and without ? or #.',
    )
  if (asks === 'page' && !pageMayAsk(url))
    return fail(
      'bad_config',
      `A page cannot ask ${url.host} by http://: it reaches other machines by https:// alone.`,
      'Give one that begins with https://, or of a server on this machine.',
    )
  return /^(www\.)?(huggingface\.co|hf\.co)$/.test(url.host)
    ? HUB_ENDPOINT
    : url.origin + url.pathname.replace(/\/+$/, '')
}
