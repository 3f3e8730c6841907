import { type LoraConfig, parseRunConfig, type TrainingConfig } from '../protocol/run-config.ts'
import type { ModelInfo, RunDuration, RunForecast } from '../protocol/studio.ts'

/** Recommended settings, per kind of model and purpose. The only place where they are kept. */
export const PROFILES = ['quick', 'balanced', 'thorough'] as const
export type ProfileId = (typeof PROFILES)[number]

interface Recommendation {
  training: Partial<TrainingConfig>
  lora: Partial<LoraConfig>
}

/** A practice model learns at rates that would wreck a real one. */
type Kind = 'practice' | 'small' | 'large'

const COMMON: Record<Kind, Recommendation> = {
  practice: {
    training: {
      learning_rate: 6e-3,
      lr_scheduler_type: 'cosine',
      warmup_steps: 4,
      per_device_train_batch_size: 8,
      max_length: 128,
    },
    lora: { r: 8, lora_alpha: 16, target_modules: 'all-linear' },
  },
  small: {
    training: {
      learning_rate: 2e-4,
      lr_scheduler_type: 'cosine',
      warmup_steps: 0.05,
      per_device_train_batch_size: 2,
      gradient_accumulation_steps: 4,
      max_length: 512,
      packing: true,
    },
    lora: { r: 8, lora_alpha: 16, target_modules: 'all-linear' },
  },
  large: {
    training: {
      learning_rate: 1e-4,
      lr_scheduler_type: 'cosine',
      warmup_steps: 0.05,
      per_device_train_batch_size: 1,
      gradient_accumulation_steps: 8,
      max_length: 512,
      packing: true,
    },
    lora: { r: 8, lora_alpha: 16, target_modules: 'all-linear' },
  },
}

const LENGTH: Record<Kind, Record<ProfileId, Partial<TrainingConfig>>> = {
  practice: {
    quick: { max_steps: 150, eval_steps: 25, save_steps: 25 },
    balanced: { max_steps: 300, eval_steps: 50, save_steps: 50 },
    thorough: { max_steps: 600, eval_steps: 50, save_steps: 50, learning_rate: 5e-3 },
  },
  small: {
    // In small steps: rows as they are, four at a time, so that a processor gets to sixty of them. At a rate of 2e-4 it would not
    // learn to end its turn in so few.
    quick: {
      max_steps: 60,
      eval_steps: 15,
      save_steps: 15,
      learning_rate: 1e-3,
      per_device_train_batch_size: 4,
      gradient_accumulation_steps: 1,
      packing: false,
    },
    balanced: { num_train_epochs: 2, eval_steps: null, save_steps: 50 },
    thorough: { num_train_epochs: 4, eval_steps: null, save_steps: 50, learning_rate: 1e-4 },
  },
  large: {
    quick: { max_steps: 20, eval_steps: 10, save_steps: 10 },
    balanced: { num_train_epochs: 1, eval_steps: null, save_steps: 25 },
    thorough: { num_train_epochs: 3, eval_steps: null, save_steps: 25, learning_rate: 5e-5 },
  },
}

const THOROUGH_LORA: Partial<LoraConfig> = { r: 16, lora_alpha: 32 }

function kindOf(model: Pick<ModelInfo, 'practice' | 'parameters'>): Kind {
  if (model.practice) return 'practice'
  return model.parameters < 600e6 ? 'small' : 'large'
}

/** Complete training and LoRA settings of a profile for a model. */
export function recommend(
  model: Pick<ModelInfo, 'practice' | 'parameters'>,
  profile: ProfileId,
): { training: TrainingConfig; lora: LoraConfig } {
  const kind = kindOf(model)
  const { training, lora } = parseRunConfig({
    training: { ...COMMON[kind].training, ...LENGTH[kind][profile] },
    lora: { ...COMMON[kind].lora, ...(profile === 'thorough' ? THOROUGH_LORA : {}) },
  })
  return { training, lora }
}

/** What a quick look may take, in seconds, where this machine's speed is known. */
export const QUICK_SECONDS = 300
const FEWEST_STEPS = 10
/** Evaluations of a quick look after the one before its first step. */
const QUICK_CHECKS = 4

/** As many of the profile's steps as fit into QUICK_SECONDS, the evaluations and the beginning counted in. */
export function quickSteps(
  usual: Pick<TrainingConfig, 'max_steps' | 'eval_steps' | 'save_steps'>,
  { steps, evaluations }: Pick<RunForecast, 'steps' | 'evaluations'>,
  { seconds, checks, step }: Pick<RunDuration, 'seconds' | 'checks' | 'step'>,
): Pick<TrainingConfig, 'max_steps' | 'eval_steps' | 'save_steps'> {
  const { max_steps, eval_steps, save_steps } = usual
  const begin = seconds - checks - steps * step
  const left = QUICK_SECONDS - begin - (checks / evaluations) * (QUICK_CHECKS + 1)
  const fitting = Math.min(max_steps, Math.max(FEWEST_STEPS, Math.floor(left / step)))
  if (fitting === max_steps) return { max_steps, eval_steps, save_steps }
  const check = Math.ceil(fitting / QUICK_CHECKS)
  return { max_steps: fitting, eval_steps: check, save_steps: check }
}

/**
 * The quick look's length for this machine, on from `steps`; null where it may stay as it is. The figures hang a little on the
 * steps themselves: what is near enough stays, or it would go to and fro.
 */
export function fittedLength(
  usual: Pick<TrainingConfig, 'max_steps' | 'eval_steps' | 'save_steps'>,
  steps: number,
  forecast: RunForecast,
): ReturnType<typeof quickSteps> | null {
  if (!forecast.duration) return null
  const fitting = quickSteps(usual, forecast, forecast.duration)
  const off = Math.abs(fitting.max_steps - steps)
  const near = off === 0 || (fitting.max_steps !== usual.max_steps && off <= steps / 10)
  return near ? null : fitting
}
