import { heeded, identity } from '../protocol/identity.ts'
import { type RunConfig, spelledOut } from '../protocol/run-config.ts'
import type { RunInfo, RunSeriesData, TrackData } from '../protocol/studio.ts'

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

/** Fields beyond the curve's that tell runs apart. */
const ALSO = ['data.task', 'engine.kind', 'engine.portable_backend'] as const
const MOST_FIELDS = 3

/** What a person sees first of two runs, before their settings. */
const FIRST = ['model.id', 'model.quantization', 'data.name', 'data.hash'] as const

/**
 * Fields in which runs differ that say something of their curves, what they were made of first, then in the order of the config.
 * Hashes are told where the name is the same, as other contents of that name.
 */
export function tellingDifferences(configs: readonly RunConfig[]): Difference[] {
  const told = new Set<string>([
    ...FIRST,
    ...configs.flatMap((config) => [...heeded(config, 'curve').keys()]),
    ...ALSO,
  ])
  const found = differences(configs.map(spelledOut)).filter(({ field }) => isTold(field, told))
  const named = found.some(({ field }) => field === 'data.name')
  const place = ({ field }: Difference) => {
    const at = FIRST.indexOf(field as (typeof FIRST)[number])
    return at < 0 ? FIRST.length : at
  }
  return found.filter(({ field }) => field !== 'data.hash' || !named).sort((a, b) => place(a) - place(b))
}

const isTold = (field: string, told: ReadonlySet<string>): boolean =>
  [...told].some((path) => field === path || field.startsWith(`${path}.`))

/** What a run is told apart by: each field in which it differs from others of its name, with its own value. */
export type Distinction = { field: string; value: unknown }[]

/** Ids and hashes tell a person nothing. */
const NAMELESS = new Set(['start.run', 'start.hash'])

/**
 * Of runs that share a name, the first few fields in which they differ; empty where nothing does, or the name is its own.
 * What does not count for a curve (hashes, names, kernels) tells a person nothing.
 */
export function distinctions(
  runs: readonly Pick<RunInfo, 'id' | 'name' | 'config'>[],
): Map<string, Distinction> {
  const found = new Map<string, Distinction>()
  for (const name of new Set(runs.map((run) => run.name))) {
    const same = runs.filter((run) => run.name === name)
    const told = new Set<string>([
      ...same.flatMap(({ config }) => [...heeded(config, 'curve').keys()]),
      ...ALSO,
    ])
    const differing = differences(same.map(({ config }) => spelledOut(config))).filter(
      ({ field }) => isTold(field, told) && !NAMELESS.has(field),
    )
    for (const [i, { id }] of same.entries())
      found.set(
        id,
        differing.slice(0, MOST_FIELDS).map(({ field, values }) => ({ field, value: values[i] })),
      )
  }
  return found
}

/** Whether two runs were to give the same curve: one recipe, one data set, one base model. */
export function sameRecipe(a: RunConfig, b: RunConfig): boolean {
  return (
    a.data.hash !== null &&
    a.data.hash === b.data.hash &&
    a.model.hash === b.model.hash &&
    identity(spelledOut(a)) === identity(spelledOut(b))
  )
}

/** How two curves agree, over the steps that both have. */
export interface Agreement {
  steps: number
  /** First step whose figures differ in any bit; null where none does. */
  differsAt: number | null
}

export function agreement(a: RunSeriesData, b: RunSeriesData): Agreement {
  const apart = [
    firstApart(a.training, b.training, ['loss', 'grad_norm']),
    firstApart(a.validation, b.validation, ['eval_loss']),
  ].filter((step) => step !== null)
  return {
    steps: Math.min(a.training.steps.length, b.training.steps.length),
    differsAt: apart.length > 0 ? Math.min(...apart) : null,
  }
}

function firstApart(a: TrackData, b: TrackData, columns: readonly string[]): number | null {
  const count = Math.min(a.steps.length, b.steps.length)
  for (let i = 0; i < count; i++)
    if (
      a.steps[i] !== b.steps[i] ||
      columns.some((name) => !Object.is(a.columns[name]?.[i], b.columns[name]?.[i]))
    )
      return a.steps[i]!
  return null
}
