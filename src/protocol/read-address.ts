import { fail } from './errors.ts'
import { HUB_ENDPOINT, type HubModelAddress, type ModelAddress } from './model-address.ts'

/** Addresses of models as a person pastes them. Apart from what they are, as few need it at first. */

const NAME = '[A-Za-z0-9][\\w.-]*'
/** `owner/name`, perhaps with a `.gguf` of it or the type of one, perhaps at a revision. */
const HUB_NAME = new RegExp(
  `^(?<repo>${NAME}/${NAME})(?:/(?<file>[^@:]+\\.gguf))?(?::(?<before>[\\w.-]+))?(?:@(?<revision>[^\\s:?#]+?))?(?::(?<after>[\\w.-]+))?/*$`,
  'i',
)
const HUB_HOST = /^(www\.)?(huggingface\.co|hf\.co)$/
/** First parts of the Hub's own pages, which are nobody's account. */
const OWN_PAGES =
  /^(api|models|datasets|spaces|collections|papers|docs|blog|learn|posts|tasks|settings|organizations|join|login)$/
/** What follows a repository's name on a page of its files. */
const OF_FILES = /^(tree|blob|resolve|raw)$/

/** Whether a text reads as a Hub name (it may name a folder on disk as well). */
export function isHubName(text: string): boolean {
  return HUB_NAME.test(text.trim())
}

/** Whether a text is the name of a repository, and nothing else. */
export function isRepository(text: string): boolean {
  return new RegExp(`^${NAME}/${NAME}$`).test(text)
}

/** Whether a text says by itself that it is an address, not a path. */
export function isAddress(text: string): boolean {
  return /^\s*(https?:\/\/|hf:|git@hf\.co:|(www\.)?(huggingface\.co|hf\.co)\/)/i.test(text)
}

/**
 * Reads what a person pastes or gives as `--model`: `owner/name[:type][@revision]`, `owner/name/file.gguf[@revision]`, the address of a
 * repository, of its tree or of a file in it, of any `.gguf`, or of a folder (or of the config.json in it).
 * @param endpoint the hub that plain names are of
 * @throws LapidaryError `bad_model` for what is none of these, or leads to a folder within a repository
 */
export function parseModelAddress(text: string, endpoint: string = HUB_ENDPOINT): ModelAddress {
  const trimmed = text
    .trim()
    .replace(/^hf:(\/\/)?/i, '')
    .replace(/^git@hf\.co:/i, 'https://huggingface.co/')
  const short = trimmed.replace(/^(https?:\/\/)?(www\.)?(huggingface\.co|hf\.co)\//i, '')
  const home = short === trimmed ? endpoint : HUB_ENDPOINT
  const named = nameIn(short, home)
  if (named && !isOwnPage(named.repo, home)) return named
  // A page's address without its hub.
  const bare = named || new RegExp(`^(datasets/)?[\\w-]+/${NAME}/(tree|blob|resolve|raw)/`).test(short)
  const url = readUrl(bare ? `${home}/${short}` : trimmed)
  if (!url) return unreadable(trimmed)
  if (url.username || url.password)
    fail(
      'bad_model',
      `The address of ${url.host} holds a name or a password, with which a web page cannot ask.`,
      'Take them out of it. For the Hub, sign in with an access token instead.',
    )
  if (HUB_HOST.test(url.hostname)) return page(url, HUB_ENDPOINT, pathOf(url, '')) ?? noModel(url)
  const base = readUrl(endpoint)
  const under = base?.pathname.replace(/\/*$/, '/') ?? ''
  const known = base?.origin === url.origin && url.pathname.startsWith(under)
  return (known ? page(url, endpoint.replace(/\/+$/, ''), pathOf(url, under)) : null) ?? plain(url, known)
}

const isOwnPage = (path: string, endpoint: string) =>
  endpoint === HUB_ENDPOINT && OWN_PAGES.test(path.split('/')[0]!)

function nameIn(text: string, endpoint: string): HubModelAddress | null {
  const { repo, file, revision, before, after } = HUB_NAME.exec(text)?.groups ?? {}
  const quant = before ?? after
  if (!repo || (quant && file) || (before && after) || /^(tree|blob|resolve|raw)\//.test(file ?? ''))
    return null
  const latest = quant === undefined || quant.toLowerCase() === 'latest'
  const address = hubAddress(repo.replace(/\.git$/, ''), revision, file, endpoint)
  return latest ? address : { ...address, quant }
}

/**
 * An address that is asked by http, as a person types it: without a scheme `https`, where the host then reads as one (`localhost`, or
 * with a dot; a machine of one's own network may be called by a word).
 * @returns null for what is none
 */
export function readUrl(text: string): URL | null {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const given = scheme ? text : `https://${text}`
  const url = !/\s/.test(text) && URL.canParse(given) ? new URL(given) : null
  const named = url && (scheme || /^(localhost\b|[^/?#:]*\.|[^/?#:]+:\d)/.test(text))
  return named && /^https?:$/.test(url.protocol) ? url : null
}

const pathOf = (url: URL, under: string) =>
  url.pathname.slice(under.length).split('/').filter(Boolean).map(decoded)

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

/** A page of a hub; null where it is none of a model. @param path of it within the hub, decoded */
function page(url: URL, endpoint: string, path: string[]): HubModelAddress | null {
  if (path[0] === 'api' && path[1] === 'models') return page(url, endpoint, asPage(path.slice(2)))
  const [owner, name, what, revision, ...rest] = path
  if (owner === 'datasets' || owner === 'spaces')
    fail(
      'bad_model',
      `This is the address of a ${owner === 'datasets' ? 'data set' : 'space'}, not of a model.`,
      owner === 'datasets' ? 'Open it under Data.' : 'Paste the address of a model.',
    )
  if (!owner || !name || isOwnPage(owner, endpoint)) return null
  if (!what) return nameIn(`${owner}/${name}`, endpoint)
  const repo = `${owner}/${name.replace(/\.git$/, '')}`
  if (!OF_FILES.test(what)) return hubAddress(repo, undefined, undefined, endpoint)
  // A branch of a pull request is `refs/pr/1`.
  const [at, inside] = revision === 'refs' ? [path.slice(3, 6).join('/'), path.slice(6)] : [revision, rest]
  const file = inside.join('/')
  const gguf = /\.gguf$/i.test(file)
  const folder = what === 'tree' ? inside : inside.slice(0, -1)
  if (!gguf && folder.length > 0)
    fail(
      'bad_model',
      `${url.host} shows ${folder.join('/')} of ${repo} there, which is a folder within it.`,
      `A model is read from the top of its repository, or from one .gguf file: give ${repo}, or the address of the file. A branch with a slash in its name is given behind an @.`,
      { repo, found: folder.join('/') },
    )
  return hubAddress(repo, at === 'main' ? undefined : at, gguf ? file : undefined, endpoint)
}

/** What the Hub's programs ask for, as its page: `owner/name/revision/main`. */
const asPage = ([owner, name, what, ...rest]: string[]) =>
  [owner, name, what === 'revision' ? 'tree' : what, ...rest].filter((part) => part !== undefined)

/** Any server: a `.gguf`, or a folder. A hub that nobody told of shows itself by its paths. */
function plain(url: URL, known: boolean): ModelAddress {
  url.hash = ''
  const paths = /^\/[^/]+\/([^/]+\/(tree|blob|resolve|raw)\/[^/]+|[^/]+:[\w.-]+(@[^/]+)?\/*$)/
  const hub = !known && paths.test(url.pathname)
  const found = hub ? page(url, url.origin, pathOf(url, '/')) : null
  if (found) return found
  if (/\.gguf$/i.test(url.pathname)) return { kind: 'url', address: url.href }
  if (/\.safetensors$|\/(config|tokenizer|tokenizer_config|generation_config)\.json$/i.test(url.pathname))
    url.pathname = url.pathname.replace(/[^/]*$/, '')
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return { kind: 'url', address: url.href }
}

/**
 * The repository that the address of a folder may be the page of, at a hub that nobody told of; null where it cannot be.
 * Which of the two it is, only its server can tell.
 */
export function perhapsHub(address: ModelAddress): HubModelAddress | null {
  if (address.kind !== 'url') return null
  const url = new URL(address.address)
  const hub = nameIn(url.pathname.slice(1), url.origin)
  return hub?.file ? null : hub
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function noModel(url: URL): never {
  return fail(
    'bad_model',
    `${url.host}${url.pathname} is a page of the Hub, not of a model.`,
    'Open a model there, and paste its address or its name, such as google/gemma-3-270m-it.',
    { found: `${url.host}${url.pathname}` },
  )
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
