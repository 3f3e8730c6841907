import * as v from 'valibot'
import { AugmentSchema, CorrectionSchema, DataStepSchema, SplitSchema } from './data-steps.ts'
import { fail, LapidaryError } from './errors.ts'
import { PROJECTIONS, type Projection } from './model.ts'

/**
 * `run.json`. Inside `training` and `lora`, names, defaults and meaning are those of TRL 1.16's `SFTConfig` and
 * PEFT 0.21's `LoraConfig`, so that a config can be handed over in either direction.
 */
export const RUN_CONFIG_VERSION = 1

const finite = v.pipe(v.number(), v.finite())
const from = (low: number, high: number) => v.pipe(finite, v.minValue(low), v.maxValue(high))
const whole = (low: number, high: number) => v.pipe(finite, v.integer(), v.minValue(low), v.maxValue(high))
const above = (low: number, high: number) => v.pipe(finite, v.gtValue(low), v.maxValue(high))

const TrainingSchema = v.strictObject({
  learning_rate: v.optional(above(0, 1), 2e-5),
  /** Ignored where max_steps is above 0. */
  num_train_epochs: v.optional(above(0, 10_000), 3),
  max_steps: v.optional(v.union([v.literal(-1), whole(1, 10_000_000)]), -1),
  per_device_train_batch_size: v.optional(whole(1, 4096), 8),
  gradient_accumulation_steps: v.optional(whole(1, 4096), 1),
  /** Tokens an example may have (the rest is cut off), and with packing the length of a packed row. */
  max_length: v.optional(whole(2, 131_072), 1024),
  packing: v.optional(v.boolean(), false),
  packing_strategy: v.optional(v.picklist(['bfd']), 'bfd'),
  /** null: on for prompt-and-response data and conversations. */
  completion_only_loss: v.optional(v.nullable(v.boolean()), null),
  lr_scheduler_type: v.optional(
    v.picklist(['linear', 'cosine', 'constant', 'constant_with_warmup']),
    'linear',
  ),
  /** A count of optimizer steps, or below 1 a share of all of them (rounded up). */
  warmup_steps: v.optional(
    v.pipe(
      from(0, 10_000_000),
      v.check((x) => x < 1 || Number.isInteger(x), 'must be a whole number, or a share below 1'),
    ),
    0,
  ),
  weight_decay: v.optional(from(0, 10), 0),
  adam_beta1: v.optional(from(0, 0.999999), 0.9),
  adam_beta2: v.optional(from(0, 0.99999999), 0.999),
  adam_epsilon: v.optional(above(0, 1), 1e-8),
  /** 0 switches clipping off. */
  max_grad_norm: v.optional(from(0, 1e6), 1),
  /** Steps between validation passes; null: once an epoch where there is a validation split. */
  eval_steps: v.optional(v.nullable(whole(1, 10_000_000)), null),
  /** Steps between checkpoints. */
  save_steps: v.optional(whole(1, 10_000_000), 500),
  /** Checkpoints that are kept, the newest and the best among them always; null: the newest, the one before it and the best. */
  save_total_limit: v.optional(v.nullable(whole(1, 10_000)), null),
  /** The figure of the evaluations by which a checkpoint is the best. */
  metric_for_best_model: v.optional(v.picklist(['eval_loss', 'eval_mean_token_accuracy']), 'eval_loss'),
  /** What the metric says by itself; null: that. */
  greater_is_better: v.optional(v.nullable(v.boolean()), null),
  /** Evaluations in a row that may bring nothing better before the run ends; null: it goes on to its last step. */
  early_stopping_patience: v.optional(v.nullable(whole(1, 10_000)), null),
  /** By how much an evaluation must be better to count, in the metric's unit. */
  early_stopping_threshold: v.optional(from(0, 1000), 0),
  seed: v.optional(whole(0, 4_294_967_295), 42),
})

const LoraSchema = v.strictObject({
  r: v.optional(whole(1, 256), 8),
  lora_alpha: v.optional(above(0, 65_536), 8),
  lora_dropout: v.optional(from(0, 0.95), 0),
  /** null: PEFT's default for Gemma (q_proj and v_proj). */
  target_modules: v.optional(
    v.nullable(
      v.union([
        v.literal('all-linear'),
        v.pipe(v.array(v.picklist(PROJECTIONS)), v.minLength(1, 'must name a module')),
      ]),
    ),
    null,
  ),
  use_rslora: v.optional(v.boolean(), false),
})

/** How a file is read, where it leaves a choice; null: as the studio reads it by itself. */
const ReadingSchema = v.strictObject({
  /** What a row of plain text is; by itself a paragraph where its lines are wrapped, else a line. Paragraphs end at blank lines. */
  text: v.optional(v.nullable(v.picklist(['line', 'paragraph', 'file'])), null),
  /** Sheet of a workbook; by itself the first that has rows. */
  sheet: v.optional(v.nullable(v.string()), null),
  /** Of text files: any label that `TextDecoder` knows (`gb18030`, `windows-1251`, `shift_jis`); by itself told by content. */
  encoding: v.optional(v.nullable(v.string()), null),
  /**
   * Line of a CSV file, or row of a sheet, with the names of the columns: 1 for the first, 0 where there is none. By itself the
   * first that is not empty, lines of a title above it left out.
   */
  header_row: v.optional(v.nullable(whole(0, 1_048_576)), null),
  /** Of CSV: `none` takes quotes as characters like others, as in many files of tab-separated sentences. */
  quotes: v.optional(v.nullable(v.picklist(['csv', 'none'])), null),
  /** Of CSV: whether blanks behind a delimiter belong to no field; by itself where they stand before quotes. */
  skip_initial_space: v.optional(v.nullable(v.boolean()), null),
  /**
   * Gigabytes that the data may take unpacked, in memory and to be fetched from a server that does not say how much it sends. By
   * itself 0.5 unpacked from archives and 1 in memory.
   */
  max_gigabytes: v.optional(v.nullable(from(0.001, 64)), null),
})

/** The formats that heed each way of reading, as readers name them. */
export const READING_FORMATS: Record<keyof DataConfig['reading'], readonly string[]> = {
  text: ['text'],
  sheet: ['xlsx'],
  encoding: ['csv', 'json', 'text'],
  header_row: ['csv', 'xlsx'],
  quotes: ['csv'],
  skip_initial_space: ['csv'],
  // Of whatever is opened, and never a part of what comes of it.
  max_gigabytes: [],
}

const DataSchema = v.strictObject({
  /** File name or data set id, for people and for finding the data again. */
  name: v.optional(v.string(), ''),
  /** SHA-256 of the file's bytes, hex; with `reading`, of that and these. */
  hash: v.optional(v.nullable(v.string()), null),
  /** How the file was read. */
  reading: v.optional(ReadingSchema, {}),
  prompt: v.optional(v.nullable(v.string()), null),
  response: v.optional(v.nullable(v.string()), null),
  system: v.optional(v.nullable(v.string()), null),
  messages: v.optional(v.nullable(v.string()), null),
  text: v.optional(v.nullable(v.string()), null),
  /** Column put after the prompt where it has something in it. */
  input: v.optional(v.nullable(v.string()), null),
  /** Prompt written over several columns, in place of `prompt`. */
  template: v.optional(v.nullable(v.string()), null),
  /**
   * How answers are judged, and all that goes by it: `labels`, one of a few; `json` and `calls`, field by field; `text`, any other answer;
   * `plain`, text that is gone on with. Null: as the rows show it.
   */
  task: v.optional(v.nullable(v.picklist(['labels', 'json', 'calls', 'text', 'plain'])), null),
  /** Words for the values of the response column. */
  labels: v.optional(v.nullable(v.record(v.string(), v.string())), null),
  /**
   * How conversations become tokens: `template`, the chat template that came with the model; `kauldron`, as
   * `gm.data.Seq2SeqTask` of the `gemma` package does.
   */
  format: v.optional(v.picklist(['template', 'kauldron']), 'template'),
  /** Preprocessing, in order. */
  steps: v.optional(v.pipe(v.array(DataStepSchema), v.maxLength(200)), []),
  split: v.optional(SplitSchema, {}),
  augment: v.optional(AugmentSchema, {}),
  /** Answers put right by hand. */
  corrections: v.optional(v.pipe(v.array(CorrectionSchema), v.maxLength(10_000)), []),
  /** Share of rows held out for validation, drawn by seed. */
  validation_share: v.optional(from(0, 0.9), 0.1),
  /**
   * Share of the training rows that is learnt from, drawn by seed, each label in its share where answers are labels: a smaller share is
   * part of a larger one, and the rows that are held out stay the same.
   */
  train_share: v.optional(above(0, 1), 1),
  /** By which rows are drawn: to be held out, by steps, to be made more of; null: by `training.seed`. */
  seed: v.optional(v.nullable(whole(0, 4_294_967_295)), null),
})

const ModelSchema = v.strictObject({
  /** `pebble`, or the name of a stored or given model. */
  id: v.optional(v.string(), 'pebble'),
  /** SHA-256 over the weights' manifest, hex; filled in by the run. */
  hash: v.optional(v.nullable(v.string()), null),
  /**
   * What the frozen base is held in, on GGUF's grids of 32 weights with a scale: `int8` (Q8_0), or `int4` (Q4_0; the words' own matrix in
   * `int8`). Null: as the model is stored; what is as narrow already stays.
   */
  quantization: v.optional(v.nullable(v.picklist(['int8', 'int4'])), null),
})

const EngineSchema = v.strictObject({
  kind: v.optional(v.picklist(['auto', 'webgpu', 'portable']), 'auto'),
  /** What the portable engine runs on. */
  portable_backend: v.optional(v.picklist(['auto', 'wasm', 'webgpu', 'cpu']), 'auto'),
  recompute: v.optional(v.picklist(['auto', 'nothing', 'cheap', 'layer']), 'auto'),
  /** Bytes that a run may take; null: by the kind of adapter, or what the portable engine does well with. */
  memory_budget: v.optional(v.nullable(whole(1_000_000, Number.MAX_SAFE_INTEGER)), null),
  /** Run within WebGPU's default limits even where the adapter offers more. */
  default_limits: v.optional(v.boolean(), false),
  /** Numeric choices made by the engine; filled in by the run, binding when resumed. */
  choices: v.optional(v.record(v.string(), v.string()), {}),
})

const hash = v.optional(v.nullable(v.string()), null)

/** What a run's adapter begins as; its optimizer's moments begin at zero in any case. */
const StartSchema = v.variant('from', [
  /** PEFT's initial adapter, drawn by seed. */
  v.strictObject({ from: v.literal('nothing') }),
  /** The adapter of a stored run. */
  v.strictObject({
    from: v.literal('run'),
    run: v.string(),
    /** The newest, the best, or that of a step. */
    checkpoint: v.optional(v.union([v.picklist(['last', 'best']), whole(1, 1_000_000_000)]), 'last'),
    /** SHA-256 over the adapter's tensors, hex; filled in by the run, binding where it is given. */
    hash,
  }),
  /** A folder of PEFT's layout. */
  v.strictObject({ from: v.literal('adapter'), name: v.string(), hash }),
])

export const RunConfigSchema = v.strictObject({
  version: v.optional(v.literal(RUN_CONFIG_VERSION), RUN_CONFIG_VERSION),
  model: v.optional(ModelSchema, {}),
  data: v.optional(DataSchema, {}),
  training: v.optional(TrainingSchema, {}),
  lora: v.optional(LoraSchema, {}),
  engine: v.optional(EngineSchema, {}),
  start: v.optional(StartSchema, { from: 'nothing' }),
})

export type TrainingConfig = v.InferOutput<typeof TrainingSchema>
export type LoraConfig = v.InferOutput<typeof LoraSchema>
export type DataConfig = v.InferOutput<typeof DataSchema>
export type EngineConfig = v.InferOutput<typeof EngineSchema>
export type StartConfig = v.InferOutput<typeof StartSchema>
export type RunConfig = v.InferOutput<typeof RunConfigSchema>

const SECTIONS = Object.keys(RunConfigSchema.entries)

/**
 * Reads a run config, filling defaults in. Also takes the flat form: TRL's names at the top, with a `lora` object.
 * @throws LapidaryError `bad_config`, naming the first offending field.
 */
export function parseRunConfig(input: unknown): RunConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    fail(
      'bad_config',
      'A run config must be a JSON object.',
      'Start from {"training": {...}, "lora": {...}}.',
    )
  const version = (input as { version?: unknown }).version
  if (typeof version === 'number' && version > RUN_CONFIG_VERSION)
    fail(
      'bad_config',
      `This run config is of version ${version}; this Lapidary reads up to version ${RUN_CONFIG_VERSION}.`,
      'Open it with a newer Lapidary.',
      { field: 'version', found: version },
    )
  const result = v.safeParse(RunConfigSchema, nested(input as Record<string, unknown>))
  if (result.success) return result.output
  const issue = result.issues[0]
  const field = v.getDotPath(issue) ?? ''
  const unknown = issue.expected === 'never'
  const missing = issue.received === 'undefined'
  throw new LapidaryError({
    code: 'bad_config',
    message: unknown
      ? `Unknown field "${field}" in the run config.`
      : missing
        ? `Field "${field}" of the run config is missing.`
        : `Field "${field}" of the run config: ${describe(issue)}.`,
    hint: unknown
      ? 'Remove it, or check its spelling: names are those of TRL SFTConfig and PEFT LoraConfig.'
      : `${missing ? 'Add it' : 'Correct the value'}; docs/config.md lists every field with its range.`,
    detail: { field, found: issue.received },
  })
}

export function defaultRunConfig(): RunConfig {
  return parseRunConfig({})
}

/** The seed by which rows are drawn. */
export function dataSeed({ data, training }: Pick<RunConfig, 'data' | 'training'>): number {
  return data.seed ?? training.seed
}

/** The projections that LoRA is put on. */
export function targetModules(lora: LoraConfig): Projection[] {
  if (lora.target_modules === null) return ['q_proj', 'v_proj']
  if (lora.target_modules === 'all-linear') return [...PROJECTIONS]
  return PROJECTIONS.filter((name) => (lora.target_modules as string[]).includes(name))
}

/** The same config in one spelling: `null`, `all-linear` and a list in any order may name the same modules. */
export function spelledOut(config: RunConfig): RunConfig {
  const modules = targetModules(config.lora)
  const target_modules = modules.length === PROJECTIONS.length ? 'all-linear' : modules
  return { ...config, lora: { ...config.lora, target_modules } }
}

/** LoRA's scaling: alpha / r, or alpha / sqrt(r) with rank-stabilised LoRA. */
export function loraScaling(lora: LoraConfig): number {
  return lora.lora_alpha / (lora.use_rslora ? Math.sqrt(lora.r) : lora.r)
}

function nested(input: Record<string, unknown>): Record<string, unknown> {
  const flat = Object.entries(input).filter(([key]) => key in TrainingSchema.entries)
  if (flat.length === 0) return input
  const rest = Object.fromEntries(Object.entries(input).filter(([key]) => SECTIONS.includes(key)))
  const unknown = Object.keys(input).find(
    (key) => !SECTIONS.includes(key) && !(key in TrainingSchema.entries),
  )
  if (unknown) return { ...rest, [unknown]: input[unknown] }
  const { training = {} } = rest
  if (typeof training !== 'object' || training === null) return rest
  const said = training as Record<string, string | number | boolean | null>
  for (const [name, value] of flat)
    if (name in said && said[name] !== value)
      fail(
        'bad_config',
        `"${name}" stands twice in the run config: ${JSON.stringify(value)} at the top, ${JSON.stringify(said[name])} in "training".`,
        'Leave one of the two out.',
        { field: `training.${name}`, found: JSON.stringify(value), nested: said[name]! },
      )
  return { ...rest, training: { ...said, ...Object.fromEntries(flat) } }
}

function describe(issue: v.BaseIssue<unknown>): string {
  // Of a list, the item that is wrong says more than that the list is.
  const item = issue.issues?.find(({ path }) => path?.length)
  if (item) return describe(item)
  if (issue.type === 'min_length') return String(issue.message)
  if (issue.type === 'min_value')
    return `${issue.received} is below the least allowed, ${String(issue.requirement)}`
  if (issue.type === 'max_value')
    return `${issue.received} is above the most allowed, ${String(issue.requirement)}`
  if (issue.type === 'gt_value') return `${issue.received} must be above ${String(issue.requirement)}`
  if (issue.type === 'check') return `${issue.received} ${issue.message}`
  return `${inWords(issue.received)} is not ${inWords(issue.expected ?? 'allowed')}`
}

const WORDS: Record<string, string> = {
  Object: 'an object',
  Array: 'a list',
  number: 'a number',
  integer: 'a whole number',
  string: 'text',
  boolean: 'true or false',
}

/** What the schema expects or got, `("a" | Array)`, for people: `"a" or a list`. */
function inWords(said: string): string {
  const words = said.replace(/^\((.*)\)$/, '$1').split(' | ')
  const last = words.map((word) => WORDS[word] ?? word)
  const end = last.pop()!
  return last.length > 0 ? `${last.join(', ')} or ${end}` : end
}
