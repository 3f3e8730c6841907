import type { Failure } from '../protocol/errors.ts'
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
export type Kind = 'practice' | 'small' | 'large'

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
  // Rows as they are, not packed: packed, a small data set makes a handful of steps, in which nothing is learnt.
  small: {
    training: {
      learning_rate: 3e-4,
      lr_scheduler_type: 'cosine',
      warmup_steps: 0.05,
      per_device_train_batch_size: 4,
      gradient_accumulation_steps: 2,
      max_length: 512,
    },
    // Small Gemmas are tuned at high rank. A step moves by rank times rate: at r 16 the same step would be 1e-3.
    lora: { r: 64, lora_alpha: 128, target_modules: 'all-linear' },
  },
  large: {
    training: {
      learning_rate: 3e-4,
      lr_scheduler_type: 'cosine',
      warmup_steps: 0.05,
      per_device_train_batch_size: 1,
      gradient_accumulation_steps: 8,
      max_length: 512,
    },
    lora: { r: 16, lora_alpha: 32, target_modules: 'all-linear' },
  },
}

const LENGTH: Record<Kind, Record<ProfileId, Partial<TrainingConfig>>> = {
  practice: {
    quick: { max_steps: 150, eval_steps: 25, save_steps: 25 },
    balanced: { max_steps: 300, eval_steps: 50, save_steps: 50 },
    thorough: { max_steps: 600, eval_steps: 50, save_steps: 50, learning_rate: 5e-3 },
  },
  // What they teach: docs/verified.md. A quick look takes half as many rows a step, so that a processor gets to all of its steps.
  small: {
    quick: {
      max_steps: 60,
      eval_steps: 15,
      save_steps: 15,
      learning_rate: 5e-4,
      gradient_accumulation_steps: 1,
    },
    balanced: { num_train_epochs: 1, eval_steps: null, save_steps: 50 },
    thorough: { num_train_epochs: 2, eval_steps: null, save_steps: 50 },
  },
  large: {
    quick: { max_steps: 20, eval_steps: 10, save_steps: 10, learning_rate: 5e-4 },
    balanced: { num_train_epochs: 1, eval_steps: null, save_steps: 25 },
    thorough: { num_train_epochs: 2, eval_steps: null, save_steps: 25 },
  },
}

const THOROUGH_PRACTICE: Partial<LoraConfig> = { r: 16, lora_alpha: 32 }

export function kindOf(model: Pick<ModelInfo, 'practice' | 'parameters'>): Kind {
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
    lora: {
      ...COMMON[kind].lora,
      ...(kind === 'practice' && profile === 'thorough' ? THOROUGH_PRACTICE : {}),
    },
  })
  return { training, lora }
}

/** A profile's warm-up, in steps or as a share of them, where so many steps are asked for: never more than half of them. */
export function fittingWarmup(usual: number, steps: number): number {
  const most = Math.floor(steps / 2)
  const counted = usual < 1 ? Math.ceil(usual * steps) : usual
  return counted <= most ? usual : most
}

/** Steps of a run that is refused for a warm-up that takes all of it; null: it is refused for something else. */
export function stepsOfRefusal({ code, detail }: Failure): number | null {
  const steps = code === 'bad_config' && detail?.field === 'warmup_steps' ? detail.steps : null
  return typeof steps === 'number' ? steps : null
}

/** The learning rate that suits a model; undefined: it is not here to be asked. */
export const usualRate = (model: Pick<ModelInfo, 'practice' | 'parameters'> | null | undefined) =>
  model ? recommend(model, 'balanced').training.learning_rate : undefined

/** Times the rate that suits a model, from which on training most likely comes apart in its first steps. */
const FAR_ABOVE = 10

/** Whether a learning rate is far above all that suit a model. */
export const farAbove = (rate: number, model: Pick<ModelInfo, 'practice' | 'parameters'>): boolean =>
  rate >= FAR_ABOVE * recommend(model, 'balanced').training.learning_rate

/** What a quick look may take, in seconds, where this machine's speed is known. */
export const QUICK_SECONDS = 300
const FEWEST_STEPS = 10
/** Evaluations of a quick look after the one before its first step: at most, and the share of its time that they may take. */
export const QUICK_CHECKS = 4
export const CHECKS_SHARE = 1 / 4
/** Fewest steps of profiles that go by epochs: in less a small data set is not learnt. */
export const LEAST_STEPS = { balanced: 100, thorough: 200 } as const

/** How long a run is, and how often it is looked at. */
export type Length = Pick<TrainingConfig, 'max_steps' | 'num_train_epochs' | 'eval_steps' | 'save_steps'>

export const lengthOf = ({
  max_steps,
  num_train_epochs,
  eval_steps,
  save_steps,
}: TrainingConfig): Length => ({
  max_steps,
  num_train_epochs,
  eval_steps,
  save_steps,
})

/** As many of the profile's steps as fit into QUICK_SECONDS, the evaluations and the beginning counted in. */
export function quickSteps(
  usual: Length,
  { steps, evaluations }: Pick<RunForecast, 'steps' | 'evaluations'>,
  { seconds, checks, step }: Pick<RunDuration, 'seconds' | 'checks' | 'step'>,
): Length {
  const { max_steps } = usual
  const begin = seconds - checks - steps * step
  const each = checks / evaluations
  const affordable = Math.floor((QUICK_SECONDS * CHECKS_SHARE) / each) - 1
  const most = Math.min(QUICK_CHECKS, Math.max(1, affordable))
  const left = QUICK_SECONDS - begin - each * (most + 1)
  const fitting = Math.min(max_steps, Math.max(FEWEST_STEPS, Math.floor(left / step)))
  if (fitting === max_steps && most === QUICK_CHECKS) return usual
  const check = Math.ceil(fitting / most)
  return { ...usual, max_steps: fitting, eval_steps: check, save_steps: check }
}

/** As many passes over the data as make LEAST_STEPS; then it is looked at four times in all, not after each of them. */
function enoughEpochs(usual: Length, now: Length, steps: number, least: number): Length {
  const perEpoch = steps / now.num_train_epochs
  const epochs = Math.ceil(least / perEpoch)
  if (epochs <= usual.num_train_epochs) return usual
  return { ...usual, num_train_epochs: epochs, eval_steps: Math.ceil((epochs * perEpoch) / QUICK_CHECKS) }
}

/**
 * A profile's length for this data and this machine, on from the length that was foretold; null where that may stay. Speeds hang
 * a little on the steps themselves: what is near enough stays, or it would go to and fro.
 */
export function fittedLength(
  profile: ProfileId,
  usual: Length,
  now: Length,
  { steps, evaluations, duration }: Pick<RunForecast, 'steps' | 'evaluations' | 'duration'>,
): Length | null {
  if (profile !== 'quick') {
    if (usual.max_steps > 0) return null
    const fitting = enoughEpochs(usual, now, steps, LEAST_STEPS[profile])
    return fitting.num_train_epochs === now.num_train_epochs ? null : fitting
  }
  if (!duration) return null
  const fitting = quickSteps(usual, { steps, evaluations }, duration)
  const checksOf = ({ max_steps, eval_steps }: Length) => Math.ceil(max_steps / (eval_steps ?? max_steps))
  const off = Math.abs(fitting.max_steps - now.max_steps)
  const near = off === 0 || (fitting.max_steps !== usual.max_steps && off <= now.max_steps / 10)
  return near && checksOf(fitting) === checksOf(now) ? null : fitting
}

/** Times that a length is fitted at most: it settles at once, or at the second time. */
const FITS = 4

/** Training settings of a profile with the length that fits, and what is foretold of them. Not for a practice model: its stay. */
export async function fitted(
  profile: ProfileId,
  usual: TrainingConfig,
  foretell: (training: TrainingConfig) => Promise<RunForecast>,
): Promise<{ training: TrainingConfig; forecast: RunForecast }> {
  let training = usual
  let forecast = await foretell(training)
  for (let i = 0; i < FITS; i++) {
    const length = fittedLength(profile, lengthOf(usual), lengthOf(training), forecast)
    if (!length) break
    training = { ...training, ...length }
    forecast = await foretell(training)
  }
  return { training, forecast }
}
