import { exactMatch } from './text.ts'

export interface FieldAgreement {
  /** `owner.pets[0].name`; a name that is no word stands as `["odd name"]`. Empty: the whole. */
  path: string
  state: 'equal' | 'differs' | 'missing' | 'extra'
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/**
 * How an answer in JSON stands to the reference, field by field. A field is what is no object or list, or an empty one; names of an
 * object may come in any order, items of a list may not. Texts are read as `JSON.parse` reads them, and what is nested
 * more than 200 deep is none.
 * @returns `valid`: the answer is JSON (of one that is not, every field is missing). Of a reference that is no JSON there are no fields;
 * `equal` tells then whether the texts are the same.
 */
export function jsonAgreement(
  reference: string,
  answer: string,
): { valid: boolean; equal: boolean; fields: FieldAgreement[] } {
  const [wanted, found] = [parse(reference), parse(answer)]
  const valid = found !== undefined
  if (wanted === undefined) return { valid, equal: exactMatch(reference, answer), fields: [] }
  const fields: FieldAgreement[] = []
  compare(wanted, found, '', fields)
  return { valid, equal: fields.every(({ state }) => state === 'equal'), fields }
}

/** A call as answers have it, `name({"argument":value})`. */
interface WrittenCall {
  name: string
  arguments: Json
}

/**
 * Whether an answer calls the functions that the reference calls, and with the same arguments. Several calls, a line each, may come
 * in any order, as in the Berkeley Function-Calling Leaderboard (Patil et al., ICML 2025); lines that are no call do not count.
 * Where the reference calls nothing, both tell whether the answer calls nothing either.
 */
export function callAgreement(reference: string, answer: string): { name: boolean; arguments: boolean } {
  const [wanted, found] = [callsIn(reference), callsIn(answer)]
  const name = wanted.length === found.length && matched(wanted, found, (a, b) => a.name === b.name)
  return {
    name,
    arguments: name && matched(wanted, found, (a, b) => a.name === b.name && same(a.arguments, b.arguments)),
  }
}

/** Whether each of one list has one of its own in the other. */
function matched(
  wanted: readonly WrittenCall[],
  found: readonly WrittenCall[],
  alike: (a: WrittenCall, b: WrittenCall) => boolean,
): boolean {
  const left = [...found]
  return wanted.every((call) => {
    const at = left.findIndex((other) => alike(call, other))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

function callsIn(text: string): WrittenCall[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*([^\s(]+)\((.*)\)\s*$/.exec(line)
    const inside = found ? parse(found[2]!) : undefined
    return found && inside !== undefined ? [{ name: found[1]!, arguments: inside }] : []
  })
}

function same(a: Json, b: Json): boolean {
  const fields: FieldAgreement[] = []
  compare(a, b, '', fields)
  return fields.every(({ state }) => state === 'equal')
}

/** Levels that JSON may be nested to: what is deeper is nobody's answer, and would be too much for the stack. */
const MOST_LEVELS = 200

/** Undefined where a text is no JSON. */
function parse(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json
    return isDeep(value) ? undefined : value
  } catch {
    return undefined
  }
}

function isDeep(value: Json): boolean {
  let level: Json[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) return true
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
  return false
}

/** Adds a field for each that either has. */
function compare(
  wanted: Json | undefined,
  found: Json | undefined,
  path: string,
  into: FieldAgreement[],
): void {
  const [mine, theirs] = [parts(wanted), parts(found)]
  const alike = mine && theirs ? Array.isArray(wanted) === Array.isArray(found) : false
  const names = new Set([...(mine?.keys() ?? []), ...(theirs?.keys() ?? [])])
  const apart = alike || (mine && found === undefined) || (theirs && wanted === undefined)
  if (!apart || names.size === 0) into.push({ path, state: stateOf(wanted, found) })
  else for (const name of names) compare(mine?.get(name), theirs?.get(name), path + step(name, path), into)
}

/** Of two that are not made of fields alike. */
function stateOf(wanted: Json | undefined, found: Json | undefined): FieldAgreement['state'] {
  if (wanted === undefined) return 'extra'
  if (found === undefined) return 'missing'
  return JSON.stringify(wanted) === JSON.stringify(found) ? 'equal' : 'differs'
}

/** What a value is made of, by name; null where it is a field by itself. */
function parts(value: Json | undefined): Map<string | number, Json> | null {
  if (typeof value !== 'object' || value === null) return null
  return new Map<string | number, Json>(
    Array.isArray(value) ? value.map((item, i) => [i, item]) : Object.entries(value),
  )
}

function step(name: string | number, path: string): string {
  if (typeof name === 'number') return `[${name}]`
  if (!/^[\p{L}_$][\p{L}\p{M}\p{N}_$-]*$/u.test(name)) return `[${JSON.stringify(name)}]`
  return path === '' ? name : `.${name}`
}
