/**
 * Pairs of names and values behind the `?` of a URL's hash: readable, and no longer than they need be. Values are text; what is
 * not text is written as JSON, and so is text that would else be read as JSON.
 */
export type Pair = readonly [name: string, value: string]

/** Allowed in a fragment, and left as they are for people. */
const PLAIN = /%(?:2F|3A|2C|40|24|3B|5B|5D)/gi

const escaped = (text: string) => encodeURIComponent(text).replace(PLAIN, decodeURIComponent)

export function writePairs(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&')
}

/** @returns every pair that can be read, in order; `broken` where one cannot */
export function readPairs(text: string): { pairs: Pair[]; broken: boolean } {
  const pairs: Pair[] = []
  let broken = false
  for (const part of text.split('&')) {
    if (part === '') continue
    const at = part.indexOf('=')
    try {
      if (at <= 0) throw new URIError()
      pairs.push([decodeURIComponent(part.slice(0, at)), decodeURIComponent(part.slice(at + 1))])
    } catch {
      broken = true
    }
  }
  return { pairs, broken }
}

export function writeValue(value: unknown): string {
  return typeof value === 'string' && readValue(value) === value ? value : JSON.stringify(value)
}

export function readValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
