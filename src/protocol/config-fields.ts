import * as v from 'valibot'
import { DataStepSchema, type StepType } from './data-steps.ts'
import { RunConfigSchema } from './run-config.ts'

/**
 * What the run config's schema says of a field: its default, limits and choices, for forms, flags and documentation. They
 * stand in the schema alone.
 */
export interface ConfigField {
  kind: 'number' | 'text' | 'choice' | 'switch' | 'list' | 'words' | 'section'
  /** Filled in where the field is left out. Undefined: it must be given. */
  default: unknown
  /** Whether null is a value. */
  nullable: boolean
  /** Of a number. */
  limits?: NumberLimits
  /** Of a choice. */
  options?: readonly string[]
}

export interface NumberLimits {
  min: number
  max: number
  /** The least allowed value is just above `min`. */
  above?: true
  whole?: true
}

/** A schema as data. */
interface Node {
  type: string
  wrapped?: Node
  entries?: Record<string, Node>
  options?: readonly unknown[]
  literal?: unknown
  pipe?: readonly Action[]
}

interface Action {
  type: string
  requirement?: unknown
  pipe?: readonly Action[]
}

/** A field by dotted path: `training.learning_rate`. */
export function configField(path: string): ConfigField {
  return describe(at(RunConfigSchema as unknown as Node, path))
}

/** Names of a section's fields, in order: `training`, `data.split`; without a path, the sections. */
export function fieldNames(path = ''): string[] {
  return Object.keys(inner(at(RunConfigSchema as unknown as Node, path)).entries ?? {})
}

/** A number's limits. */
export function numberLimits(path: string): NumberLimits {
  const { limits } = configField(path)
  if (!limits) throw new Error(`${path} is no number.`)
  return limits
}

/** A field of a preprocessing step; `test.length.min` for what belongs to one kind of filter's test. */
export function stepField(type: StepType, path: string): ConfigField {
  return describe(at(stepNode(type), path))
}

/** Names of a step's fields but for its type, in order. */
export function stepFieldNames(type: StepType): string[] {
  return Object.keys(stepNode(type).entries!).filter((name) => name !== 'type')
}

/** Every field of a step that has a default, with it. */
export function stepDefaults(type: StepType): Record<string, unknown> {
  const fields = stepFieldNames(type).map((name) => [name, stepField(type, name).default] as const)
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined))
}

function stepNode(type: StepType): Node {
  return variant(DataStepSchema as unknown as Node, type)!
}

function at(node: Node, path: string): Node {
  return path
    .split('.')
    .filter((key) => key !== '')
    .reduce((outer, key) => {
      const found = inner(outer).entries?.[key] ?? variant(inner(outer), key)
      if (!found) throw new Error(`The schema has no ${path}.`)
      return found
    }, node)
}

function variant({ options }: Node, name: string): Node | undefined {
  return (options as Node[] | undefined)?.find(({ entries }) =>
    Object.values(entries ?? {}).some(({ literal }) => literal === name),
  )
}

function inner(node: Node): Node {
  return node.wrapped ? inner(node.wrapped) : node
}

function describe(node: Node): ConfigField {
  const nullable = v.safeParse(node as never, null).success
  const field = { default: node.type === 'optional' ? v.getDefault(node as never) : undefined, nullable }
  const kind = inner(node)
  switch (kind.type) {
    case 'number':
      return { kind: 'number', ...field, limits: limitsOf(kind) }
    case 'picklist':
      return { kind: 'choice', ...field, options: kind.options as string[] }
    case 'boolean':
      return { kind: 'switch', ...field }
    case 'string':
      return { kind: 'text', ...field }
    case 'record':
      return { kind: 'words', ...field }
    case 'array':
      return { kind: 'list', ...field }
    case 'strict_object':
    case 'variant':
      return { kind: 'section', ...field }
    case 'union': {
      // A word or a number that stands for something else, beside the values proper.
      const proper = (kind.options as Node[]).find(({ type }) => type !== 'literal')!
      return { ...describe(proper), ...field }
    }
    case 'literal':
      return { kind: 'choice', ...field, options: [String(kind.literal)] }
    default:
      throw new Error(`A schema of kind ${kind.type} is not known here.`)
  }
}

function limitsOf(node: Node): NumberLimits {
  const actions = actionsOf(node)
  const of = (type: string) =>
    actions.find((action) => action.type === type)?.requirement as number | undefined
  const above = of('gt_value')
  return {
    min: above ?? of('min_value') ?? -Number.MAX_VALUE,
    max: of('max_value') ?? Number.MAX_VALUE,
    ...(above === undefined ? {} : { above: true }),
    ...(actions.some(({ type }) => type === 'integer') ? { whole: true } : {}),
  }
}

/** A pipe begins with a schema, which may be a pipe itself. */
function actionsOf({ pipe = [] }: Pick<Node, 'pipe'>): Action[] {
  return pipe.flatMap((action) => [action, ...(action.pipe ? actionsOf(action as Pick<Node, 'pipe'>) : [])])
}
