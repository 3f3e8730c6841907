import { grouped } from './counted.ts'

/** Thrown in place of what engines say of a text that is nested without end. */
export class TooDeep extends Error {}

/** Thrown where an object has a name twice: engines keep the last one and say nothing. */
export class RepeatedName extends Error {
  readonly key: string

  constructor(key: string) {
    super(`the name "${key.slice(0, 80)}" is there twice in one object`)
    this.key = key
  }
}

/** Why a text is not JSON, in our words. Engines say it in their own, with or without a position. */
export function jsonReason(error: unknown, text: string): string {
  if (error instanceof TooDeep || error instanceof RepeatedName) return error.message
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof RangeError) return 'it is nested too deeply'
  if (/end of (JSON|data)|unterminated|EOF/i.test(message)) return 'it ends in the middle'
  const position = positionOf(error)
  if (position !== null && position >= text.trimEnd().length) return 'it ends in the middle'
  if (position !== null)
    return `character ${grouped(position + 1)} (\`${text.slice(position, position + 24).trim()}\`) does not belong there`
  const token = /unexpected token '?(.+?)'?(?:,|$| in )/i.exec(message)?.[1]
  return token ? `\`${token}\` does not belong there` : 'it is not written as JSON is'
}

/** Where an engine says that a text stops being JSON. */
export function positionOf(error: unknown): number | null {
  const found = /position (\d+)/.exec(error instanceof Error ? error.message : '')
  return found ? Number(found[1]) : null
}
