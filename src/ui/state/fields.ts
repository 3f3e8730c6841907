import {
  configField,
  fieldNames,
  type NumberLimits as Limits,
  numberLimits,
} from '../../protocol/config-fields.ts'
import type { LoraConfig, TrainingConfig } from '../../protocol/run-config.ts'
import { LEAST_MINUTES, MOST_MINUTES } from '../../runs/minutes.ts'
import type { MessageKey } from '../messages/t.ts'

/** Limits of a number, and how its field looks. */
export interface NumberLimits extends Limits {
  /** Stops of the slider, ascending; the field beside it takes any value within the limits. */
  stops?: readonly number[]
  unit?: Extract<MessageKey, `unit.${string}`>
}

type NumericKey<T> = { [K in keyof T]-?: number extends Exclude<T[K], null> ? K : never }[keyof T]
export type TrainingNumber = NumericKey<TrainingConfig> & string
export type LoraNumber = NumericKey<LoraConfig> & string

const decades = (low: number, high: number) => {
  const stops: number[] = []
  for (let power = low; power < high; power++)
    for (const lead of [1, 2, 3, 5, 8]) stops.push(Number(`${lead}e${power}`))
  stops.push(Number(`1e${high}`))
  return stops
}

const COUNTS = [10, 20, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 5000]
const POWERS = [1, 2, 4, 8, 16, 32, 64]
const RANKS = [...POWERS, 128, 256]
const LENGTHS = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096]

type Look = Omit<NumberLimits, keyof Limits>
const TRAINING_LOOKS: Partial<Record<TrainingNumber, Look>> = {
  learning_rate: { stops: decades(-6, -1) },
  num_train_epochs: { stops: [0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20], unit: 'unit.epochs' },
  max_steps: { stops: COUNTS, unit: 'unit.steps' },
  per_device_train_batch_size: { stops: POWERS, unit: 'unit.examples' },
  gradient_accumulation_steps: { stops: POWERS, unit: 'unit.batches' },
  max_length: { stops: LENGTHS, unit: 'unit.tokens' },
  warmup_steps: { unit: 'unit.steps' },
  eval_steps: { unit: 'unit.steps' },
  save_steps: { unit: 'unit.steps' },
  save_total_limit: { unit: 'unit.checkpoints' },
  early_stopping_patience: { unit: 'unit.checks' },
}
const LORA_LOOKS: Partial<Record<LoraNumber, Look>> = {
  r: { stops: RANKS },
  lora_alpha: { stops: RANKS },
  lora_dropout: { stops: [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5] },
}

/** Every number of a section, with its limits as the schema has them. */
function numbersOf<Name extends string>(section: string, looks: Partial<Record<Name, Look>>) {
  const numbers = fieldNames(section).flatMap((name) => {
    const { limits } = configField(`${section}.${name}`)
    return limits ? [[name, { ...limits, ...looks[name as Name] }] as const] : []
  })
  return Object.fromEntries(numbers) as Record<Name, NumberLimits>
}

export const TRAINING_LIMITS = numbersOf<TrainingNumber>('training', TRAINING_LOOKS)
export const LORA_LIMITS = numbersOf<LoraNumber>('lora', LORA_LOOKS)

/** The field of a count of bytes is in decimal gigabytes, as sizes are shown everywhere. */
const BYTES = 1e9
const MEMORY = numberLimits('engine.memory_budget')
export const MEMORY_LIMITS: NumberLimits = {
  min: MEMORY.min / BYTES,
  max: MEMORY.max / BYTES,
  unit: 'unit.gigabytes',
}
export const gigabytesOf = (bytes: number): number => bytes / BYTES
export const bytesOf = (gigabytes: number): number => Math.round(gigabytes * BYTES)

/** Minutes that a run may take, from a short look to a week. */
export const MINUTES: NumberLimits = {
  min: LEAST_MINUTES,
  max: MOST_MINUTES,
  stops: [0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440],
  unit: 'unit.minutes',
}

/** A share's field is in hundredths; the config keeps a share of 1. */
export function hundredths(path: string, look: Look): NumberLimits {
  const { min, max } = numberLimits(path)
  return { min: min * 100, max: max * 100, ...look }
}

export type FieldProblem =
  | { key: 'field.notNumber' }
  | { key: 'field.notWhole' }
  | { key: 'field.below'; limit: number }
  | { key: 'field.notAbove'; limit: number }
  | { key: 'field.over'; limit: number }
  | { key: 'field.share' }

/** What is wrong with a value, or null. */
export function checkNumber(value: number, limits: NumberLimits): FieldProblem | null {
  if (!Number.isFinite(value)) return { key: 'field.notNumber' }
  if (limits.above && value <= limits.min) return { key: 'field.notAbove', limit: limits.min }
  if (value < limits.min) return { key: 'field.below', limit: limits.min }
  if (value > limits.max) return { key: 'field.over', limit: limits.max }
  if (limits.whole && !Number.isInteger(value)) return { key: 'field.notWhole' }
  return null
}

/** Warm-up is a count of steps, or below 1 a share of them. */
export function checkWarmup(value: number): FieldProblem | null {
  const problem = checkNumber(value, TRAINING_LIMITS.warmup_steps)
  if (problem) return problem
  return value < 1 || Number.isInteger(value) ? null : { key: 'field.share' }
}
