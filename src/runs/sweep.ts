import { type ConfigField, configField, fieldNames } from '../protocol/config-fields.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import { type ConfigPath, canonical, identity, NOT_COUNTING } from '../protocol/identity.ts'
import { dataSeed, parseRunConfig, type RunConfig } from '../protocol/run-config.ts'
import type { FieldValue, SweepField, Trial } from '../protocol/studio.ts'

/** What is tried in a sweep: a grid of values, each of them with each of the seeds. */
export interface Sweep {
  fields: readonly SweepField[]
  /** Of training; with none, the config's own. */
  seeds: readonly number[]
}

/** A trial with the config of its run. */
export interface PlannedTrial extends Pick<Trial, 'key' | 'set' | 'seed'> {
  config: RunConfig
}

/** Runs of one queue at most. */
export const MOST_TRIALS = 100

const SECTIONS = ['training', 'lora', 'model', 'data'] as const

/** Other names, of the command line's flags and of everyday use. */
const ALIASES: Record<string, string> = {
  epochs: 'training.num_train_epochs',
  batch_size: 'training.per_device_train_batch_size',
  lora_r: 'lora.r',
  rank: 'lora.r',
  alpha: 'lora.lora_alpha',
  dropout: 'lora.lora_dropout',
}

const OTHER_ROWS = 'other rows would be held out, and scores of other rows cannot be held against each other'
const OTHER_TOKENS = 'other tokens of the held-out rows would be measured'

/** Numbers and menus that are not tried, and why. */
const NOT_TRIED: Partial<Record<ConfigPath, string>> = {
  'training.seed': 'seeds are given as seeds (--seeds): runs of one setting are then taken together',
  'data.seed': OTHER_ROWS,
  'data.validation_share': OTHER_ROWS,
  'data.format': OTHER_TOKENS,
  'training.max_length': OTHER_TOKENS,
  'training.completion_only_loss': OTHER_TOKENS,
  'training.metric_for_best_model': 'it says which checkpoint is kept, and changes no run',
}

/** Change no step of a run, but where it ends. */
const ENDS: readonly string[] = ['training.early_stopping_patience', 'training.early_stopping_threshold']

/** Every field that values can be tried of, in the order of the config. */
export function sweepFields(): string[] {
  return SECTIONS.flatMap((section) => fieldNames(section).map((name) => `${section}.${name}`)).filter(
    (path) =>
      isTried(configField(path)) &&
      NOT_TRIED[path as ConfigPath] === undefined &&
      (NOT_COUNTING[path as ConfigPath] === undefined || ENDS.includes(path)),
  )
}

const isTried = ({ kind, options = [] }: ConfigField): boolean =>
  kind === 'number' || kind === 'switch' || (kind === 'choice' && options.length > 1)

/**
 * A field by its dotted path, its own name, or a name that the command line has for it.
 * @throws LapidaryError `bad_config` where it is none, or none that values can be tried of
 */
export function sweepField(name: string): string {
  const wanted = name.trim().replaceAll('-', '_')
  const path =
    ALIASES[wanted] ??
    (wanted.includes('.')
      ? wanted
      : SECTIONS.map((section) => `${section}.${wanted}`).find((path) => isField(path)))
  if (path !== undefined && sweepFields().includes(path)) return path
  const known = path !== undefined && isField(path)
  const why = known
    ? (NOT_TRIED[path as ConfigPath] ??
      NOT_COUNTING[path as ConfigPath] ??
      'it is neither a number nor a menu')
    : null
  fail(
    'bad_config',
    known
      ? `Several values of ${wanted} cannot be tried: ${why}.`
      : `The run config has no field "${name.trim()}" to try values of.`,
    `Fields that can be tried: ${sweepFields().map(shortName).join(', ')}.`,
    { field: wanted },
  )
}

function isField(path: string): boolean {
  const [section, ...rest] = path.split('.')
  return SECTIONS.some((known) => known === section) && fieldNames(section).includes(rest.join('.'))
}

/** A field's own name; the rank is said with what it is of. */
export function shortName(path: string): string {
  return path === 'lora.r' ? 'lora_r' : path.slice(path.lastIndexOf('.') + 1)
}

/** `learning_rate=1e-3,2e-3`. @throws LapidaryError `bad_config` */
export function parseSweep(text: string): SweepField {
  const at = text.indexOf('=')
  const field = sweepField(at < 0 ? text : text.slice(0, at))
  const words = at < 0 ? [] : text.slice(at + 1).split(',')
  return { field, values: readValues(field, words) }
}

/**
 * What was written of a field, as values: at least two, none of them twice.
 * @throws LapidaryError `bad_config`, naming the field
 */
export function readValues(field: string, words: readonly string[]): FieldValue[] {
  const said = words.map((word) => word.trim()).filter((word) => word !== '')
  const name = shortName(field)
  const values = said.map((word) => readValue(field, word))
  if (values.length < 2)
    fail(
      'bad_config',
      values.length === 0
        ? `No values of ${name} are given.`
        : `${name} has one value only, ${values[0]}: it does not vary.`,
      `Give two or more, with commas: ${name}=${example(configField(field))}.`,
      { field },
    )
  const twice = values.find((value, i) => values.indexOf(value) !== i)
  if (twice !== undefined)
    fail(
      'bad_config',
      `${name} has ${twice} twice.`,
      'Give each value once; runs again are what seeds are for.',
      {
        field,
        found: twice,
      },
    )
  for (const value of values) withValue(parseRunConfig({}), field, value)
  return values
}

function example({ kind, options = [], limits }: ConfigField): string {
  if (kind === 'choice') return options.slice(0, 2).join(',')
  if (kind === 'switch') return 'true,false'
  return limits?.whole ? '8,16' : '1e-4,2e-4'
}

function readValue(field: string, word: string): FieldValue {
  const { kind, nullable } = configField(field)
  if (word === 'null' && nullable) return null
  if (kind === 'switch' && (word === 'true' || word === 'false')) return word === 'true'
  if (kind !== 'number') return word
  const number = Number(word)
  if (!Number.isFinite(number))
    fail(
      'bad_config',
      `"${word}" of ${shortName(field)} is no number.`,
      'Give numbers, with commas between.',
      {
        field,
        found: word,
      },
    )
  return number
}

/** @throws LapidaryError `bad_config` where the value is not one of the field */
function withValue(config: RunConfig, field: string, value: FieldValue): RunConfig {
  const [section, name] = field.split('.') as ['training', string]
  return parseRunConfig({ ...config, [section]: { ...config[section], [name]: value } })
}

/**
 * Every run of a sweep, the values of the last field changing first, the seeds before them. Over seeds the same rows are learnt and held out.
 * @throws LapidaryError `bad_config` where something does not vary, naming it, or where there are too many
 */
export function planTrials(config: RunConfig, { fields, seeds }: Sweep): PlannedTrial[] {
  const named = fields.map(({ field }) => field)
  const again = named.find((field, i) => named.indexOf(field) !== i)
  if (again !== undefined)
    fail('bad_config', `${shortName(again)} is given twice.`, 'Give all of its values at once.', {
      field: again,
    })
  const seedAgain = seeds.find((seed, i) => seeds.indexOf(seed) !== i)
  if (seedAgain !== undefined)
    fail('bad_config', `The seed ${seedAgain} is given twice.`, 'The same seed gives the same run.', {
      field: 'training.seed',
      found: seedAgain,
    })
  if (fields.length === 0 && seeds.length < 2)
    fail(
      'bad_config',
      seeds.length === 1 ? 'One seed only: nothing varies.' : 'Nothing varies: there would be one run only.',
      'Choose a field and two or more values of it, or two or more seeds.',
      { field: 'training.seed' },
    )
  const count = fields.reduce((product, { values }) => product * values.length, Math.max(1, seeds.length))
  if (count > MOST_TRIALS)
    fail(
      'bad_config',
      `That makes ${count} runs; ${MOST_TRIALS} are the most.`,
      'Try fewer values, or fewer seeds.',
      {
        runs: count,
      },
    )
  let grid: Pick<PlannedTrial, 'set' | 'config'>[] = [{ set: [], config }]
  for (const { field, values } of fields)
    grid = grid.flatMap((cell) =>
      values.map((value) => ({
        set: [...cell.set, { field, value }],
        config: withValue(cell.config, field, value),
      })),
    )
  for (const one of fields) requireEffect(config, one, named)
  const each = seeds.length === 0 ? [null] : seeds
  return grid.flatMap(({ set, config }) =>
    each.map((seed): PlannedTrial => {
      const own = seed === null ? config : withSeed(config, seed)
      return { key: keyOf(set, seed), set, seed, config: own }
    }),
  )
}

const keyOf = (set: Trial['set'], seed: number | null): string =>
  [
    ...set.map(({ field, value }) => `${shortName(field)}=${value}`),
    ...(seed === null ? [] : [`seed=${seed}`]),
  ].join(' ')

/** Another seed of training; the rows are drawn as before. */
export function withSeed(config: RunConfig, seed: number): RunConfig {
  const { data, training } = config
  return parseRunConfig({
    ...config,
    data: { ...data, seed: dataSeed(config) },
    training: { ...training, seed },
  })
}

/** @throws LapidaryError `bad_config` for a field whose values all give the same run */
function requireEffect(config: RunConfig, { field, values }: SweepField, named: readonly string[]): void {
  const why = ignored(config, field, named)
  const same = new Set(values.map((value) => identity(withValue(config, field, value)))).size < values.length
  if (why === null && (!same || ENDS.includes(field))) return
  fail(
    'bad_config',
    `${shortName(field)} changes nothing here: ${why ?? 'its values give the same run'}.`,
    'Leave it out, or change what it hangs on.',
    { field },
  )
}

/** Why a field is of no effect beside the others; null: it has one. */
function ignored({ training }: RunConfig, field: string, named: readonly string[]): string | null {
  const varies = (path: string) => named.includes(path)
  if (field === 'training.num_train_epochs' && training.max_steps > 0 && !varies('training.max_steps'))
    return `the run is ${training.max_steps} steps long (max_steps)`
  if (
    field === 'training.warmup_steps' &&
    training.lr_scheduler_type === 'constant' &&
    !varies('training.lr_scheduler_type')
  )
    return 'a constant learning rate has no warm-up'
  if (
    field === 'training.early_stopping_threshold' &&
    training.early_stopping_patience === null &&
    !varies('training.early_stopping_patience')
  )
    return 'no run stops early (early_stopping_patience)'
  return null
}

/** Whether two trials are of one setting, whatever their seeds. */
export const sameSetting = (a: Pick<Trial, 'set'>, b: Pick<Trial, 'set'>): boolean =>
  canonical(a.set) === canonical(b.set)

/** The config of a queue's trial. @throws LapidaryError `bad_config` */
export function trialConfig(base: RunConfig, { set, seed }: Pick<Trial, 'set' | 'seed'>): RunConfig {
  const config = set.reduce((config, { field, value }) => withValue(config, field, value), base)
  return seed === null ? config : withSeed(config, seed)
}

/** A list of seeds as it was written. @throws LapidaryError `bad_config` */
export function readSeeds(words: readonly string[]): number[] {
  return words
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => {
      const seed = Number(word)
      try {
        return parseRunConfig({ training: { seed } }).training.seed
      } catch (error) {
        const { message, detail } = toFailure(error)
        return fail('bad_config', message, 'Seeds are whole numbers, with commas between.', detail)
      }
    })
}
