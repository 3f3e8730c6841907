import type { LoraConfig, TrainingConfig } from '../../protocol/run-config.ts'
import type { MessageKey } from '../messages/t.ts'

/**
 * Limits of the numeric settings, for hints, sliders and messages. A test holds them against the schema in
 * `protocol/run-config.ts`, which has the last word before a run starts.
 */
export interface NumberLimits {
  min: number
  max: number
  /** The least allowed value is just above `min`. */
  above?: true
  whole?: true
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

export const TRAINING_LIMITS: Record<TrainingNumber, NumberLimits> = {
  learning_rate: { min: 0, above: true, max: 1, stops: decades(-6, -1) },
  num_train_epochs: {
    min: 0,
    above: true,
    max: 10_000,
    stops: [0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20],
    unit: 'unit.epochs',
  },
  max_steps: { min: 1, max: 10_000_000, whole: true, stops: COUNTS, unit: 'unit.steps' },
  per_device_train_batch_size: { min: 1, max: 4096, whole: true, stops: POWERS, unit: 'unit.examples' },
  gradient_accumulation_steps: { min: 1, max: 4096, whole: true, stops: POWERS, unit: 'unit.batches' },
  max_length: {
    min: 2,
    max: 131_072,
    whole: true,
    stops: [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096],
    unit: 'unit.tokens',
  },
  warmup_steps: { min: 0, max: 10_000_000, unit: 'unit.steps' },
  weight_decay: { min: 0, max: 10 },
  adam_beta1: { min: 0, max: 0.999999 },
  adam_beta2: { min: 0, max: 0.99999999 },
  adam_epsilon: { min: 0, above: true, max: 1 },
  max_grad_norm: { min: 0, max: 1e6 },
  eval_steps: { min: 1, max: 10_000_000, whole: true, unit: 'unit.steps' },
  save_steps: { min: 1, max: 10_000_000, whole: true, unit: 'unit.steps' },
  seed: { min: 0, max: 4_294_967_295, whole: true },
}

export const LORA_LIMITS: Record<LoraNumber, NumberLimits> = {
  r: { min: 1, max: 256, whole: true, stops: [1, 2, 4, 8, 16, 32, 64, 128, 256] },
  lora_alpha: { min: 0, above: true, max: 65_536, stops: [1, 2, 4, 8, 16, 32, 64, 128, 256] },
  lora_dropout: { min: 0, max: 0.95, stops: [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5] },
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
