import * as v from 'valibot'
import { type DataStep, DataStepSchema, NO_SPLIT, type SplitConfig } from '../../protocol/data-steps.ts'
import { dataFor, mappingOf, NO_MAPPING } from '../../protocol/recipe.ts'
import { type DataConfig, defaultRunConfig } from '../../protocol/run-config.ts'
import type {
  ChatFormat,
  ColumnInfo,
  ColumnRoles,
  DatasetInfo,
  Fix,
  Guess,
  Mapping,
} from '../../protocol/studio.ts'

export type Role = keyof ColumnRoles

/** What a row holds. */
export type Kind = 'pair' | 'messages' | 'text'

export const NO_DATA = defaultRunConfig().data

/** A guess as a whole mapping; those of older visits lack what has come since. */
export function guessed({ reason: _, ...guess }: Guess): Required<Mapping> {
  return { ...NO_MAPPING, ...guess }
}

export function isMapped(mapping: Mapping): boolean {
  const { prompt, template, response, messages, text } = tidyMapping(mapping)
  return messages !== null || text !== null || ((prompt !== null || template !== null) && response !== null)
}

export function kindOf({ messages, text }: Mapping): Kind {
  return messages !== null ? 'messages' : text !== null ? 'text' : 'pair'
}

/** A first mapping of a kind: the guess where it is of that kind, else the likeliest columns. */
export function mappingOfKind(kind: Kind, guess: Guess, columns: readonly ColumnInfo[]): Required<Mapping> {
  const mapping = guessed(guess)
  if (kindOf(mapping) === kind) return mapping
  const first = (...types: ColumnInfo['type'][]) =>
    columns.find((column) => types.includes(column.type))?.name ?? columns[0]?.name ?? null
  if (kind === 'messages') return { ...NO_MAPPING, messages: first('list', 'object') }
  return { ...NO_MAPPING, [kind === 'text' ? 'text' : 'prompt']: first('text') }
}

/** One role for a column; the three ways of mapping (two columns, messages, text) exclude one another. */
export function withRole(mapping: Required<Mapping>, role: Role, column: string | null): Required<Mapping> {
  const next = { ...mapping, [role]: column }
  if (column === null) return next
  const pair = { prompt: null, response: null, input: null, template: null, labels: null }
  // A system text goes along with other conversations, not with another kind of mapping.
  const system = mapping.messages === null ? null : mapping.system
  if (role === 'messages') Object.assign(next, pair, { text: null, system })
  else if (role === 'text') Object.assign(next, pair, { messages: null, system: null })
  else if (role === 'system') Object.assign(next, { text: null })
  else Object.assign(next, { messages: null, text: null })
  if (role === 'prompt') next.template = null
  if (role === 'response' && mapping.response !== column) next.labels = null
  for (const other of ['prompt', 'response', 'system', 'messages'] as const)
    if (other !== role && next[other] === column) next[other] = null
  if (next.input === column) next.input = null
  return next
}

/**
 * Without what is left out, empty, or of another kind of mapping, so that two ways of saying the same make the same
 * request, and nothing stale goes into a run.
 */
export function tidyMapping(mapping: Mapping): Required<Mapping> {
  const { prompt, response, system, messages, text, input } = mapping
  if (messages !== null) return { ...NO_MAPPING, messages, system }
  if (text !== null) return { ...NO_MAPPING, text }
  const template = mapping.template?.trim() ? mapping.template : null
  const asks = template !== null || prompt !== null
  const words = Object.entries(mapping.labels ?? {}).filter(([, word]) => word.trim() !== '')
  return {
    ...NO_MAPPING,
    prompt: template ? null : prompt,
    response,
    system: asks ? system : null,
    input: asks && input ? input : null,
    template,
    labels: words.length > 0 && response !== null ? Object.fromEntries(words) : null,
  }
}

/** Plain text is not a chat: it has no format but the model's. */
export function readyFormat(data: DataConfig): ChatFormat {
  return kindOf(data) === 'text' ? 'template' : data.format
}

/** What a run can be given of what is being set up: only what is complete and of use. */
export function readyData(data: DataConfig): DataConfig {
  return {
    ...data,
    ...tidyMapping(mappingOf(data)),
    format: readyFormat(data),
    steps: readySteps(data.steps),
    split: readySplit(data.split),
  }
}

/** How a data set is prepared that was opened without a config: as it is guessed, with what was chosen before it was opened. */
export function freshData(
  info: Pick<DatasetInfo, 'guess' | 'splitGuess'>,
  { reading, validation_share }: Pick<DataConfig, 'reading' | 'validation_share'>,
): DataConfig {
  return dataFor({ ...NO_DATA, reading, validation_share }, info)
}

/** What a run config says of the data set itself, so that it can be found and read again. */
export function dataIdentity({
  name,
  hash,
  reading,
}: Pick<DatasetInfo, 'name' | 'hash' | 'reading'>): Pick<DataConfig, 'name' | 'hash' | 'reading'> {
  return { name, hash, reading: { ...NO_DATA.reading, ...reading } }
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

/** The data section with what the fix changes; null for a fix that works elsewhere (rows, settings, a question to the person). */
export function applyFix(data: DataConfig, fix: Fix): DataConfig | null {
  if (fix.kind === 'step') return { ...data, steps: [...data.steps, fix.step], ...fix.mapping }
  if (fix.kind === 'mapping') return { ...data, ...fix.mapping }
  if (fix.kind === 'split') return { ...data, split: { ...data.split, ...fix.split } }
  return null
}
