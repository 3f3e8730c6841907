import { createMemo, createSignal } from 'solid-js'
import { configField, fieldNames } from '../../protocol/config-fields.ts'
import { type ConfigPath, canonical } from '../../protocol/identity.ts'
import {
  type DataConfig,
  defaultRunConfig,
  parseRunConfig,
  type RunConfig,
} from '../../protocol/run-config.ts'
import { readyData } from './data-recipe.ts'
import {
  checkNumber,
  checkWarmup,
  type FieldProblem,
  gigabytesOf,
  LORA_LIMITS,
  type LoraNumber,
  MEMORY_LIMITS,
  TRAINING_LIMITS,
  type TrainingNumber,
} from './fields.ts'

export type Draft = ReturnType<typeof createDraft>
export type Problems = ReadonlyMap<TrainingNumber | LoraNumber | 'memory_budget', FieldProblem>

/**
 * The one run config that is being set up; settings, columns and the choice of model and engine are views of it. Values may
 * be wrong while someone types (an empty field is NaN, a step still lacks its text): `problems` marks the numbers, and
 * `ready` is the config that a run can have, null as long as there is one.
 */
export function createDraft(initial: RunConfig = defaultRunConfig()) {
  const [config, setConfig] = createSignal(initial)
  const part = <Section extends keyof RunConfig>(section: Section) => createMemo(() => config()[section])
  /** A data section that came from elsewhere is used as it is, until something in it is changed. */
  let given: DataConfig | null = null

  const ready = createMemo(() => readyConfig(config(), config().data === given))
  /** The config to ask about the data with: where a number is wrong just now, as it was when it was right. */
  const usable = createMemo<RunConfig>(
    (before) => ready() ?? readyConfig(mended(config(), before), config().data === given) ?? before,
    defaultRunConfig(),
  )

  function change<Section extends Exclude<keyof RunConfig, 'version' | 'start'>>(
    section: Section,
    part: Partial<RunConfig[Section]>,
  ): void {
    setConfig((now) => ({ ...now, [section]: { ...now[section], ...part } }))
  }

  return {
    config,
    data: part('data'),
    training: part('training'),
    lora: part('lora'),
    engine: part('engine'),
    model: part('model'),
    start: part('start'),
    problems: createMemo(() => problemsOf(config())),
    ready,
    usable,
    change,
    resetUnshown: () =>
      setConfig((now) => {
        const none = defaultRunConfig()
        return unshown(now).reduce((config, [path]) => withValue(config, path, valueAt(none, path)), now)
      }),
    setStart: (start: RunConfig['start']) => setConfig((now) => ({ ...now, start })),
    /** Sections as they are elsewhere, word for word. */
    take(sections: Partial<RunConfig>): void {
      if (sections.data) given = sections.data
      setConfig((now) => ({ ...now, ...sections }))
    },
  }
}

/** Fields that no form of the page shows. */
const UNSHOWN = [
  'training.greater_is_better',
  'engine.recompute',
  'engine.default_limits',
  'engine.choices',
  'data.augment.rewordings',
  'data.augment.noise',
  'data.train_share',
  'data.seed',
] as const satisfies readonly ConfigPath[]

/** Those of them that differ from their defaults. */
export function unshown(config: RunConfig): [path: string, value: unknown][] {
  const none = defaultRunConfig()
  return UNSHOWN.map((path) => [path, valueAt(config, path)] as [string, unknown]).filter(
    ([path, value]) => canonical(value) !== canonical(valueAt(none, path)),
  )
}

function valueAt(config: RunConfig, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], config)
}

function withValue<Of extends object>(of: Of, path: string, value: unknown): Of {
  const [key, ...rest] = path.split('.') as [keyof Of, ...string[]]
  return { ...of, [key]: rest.length === 0 ? value : withValue(of[key] as object, rest.join('.'), value) }
}

/** Whether the run's length is a count of epochs; the count of steps is of no effect then, and the other way round. */
export function byEpochs({ max_steps }: RunConfig['training']): boolean {
  return max_steps === -1
}

/** The numbers that are wrong, by field. */
export function problemsOf({ training, lora, engine }: RunConfig): Problems {
  const found = new Map<TrainingNumber | LoraNumber | 'memory_budget', FieldProblem>()
  for (const name of Object.keys(TRAINING_LIMITS) as TrainingNumber[]) {
    if (name === unused(training)) continue
    const value = training[name]
    if (value === null) continue
    const problem = name === 'warmup_steps' ? checkWarmup(value) : checkNumber(value, TRAINING_LIMITS[name])
    if (problem) found.set(name, problem)
  }
  for (const name of Object.keys(LORA_LIMITS) as LoraNumber[]) {
    const problem = checkNumber(lora[name], LORA_LIMITS[name])
    if (problem) found.set(name, problem)
  }
  const memory = engine.memory_budget
  const problem = memory === null ? null : checkNumber(gigabytesOf(memory), MEMORY_LIMITS)
  if (problem) found.set('memory_budget', problem)
  return found
}

function unused(training: RunConfig['training']): 'max_steps' | 'num_train_epochs' {
  return byEpochs(training) ? 'max_steps' : 'num_train_epochs'
}

/**
 * The config of a valid run, or null while something is wrong. The schema has the last word.
 * @param given whether the data section is to be left as it is
 */
export function readyConfig(config: RunConfig, given = false): RunConfig | null {
  if (problemsOf(config).size > 0) return null
  const { training } = config
  const name = unused(training)
  // What has no effect must not keep a run from starting.
  const idle = name === 'num_train_epochs' && checkNumber(training[name], TRAINING_LIMITS[name]) !== null
  try {
    return parseRunConfig({
      ...config,
      training: idle ? { ...training, [name]: configField(`training.${name}`).default } : training,
      data: given ? config.data : readyData(config.data),
    })
  } catch {
    return null
  }
}

/** With the values of another config in the place of wrong numbers. */
function mended(config: RunConfig, other: RunConfig): RunConfig {
  const problems = problemsOf(config)
  const section = <Name extends 'training' | 'lora' | 'engine'>(name: Name): RunConfig[Name] => {
    const wrong = fieldNames(name).filter((field) => problems.has(field as TrainingNumber))
    const right = wrong.map((field) => [field, other[name][field as keyof RunConfig[Name]]])
    return { ...config[name], ...Object.fromEntries(right) }
  }
  return { ...config, training: section('training'), lora: section('lora'), engine: section('engine') }
}
