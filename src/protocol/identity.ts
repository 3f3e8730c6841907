import { defaultRunConfig, type RunConfig } from './run-config.ts'

/**
 * Which fields of a run's config decide what: the one description that a run's identity, the key of its token table and
 * the caches of its preparation are made from. A field that is not named here counts for all of them.
 */

/** Results on the way from a file to a curve, each made from the one before it. */
const STAGES = ['rows', 'examples', 'tokens', 'curve'] as const
export type ConfigStage = (typeof STAGES)[number]

/** Fields and sections by dotted path. */
export type ConfigPath = Paths<RunConfig>
type Paths<T, Before extends string = ''> = {
  [Key in keyof T & string]: `${Before}${Key}` | Inside<NonNullable<T[Key]>, `${Before}${Key}.`>
}[keyof T & string]
type Inside<T, Before extends string> = T extends readonly unknown[]
  ? never
  : T extends object
    ? string extends keyof T
      ? never
      : Paths<T, Before>
    : never

/** Of no effect on the curve, and why: a run may be resumed under another value. */
export const NOT_COUNTING: Partial<Record<ConfigPath, string>> = {
  version: 'the form of the file',
  'model.id': 'a name; weights are known by their hash',
  'model.hash': 'held against the base model by itself',
  'data.name': 'a name; rows are known by their hash',
  'data.hash': 'the token table is held against its own hash',
  'data.task': 'how a run is judged changes no step of it',
  'data.reading.text': "part of the data set's hash",
  'data.reading.sheet': "part of the data set's hash",
  'data.reading.encoding': "part of the data set's hash",
  'data.reading.header_row': "part of the data set's hash",
  'data.reading.quotes': "part of the data set's hash",
  'data.reading.skip_initial_space': "part of the data set's hash",
  'data.reading.max_gigabytes': 'a limit on what is read changes no row of it',
  'training.greater_is_better': 'the metric says it by itself',
  'training.early_stopping_patience': 'when a run ends changes no step before that',
  'training.early_stopping_threshold': 'as the patience',
  'training.save_total_limit': 'what is kept of a run changes no step of it',
  'engine.kind': 'engines agree, and states move between them',
  'engine.portable_backend': 'as the kind of engine',
  'engine.recompute': 'every policy gives the same bits',
  'engine.memory_budget': 'decides about recomputation only',
  'engine.default_limits': 'decides about memory and tiles; choices are recorded',
  'engine.choices': 'those of the checkpoint are binding',
  'start.run': 'a name; the adapter is known by its hash',
  'start.checkpoint': 'as the run',
  'start.name': 'a name; the adapter is known by its hash',
}

/** The first result that depends on a field or on a section, where that is not the first of all. */
export const FIRST_HEEDED: Partial<Record<ConfigPath, Exclude<ConfigStage, 'rows'>>> = {
  'data.prompt': 'examples',
  'data.response': 'examples',
  'data.system': 'examples',
  'data.messages': 'examples',
  'data.text': 'examples',
  'data.input': 'examples',
  'data.template': 'examples',
  'data.labels': 'examples',
  'data.split': 'examples',
  'data.corrections': 'examples',
  'data.augment': 'examples',
  'data.validation_share': 'examples',
  'data.train_share': 'examples',
  'data.format': 'tokens',
  'training.max_length': 'tokens',
  'training.completion_only_loss': 'tokens',
  'training.learning_rate': 'curve',
  'training.num_train_epochs': 'curve',
  'training.max_steps': 'curve',
  'training.per_device_train_batch_size': 'curve',
  'training.gradient_accumulation_steps': 'curve',
  'training.packing': 'curve',
  'training.packing_strategy': 'curve',
  'training.lr_scheduler_type': 'curve',
  'training.warmup_steps': 'curve',
  'training.weight_decay': 'curve',
  'training.adam_beta1': 'curve',
  'training.adam_beta2': 'curve',
  'training.adam_epsilon': 'curve',
  'training.max_grad_norm': 'curve',
  'training.eval_steps': 'curve',
  'training.save_steps': 'curve',
  'training.metric_for_best_model': 'curve',
  'model.quantization': 'curve',
  lora: 'curve',
  start: 'curve',
}

/** Of the fields of training, those that have come since. */
const SINCE = new Set(['training.metric_for_best_model'])

/**
 * Written into every identity since there have been runs. Whatever has come since, and will come, is written where it
 * differs from its default: older checkpoints stay good.
 */
const ALWAYS_WRITTEN = new Set<string>([
  ...['prompt', 'response', 'system', 'messages', 'text', 'validation_share'].map((name) => `data.${name}`),
  ...Object.keys(FIRST_HEEDED).filter((path) => path.startsWith('training.') && !SINCE.has(path)),
  'training.seed',
  ...['r', 'lora_alpha', 'lora_dropout', 'target_modules', 'use_rslora'].map((name) => `lora.${name}`),
])

/** What a run file may have to leave out, as it quotes rows: that the same was learnt, the hash of the token table says. */
export const HELD_BY_TOKENS: readonly string[] = ['data.corrections']

/** Sections are looked into; what is named as a whole below the top level is one value. */
const SECTIONS = new Set(
  [...Object.keys(NOT_COUNTING), ...Object.keys(FIRST_HEEDED)].flatMap((path) => {
    const parts = path.split('.')
    return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('.'))
  }),
)

/** Every value that a stage's result depends on, by dotted path, in the order of the config. */
export function heeded(config: RunConfig, stage: ConfigStage): Map<string, unknown> {
  const found = new Map<string, unknown>()
  const place = STAGES.indexOf(stage)
  const walk = (value: unknown, path: string, from: number) => {
    if (path in NOT_COUNTING) return
    const named = FIRST_HEEDED[path as ConfigPath]
    const first = named ? STAGES.indexOf(named) : from
    if (isSection(value, path))
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`, first)
    else if (first <= place) found.set(path, value)
  }
  for (const [key, value] of Object.entries(config)) walk(value, key, 0)
  return found
}

function isSection(value: unknown, path: string): value is object {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value)
  return plain && (!path.includes('.') || SECTIONS.has(path))
}

/** Of those, the ones that differ from their defaults and are not among `besides`. */
export function unusual(
  config: RunConfig,
  stage: ConfigStage,
  besides: ReadonlySet<string>,
): [path: string, value: unknown][] {
  const none = heeded(defaultRunConfig(), stage)
  return [...heeded(config, stage)].filter(
    ([path, value]) => !besides.has(path) && canonical(value) !== canonical(none.get(path)),
  )
}

/**
 * The part of a config that the curve depends on, in one canonical order. Two configs of one identity, on the same tokens
 * and base model, are the same run.
 */
export function identity(config: RunConfig): string {
  const always = [...heeded(config, 'curve')].filter(([path]) => ALWAYS_WRITTEN.has(path))
  const besides = new Set([...ALWAYS_WRITTEN, ...HELD_BY_TOKENS])
  const written: Record<string, unknown> = {}
  for (const [path, value] of [...always, ...unusual(config, 'curve', besides)]) {
    const parts = path.split('.')
    const last = parts.pop()!
    let place = written
    for (const part of parts) place = (place[part] ??= {}) as Record<string, unknown>
    place[last] = value
  }
  return canonical(written)
}

/** JSON with the keys of every object sorted. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, v]) => `${JSON.stringify(key)}:${canonical(v)}`).join(',')}}`
}
