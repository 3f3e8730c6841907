import * as v from 'valibot'
import {
  type AugmentConfig,
  type DataStep,
  DataStepSchema,
  NO_AUGMENT,
  NO_SPLIT,
  type SplitConfig,
} from '../../protocol/data-steps.ts'
import type { DataConfig } from '../../protocol/run-config.ts'
import type {
  ChatFormat,
  ColumnInfo,
  ColumnRoles,
  DatasetInfo,
  Finding,
  Fix,
  Guess,
  Mapping,
} from '../../protocol/studio.ts'

export type Role = keyof ColumnRoles

/** What a row holds. */
export type Kind = 'pair' | 'messages' | 'text'

/** What is done to a data set before it is trained on: all of it goes into the run config. */
export interface Recipe {
  mapping: Mapping
  format: ChatFormat
  steps: DataStep[]
  split: SplitConfig
  augment: AugmentConfig
}

export const NO_MAPPING: Mapping = { prompt: null, response: null, system: null, messages: null, text: null }

export const EMPTY_RECIPE: Recipe = {
  mapping: NO_MAPPING,
  format: 'template',
  steps: [],
  split: NO_SPLIT,
  augment: NO_AUGMENT,
}

export function mappingOf(guess: Guess): Mapping {
  const { reason: _, ...mapping } = guess
  return mapping
}

export function isMapped(mapping: Mapping): boolean {
  const { prompt, template, response, messages, text } = tidyMapping(mapping)
  return messages !== null || text !== null || ((prompt !== null || !!template) && response !== null)
}

export function kindOf({ messages, text }: Mapping): Kind {
  return messages !== null ? 'messages' : text !== null ? 'text' : 'pair'
}

/** A first mapping of a kind: the guess where it is of that kind, else the likeliest columns. */
export function mappingOfKind(kind: Kind, guess: Guess, columns: readonly ColumnInfo[]): Mapping {
  const guessed = mappingOf(guess)
  if (kindOf(guessed) === kind) return guessed
  const first = (...types: ColumnInfo['type'][]) =>
    columns.find((column) => types.includes(column.type))?.name ?? columns[0]?.name ?? null
  if (kind === 'messages') return { ...NO_MAPPING, messages: first('list', 'object') }
  return { ...NO_MAPPING, [kind === 'text' ? 'text' : 'prompt']: first('text') }
}

/** One role for a column; the three ways of mapping (two columns, messages, text) exclude one another. */
export function withRole(mapping: Mapping, role: Role, column: string | null): Mapping {
  const next = { ...mapping, [role]: column }
  if (column === null) return next
  const pair = { prompt: null, response: null, system: null, input: null, template: null, labels: null }
  if (role === 'messages') Object.assign(next, pair, { text: null })
  else if (role === 'text') Object.assign(next, pair, { messages: null })
  else Object.assign(next, { messages: null, text: null })
  if (role === 'prompt') next.template = null
  if (role === 'response' && mapping.response !== column) next.labels = null
  for (const other of ['prompt', 'response', 'system'] as const)
    if (other !== role && next[other] === column) next[other] = null
  if (next.input === column) next.input = null
  return next
}

/**
 * Without what is left out, empty, or of another kind of mapping, so that two ways of saying the same make the same
 * request, and nothing stale goes into a run.
 */
export function tidyMapping(mapping: Mapping): Mapping {
  const { prompt, response, system, messages, text, input } = mapping
  if (messages !== null) return { ...NO_MAPPING, messages }
  if (text !== null) return { ...NO_MAPPING, text }
  const template = mapping.template?.trim() ? mapping.template : null
  const asks = template !== null || prompt !== null
  const words = Object.entries(mapping.labels ?? {}).filter(([, word]) => word.trim() !== '')
  return {
    ...NO_MAPPING,
    prompt: template ? null : prompt,
    response,
    system: asks ? system : null,
    ...(input && asks ? { input } : {}),
    ...(template ? { template } : {}),
    ...(words.length > 0 && response !== null ? { labels: Object.fromEntries(words) } : {}),
  }
}

/** Plain text is not a chat: it has no format but the model's. */
export function readyFormat({ mapping, format }: Pick<Recipe, 'mapping' | 'format'>): ChatFormat {
  return kindOf(mapping) === 'text' ? 'template' : format
}

/** What a run config says of the data, so that the same file gives the same examples. */
export function dataConfig(
  recipe: Recipe,
  info: Pick<DatasetInfo, 'name' | 'hash' | 'reading'>,
  validationShare: number,
): Partial<DataConfig> {
  return {
    ...tidyMapping(recipe.mapping),
    format: readyFormat(recipe),
    steps: readySteps(recipe.steps),
    split: readySplit(recipe.split),
    augment: recipe.augment,
    name: info.name,
    hash: info.hash,
    reading: { text: info.reading?.text ?? null, sheet: info.reading?.sheet ?? null },
    validation_share: validationShare,
  }
}

/** Why a step cannot run yet, by field; null where it can. */
export function stepProblem(step: DataStep): string | null {
  const result = v.safeParse(DataStepSchema, step)
  if (result.success) return null
  return result.issues.map((issue) => v.getDotPath(issue) ?? '').find((path) => path !== '') ?? 'type'
}

/** The steps that can run; one that is still being filled in waits. */
export function readySteps(steps: DataStep[]): DataStep[] {
  return steps.filter((step) => stepProblem(step) === null)
}

/** Place among the steps that can run, which is how reports count; -1 where it waits. */
export function readyIndex(steps: DataStep[], index: number): number {
  const step = steps[index]
  return !step || stepProblem(step) !== null ? -1 : readySteps(steps.slice(0, index)).length
}

export function moveStep(steps: DataStep[], index: number, by: 1 | -1): DataStep[] {
  const to = index + by
  if (to < 0 || to >= steps.length) return steps
  const next = [...steps]
  const [moved] = next.splice(index, 1)
  next.splice(to, 0, moved!)
  return next
}

/** Only what the method uses. A split that needs a column and has none yet counts as random. */
export function readySplit({ method, column, ...rest }: SplitConfig): SplitConfig {
  const { test_share, ...values } = rest
  if (method === 'random' || column === null) return { ...NO_SPLIT, test_share }
  return method === 'column'
    ? { ...NO_SPLIT, method, column, ...values }
    : { ...NO_SPLIT, method, column, test_share }
}

/** What the fix changes in the recipe; null for a fix that works elsewhere (rows, settings, a question to the person). */
export function applyFix(recipe: Recipe, fix: Fix): Recipe | null {
  if (fix.kind === 'step')
    return {
      ...recipe,
      steps: [...recipe.steps, fix.step],
      mapping: { ...recipe.mapping, ...fix.mapping },
    }
  if (fix.kind === 'mapping') return { ...recipe, mapping: { ...recipe.mapping, ...fix.mapping } }
  if (fix.kind === 'split') return { ...recipe, split: { ...recipe.split, ...fix.split } }
  return null
}

const WORST = { error: 0, warning: 1, note: 2 }

/** Each finding once, the worst first; among equals, those that can be mended at a press. */
export function sortFindings(findings: Finding[]): Finding[] {
  const seen = new Map<string, Finding>()
  for (const finding of findings) {
    const key = finding.kind
      ? `${finding.kind}|${finding.column}|${finding.row}|${finding.message}`
      : `${finding.message}|${finding.row}|${finding.column}`
    const known = seen.get(key)
    if (!known || (!known.fix && finding.fix)) seen.set(key, finding)
  }
  return [...seen.values()].sort(
    (a, b) => WORST[a.severity] - WORST[b.severity] || Number(!a.fix) - Number(!b.fix),
  )
}
