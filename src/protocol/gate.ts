import { fail } from './errors.ts'
import { oneFile } from './one-file.ts'
import { isSealed } from './sealed.ts'

/**
 * The one way out: every request of page and workers is made here, and none to a host that the person has not approved by an action, as
 * choosing a model of a hub or pasting a link. The studio's own address needs none. A worker has a gate of its own, which is opened by
 * what it is asked to do.
 */

const approved = new Set<string>()

/** The Hugging Face Hub and the hosts where it keeps its files are one. */
const HUB = /^https:\/\/([\w-]+\.)*(huggingface\.co|hf\.co)$/
const HUB_ITSELF = 'https://huggingface.co'
const placeOf = ({ origin }: URL) => (HUB.test(origin) ? HUB_ITSELF : origin)

/** To be called where a person has just asked for what is there. */
export function approve(...addresses: readonly (string | URL)[]): void {
  for (const address of addresses) approved.add(placeOf(new URL(address)))
}

/** Addresses without a host, and the studio's own. What stands at `file:` has an origin that browsers write differently, and that equals nothing. */
function isOwn({ protocol, origin, href }: URL): boolean {
  const file = oneFile()
  if (file && href.startsWith(file.base)) return true
  return protocol === 'blob:' || protocol === 'data:' || origin === globalThis.origin
}

function addressed(input: RequestInfo | URL): URL {
  const { document, location } = globalThis as { document?: { baseURI: string }; location?: { href: string } }
  return new URL(input instanceof Request ? input.url : input, document?.baseURI ?? location?.href)
}

/** @throws LapidaryError `network` where the host was not approved, or the studio is sealed */
function letOut(url: URL): void {
  // The command line has no page: what is named there a person has typed.
  if (globalThis.origin === undefined || isOwn(url)) return
  const { host } = url
  // The browser would refuse it anyway, without a word.
  if (isSealed())
    fail(
      'network',
      `The studio is sealed: it asks nothing of ${host}.`,
      'Take data and models from files, or switch sealed mode off in the menu “This app”.',
      { host, sealed: true },
    )
  if (!approved.has(placeOf(url)))
    fail(
      'network',
      `Nothing was asked of ${host}: nobody has chosen anything there.`,
      'Choose what is there once more.',
      {
        host,
      },
    )
}

/** Whether an answer may come from there. What a link, or a hub of another kind, leads on to is that one's choice; the Hub has hosts of its own. */
function mayLead(asked: URL, answered: URL): boolean {
  if (isOwn(asked)) return isOwn(answered)
  if (approved.has(placeOf(answered))) return true
  const asSafe = answered.protocol === 'https:' || answered.protocol === asked.protocol
  return placeOf(asked) !== HUB_ITSELF && asSafe
}

/**
 * `fetch`, to approved hosts alone.
 * @throws LapidaryError `network` where it was not let out, or led to where it may not
 */
export const gatedFetch: typeof fetch = async (input, init) => {
  const url = addressed(input)
  letOut(url)
  const response = await fetch(input, init)
  const answered = response.redirected && URL.canParse(response.url) ? new URL(response.url) : null
  if (answered && !mayLead(url, answered)) {
    void response.body?.cancel().catch(() => {})
    fail(
      'network',
      `${url.host} led on to ${answered.host}, which nobody has chosen.`,
      'Download it in a browser tab, then drop it here.',
      { host: answered.host },
    )
  }
  return response
}

function openGated(): XMLHttpRequest {
  const inner = new globalThis.XMLHttpRequest()
  const open = inner.open.bind(inner) as (...args: unknown[]) => void
  inner.open = (method: string, address: string | URL, ...rest: unknown[]) => {
    letOut(addressed(address))
    open(method, address, ...rest)
  }
  return inner
}

/** `XMLHttpRequest`, to approved hosts alone: of a package that tells by it how far an upload is. Called with `new`, too. */
export const GatedRequest = openGated as unknown as typeof XMLHttpRequest
