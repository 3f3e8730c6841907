import type { RunConfig } from '../protocol/run-config.ts'

/** A field in which runs differ: its path, and each run's value in the order given. */
export interface Difference {
  field: string
  values: unknown[]
}

/** What differed between runs, field by field, in the order of the config. */
export function differences(configs: readonly RunConfig[]): Difference[] {
  const flat = configs.map((config) => leaves(config))
  const fields = [...new Set(flat.flatMap((map) => [...map.keys()]))]
  return fields
    .map((field) => ({ field, values: flat.map((map) => map.get(field)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1)
}

/** Lists are values: they differ as a whole. */
function leaves(value: object, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  for (const [key, inner] of Object.entries(value)) {
    const field = path ? `${path}.${key}` : key
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) leaves(inner, field, into)
    else into.set(field, inner)
  }
  return into
}
