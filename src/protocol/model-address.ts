import { fail } from './errors.ts'

/** A model on the Hugging Face Hub, or on a server with its protocol. */
export interface HubModelAddress {
  kind: 'hub'
  /** `owner/name`. */
  repo: string
  /** Branch, tag or commit; `main` where it is not given. */
  revision?: string
  /** Where the hub is; `HUB_ENDPOINT` where it is not given. No slash at its end. */
  endpoint?: string
  /** Of a repository with several: path of the `.gguf` (of a split one the first part). */
  file?: string
}

/** Where a model is to be had from. */
export type ModelAddress =
  | HubModelAddress
  /** Of a `.gguf` file, or of a folder with config.json, with a slash at its end. May hold a query, which is never shown or kept. */
  | { kind: 'url'; address: string }

export const HUB_ENDPOINT = 'https://huggingface.co'

const NAME = '[A-Za-z0-9][\\w.-]*'
/** `owner/name`, perhaps with a `.gguf` of it, perhaps at a revision. */
const HUB_NAME = new RegExp(`^(${NAME}/${NAME})(?:/([^@]+\\.gguf))?(?:@(\\S+))?$`, 'i')

/** Whether a text reads as a Hub name (it may name a folder on disk as well). */
export function isHubName(text: string): boolean {
  return HUB_NAME.test(text.trim())
}

/**
 * Reads what a person pastes or gives as `--model`: `owner/name[@revision]`, `owner/name/file.gguf[@revision]`, the address of a
 * repository, of its tree or of a file in it, of any `.gguf`, or of a folder (or of the config.json in it).
 * @param endpoint the hub that plain names are of
 * @throws LapidaryError `bad_model` for what is none of these
 */
export function parseModelAddress(text: string, endpoint: string = HUB_ENDPOINT): ModelAddress {
  const trimmed = text.trim().replace(/^hf:(\/\/)?/i, '')
  const [, repo, file, revision] = HUB_NAME.exec(trimmed) ?? []
  if (repo && !/^(www\.)?(huggingface\.co|hf\.co)\//i.test(trimmed))
    return hubAddress(repo, revision, file, endpoint)
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  const url = URL.canParse(given) ? new URL(given) : null
  if (!url || !/^https?:$/.test(url.protocol) || !/[.:]|^localhost$/.test(url.hostname) || trimmed === '')
    return unreadable(trimmed)
  if (url.username || url.password)
    fail(
      'bad_model',
      `The address of ${url.host} holds a name or a password, with which a web page cannot ask.`,
      'Take them out of it. For the Hub, sign in with an access token instead.',
    )
  const home = /^(www\.)?(huggingface\.co|hf\.co)$/.test(url.hostname) ? HUB_ENDPOINT : url.origin
  const known = home === HUB_ENDPOINT || home === originOf(endpoint)
  return (known ? page(url, home) : null) ?? plain(url, known)
}

/** As it can be typed again, and shown; parses to the same address, but for a query. */
export function modelAddressText(address: ModelAddress): string {
  if (address.kind === 'url') return address.address.replace(/[?#].*$/s, '')
  const { repo, revision, file, endpoint = HUB_ENDPOINT } = address
  if (endpoint === HUB_ENDPOINT) return `${repo}${file ? `/${file}` : ''}${revision ? `@${revision}` : ''}`
  const at = encodeURIComponent(revision ?? 'main')
  return `${endpoint}/${repo}/${file ? `resolve/${at}/${file}` : `tree/${at}`}`
}

function hubAddress(
  repo: string,
  revision: string | undefined,
  file: string | undefined,
  endpoint: string,
): HubModelAddress {
  return {
    kind: 'hub',
    repo,
    ...(revision ? { revision } : {}),
    ...(file ? { file } : {}),
    ...(endpoint === HUB_ENDPOINT ? {} : { endpoint: endpoint.replace(/\/+$/, '') }),
  }
}

/** A page of a hub; null where it is none of a model. */
function page(url: URL, endpoint: string): ModelAddress | null {
  const path = url.pathname.split('/').filter(Boolean).map(decoded)
  const [owner, name, what, revision, ...rest] = path
  if (owner === 'datasets' || owner === 'spaces')
    fail(
      'bad_model',
      `This is the address of a ${owner === 'datasets' ? 'data set' : 'space'}, not of a model.`,
      owner === 'datasets' ? 'Open it under Data.' : 'Paste the address of a model.',
    )
  if (!owner || !name || owner === 'api') return null
  const repo = `${owner}/${name}`
  if (!what) return hubAddress(repo, undefined, undefined, endpoint)
  // A branch of a pull request is `refs/pr/1`.
  const [at, inside] = revision === 'refs' ? [path.slice(3, 6).join('/'), path.slice(6)] : [revision, rest]
  if (/^(tree|blob|resolve|raw)$/.test(what)) {
    const file = inside.join('/')
    return hubAddress(
      repo,
      at === 'main' ? undefined : at,
      /\.gguf$/i.test(file) ? file : undefined,
      endpoint,
    )
  }
  return hubAddress(repo, undefined, undefined, endpoint)
}

/** Any server: a `.gguf`, or a folder. A hub that nobody told of shows itself by its paths. */
function plain(url: URL, known: boolean): ModelAddress {
  url.hash = ''
  const hub = known ? null : /^\/[^/]+\/[^/]+\/(tree|blob|resolve)\/[^/]+/.test(url.pathname)
  if (hub) return page(url, url.origin)!
  if (/\.gguf$/i.test(url.pathname)) return { kind: 'url', address: url.href }
  if (/\.safetensors$|\/(config|tokenizer|tokenizer_config|generation_config)\.json$/i.test(url.pathname))
    url.pathname = url.pathname.replace(/[^/]*$/, '')
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return { kind: 'url', address: url.href }
}

function originOf(endpoint: string): string | null {
  return URL.canParse(endpoint) ? new URL(endpoint).origin : null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function unreadable(text: string): never {
  const found = text.replace(/[?#].*$/s, '').slice(0, 200)
  return fail(
    'bad_model',
    text === '' ? 'No model was named.' : `"${found}" names no model.`,
    'Give a name on the Hugging Face Hub, such as google/gemma-3-270m-it, or an address that begins with https://.',
    { found },
  )
}
