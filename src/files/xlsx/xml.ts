import { SaxesParser } from 'saxes'
import { Unsupported } from '../damage.ts'

/** Hears of elements by their names without prefix, and of the text between them. */
export interface XmlHandlers {
  open?(name: string, attributes: Record<string, string>): void
  close?(name: string): void
  text?(text: string): void
}

/** Letters that are parsed before what was found is handed on. */
const SEGMENT = 256 << 10
/** No part of a workbook comes near it. */
const MAX_DEPTH = 200

/**
 * Parses UTF-8 XML as it comes; handlers have heard of all that was parsed whenever it yields.
 * @throws Error where it is not well-formed, or ends early
 */
export async function* parseXml(
  bytes: AsyncIterable<Uint8Array>,
  handlers: XmlHandlers,
): AsyncIterable<void> {
  const parser = new SaxesParser()
  let depth = 0
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    if (++depth > MAX_DEPTH) throw new Unsupported(`elements in each other, more than ${MAX_DEPTH} deep`)
    handlers.open?.(local(name), attributes)
  })
  parser.on('closetag', ({ name }) => {
    depth--
    handlers.close?.(local(name))
  })
  parser.on('text', (text) => handlers.text?.(text))
  parser.on('cdata', (text) => handlers.text?.(text))
  const decoder = new TextDecoder()
  for await (const piece of bytes) {
    const text = decoder.decode(piece, { stream: true })
    for (let at = 0; at < text.length; at += SEGMENT) {
      parser.write(text.slice(at, at + SEGMENT))
      yield
    }
  }
  parser.write(decoder.decode())
  parser.close()
  yield
}

/** All of it, for small files. */
export async function parseWhole(bytes: AsyncIterable<Uint8Array>, handlers: XmlHandlers): Promise<void> {
  for await (const _ of parseXml(bytes, handlers));
}

/** An attribute whatever its prefix: `r:id`, or `d3p1:id` as some programs have it. */
export function attribute(attributes: Record<string, string>, name: string): string | undefined {
  const found = attributes[name]
  if (found !== undefined) return found
  const prefixed = Object.keys(attributes).find((key) => local(key) === name)
  return prefixed === undefined ? undefined : attributes[prefixed]
}

function local(name: string): string {
  const at = name.indexOf(':')
  return at < 0 ? name : name.slice(at + 1)
}
