import * as v from 'valibot'

/** A valibot schema as data; what each kind has beside its type. */
interface Node {
  type: string
  wrapped?: Node
  default?: unknown
  entries?: Record<string, Node>
  options?: readonly unknown[]
  literal?: unknown
  item?: Node
  pipe?: readonly { type: string; requirement?: unknown }[]
}

/** One place in a config where a value can be changed. */
export interface Leaf {
  /** Dotted; variants of a section or of an item of a list are named in it: `data.steps[filter].test[length].min`. */
  path: string
  /** Pairs of valid values of the whole that differ in this place alone. */
  changes: { from: unknown; to: unknown }[]
}

const TEXTS = ['x', 'y', 'Say {prompt}']
const NUMBERS = [0, 1, 2, 3, 0.25, 0.5, 1e-3, 20, -1]

/**
 * Every leaf of an object's schema with all the changes that can be made of it from a few sample values.
 * @throws for a kind of schema that is not known here, and for a leaf without a second valid value unless it has but one
 */
export function leavesOf(schema: v.GenericSchema): Leaf[] {
  return walk(schema as unknown as Node, '', (value) => value)
}

function walk(node: Node, path: string, within: (value: unknown) => unknown): Leaf[] {
  if (node.wrapped && inner(node).type !== 'strict_object' && inner(node).type !== 'variant')
    return leaf(node, path, within)
  const kind = inner(node)
  if (kind.type === 'strict_object') return fields(kind, path, within)
  if (kind.type === 'variant') {
    const options = kind.options as Node[]
    const samples = options.map((option) => samplesOf(option)[0])
    const which: Leaf = {
      path: `${path}[]`,
      changes: samples.slice(1).map((sample) => ({ from: within(samples[0]), to: within(sample) })),
    }
    return [which, ...options.flatMap((option) => fields(option, `${path}[${nameOf(option)}]`, within))]
  }
  return leaf(node, path, within)
}

function fields(node: Node, path: string, within: (value: unknown) => unknown): Leaf[] {
  const entries = Object.entries(node.entries!)
  const whole = samplesOf(node)[0] as object
  return entries.flatMap(([key, entry]) =>
    walk(entry, path === '' ? key : `${path}.${key}`, (value) => within({ ...whole, [key]: value })),
  )
}

function leaf(node: Node, path: string, within: (value: unknown) => unknown): Leaf[] {
  const kind = inner(node)
  if (kind.type === 'literal') return []
  const samples = samplesOf(node)
  const changes = samples.slice(1).map((sample) => ({ from: within(samples[0]), to: within(sample) }))
  const own = changes.length > 0 || onlyOne(kind) ? [{ path, changes }] : []
  if (changes.length === 0 && !onlyOne(kind)) throw new Error(`No second value is known for ${path}.`)
  // What lies in a list's items is changed in a list of one.
  if (kind.type === 'array' && /strict_object|variant/.test(inner(kind.item!).type))
    return [...own, ...walk(kind.item!, path, (value) => within([value]))]
  return own.filter(({ changes }) => changes.length > 0)
}

/** Valid values, different ones; the default first. */
function samplesOf(node: Node): unknown[] {
  const own = node.default === undefined ? [] : [v.getDefault(node as never)]
  const parsed = [...own, ...candidates(node)].flatMap((value) => {
    const result = v.safeParse(node as never, value)
    return result.success ? [result.output] : []
  })
  const seen = new Set<string>()
  const found = parsed.filter((value) => {
    const text = JSON.stringify(value)
    return !seen.has(text) && seen.add(text)
  })
  if (found.length === 0) throw new Error(`No value is known for a ${node.type}.`)
  return found
}

function candidates(node: Node): unknown[] {
  switch (node.type) {
    case 'optional':
      return candidates(node.wrapped!)
    case 'nullable':
      return [...candidates(node.wrapped!), null]
    case 'boolean':
      return [true, false]
    case 'string':
      return TEXTS
    case 'number':
      return [...NUMBERS, ...(node.pipe ?? []).flatMap(({ requirement }) => requirement ?? [])]
    case 'picklist':
      return [...node.options!]
    case 'literal':
      return [node.literal]
    case 'union':
    case 'variant':
      return (node.options as Node[]).flatMap((option) => samplesOf(option))
    case 'array':
      return [[], ...samplesOf(node.item!).map((item) => [item])]
    case 'record':
      return [{}, { a: 'x' }, { a: 'y' }]
    case 'strict_object':
      return [
        Object.fromEntries(Object.entries(node.entries!).map(([key, entry]) => [key, samplesOf(entry)[0]])),
      ]
    default:
      throw new Error(`A schema of kind ${node.type} is not known here: say what its values are.`)
  }
}

function inner(node: Node): Node {
  return node.wrapped ? inner(node.wrapped) : node
}

function onlyOne({ type, options }: Node): boolean {
  return type === 'literal' || (type === 'picklist' && options!.length === 1)
}

function nameOf({ entries }: Node): string {
  const literal = Object.values(entries!).find(({ type }) => type === 'literal')
  return String(literal?.literal)
}
