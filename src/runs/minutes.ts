import type { LoraConfig, TrainingConfig } from '../protocol/run-config.ts'
import type { ModelInfo, RunForecast } from '../protocol/studio.ts'
import {
  CHECKS_SHARE,
  type Kind,
  kindOf,
  LEAST_STEPS,
  type ProfileId,
  QUICK_CHECKS,
  recommend,
} from './profiles.ts'

/** Minutes that may be asked for, up to a week. */
export const LEAST_MINUTES = 0.1
export const MOST_MINUTES = 10_080

/** Most passes over the data: what comes after them is learnt by heart. Few rows are passed over more often, up to so many steps. */
const MOST_PASSES = 3
const MOST_STEPS_OF_FEW = 300
/** A practice model is given steps, not passes: its samples are made for so many. */
const PRACTICE = { balanced: 300, thorough: 600, most: 1200 } as const
/** Fewer steps than these are a look, whatever the data. */
const LOOK_STEPS = 60
/** A kind of run is kept until another one fits by so much more: a speed hangs a little on what is set. */
const SLACK = 0.1
/** Share of its steps by which a run may be off the time that was given; nearer, it stays as it is. */
const NEAR = 0.03

/** What a run is set up with at the moment, and the profile that it follows. */
export interface Setting {
  training: TrainingConfig
  lora: LoraConfig
  profile: ProfileId
}

export interface Timed extends Setting {
  /** Passes over the data that the run makes; null where the rows are not known. */
  passes: number | null
  /** Set where the time is more than the data can use. */
  spare: boolean
}

export interface Known {
  model: Pick<ModelInfo, 'practice' | 'parameters'>
  /** Examples to learn from; null: not known. */
  rows: number | null
  /** Whether a field is a person's own: it stays, and the rest goes by it. */
  own: (name: string) => boolean
}

type Foretold = Pick<RunForecast, 'steps' | 'evaluations'> & {
  duration: NonNullable<RunForecast['duration']>
}

/**
 * Everything that a run of so many minutes is given on this machine: which profile's values, how many steps, how often it is looked at. From
 * what was foretold of the settings as they are, so the next forecast may say a little more or less.
 * @param minutes above 0
 */
export function settingsWithin(minutes: number, now: Setting, known: Known, foretold: Foretold): Timed {
  const kind = kindOf(known.model)
  // The limit on tokens follows the data, not the time.
  const own = (name: string) => name === 'max_length' || known.own(name)
  const { seconds, checks, step } = foretold.duration
  const begin = seconds - checks - foretold.steps * step
  const each = checks / Math.max(1, foretold.evaluations)
  const limit = minutes * 60
  const affordable = Math.floor((limit * CHECKS_SHARE) / Math.max(each, 1e-9)) - 1
  const looks = Math.min(QUICK_CHECKS, Math.max(1, affordable))
  // Looked at as often as a person wants it, each step brings its share of that; else the looks are few.
  const [left, share] = own('eval_steps')
    ? [limit - begin, checks / foretold.steps]
    : [limit - begin - each * (looks + 1), 0]
  // Rows cost about the same however many of them make a step.
  const perRow = step / rowsOfStep(now.training, known.rows, foretold.steps)
  const candidate = (profile: ProfileId) => {
    const { training, lora } = withOwn(recommend(known.model, profile), now, own)
    const rows = training.per_device_train_batch_size * training.gradient_accumulation_steps
    const pass = known.rows === null ? null : Math.max(1, Math.ceil(known.rows / rows))
    return { profile, training, lora, pass, steps: Math.max(1, Math.floor(left / (perRow * rows + share))) }
  }
  const fits = ({ profile, steps, pass }: ReturnType<typeof candidate>) => {
    const slack = RANK_OF[profile] <= RANK_OF[now.profile] ? 1 - SLACK : 1 + SLACK
    return steps >= leastSteps(kind, profile, pass) * slack
  }
  const [thorough, balanced, quick] = (['thorough', 'balanced', 'quick'] as const).map(candidate)
  const chosen = fits(thorough!) ? thorough! : fits(balanced!) ? balanced! : quick!
  const most = mostSteps(kind, chosen.pass)
  const near = Math.abs(chosen.steps - now.training.max_steps) <= now.training.max_steps * NEAR
  const wanted = chosen.profile === now.profile && near ? now.training.max_steps : chosen.steps
  const steps = Math.min(wanted, most)
  const check = Math.ceil(steps / looks)
  const usual = recommend(known.model, chosen.profile).training
  const length = { max_steps: steps, eval_steps: check, save_steps: Math.min(check, usual.save_steps) }
  return {
    profile: chosen.profile,
    training: withOwn({ training: { ...chosen.training, ...length }, lora: chosen.lora }, now, own).training,
    lora: chosen.lora,
    passes: chosen.pass === null ? null : steps / chosen.pass,
    spare: chosen.steps > most,
  }
}

const RANK_OF: Record<ProfileId, number> = { quick: 0, balanced: 1, thorough: 2 }

/** Steps that a profile needs to be worth its name; `pass` as many as one pass over the data has. */
function leastSteps(kind: Kind, profile: ProfileId, pass: number | null): number {
  if (profile === 'quick') return 0
  if (kind === 'practice') return PRACTICE[profile]
  if (profile === 'balanced') return LOOK_STEPS
  return Math.max(2 * (pass ?? 0), LEAST_STEPS.thorough)
}

function mostSteps(kind: Kind, pass: number | null): number {
  if (kind === 'practice') return PRACTICE.most
  return pass === null ? Number.POSITIVE_INFINITY : Math.max(MOST_PASSES * pass, MOST_STEPS_OF_FEW)
}

/** Rows that a step looks at, as things are. */
function rowsOfStep(training: TrainingConfig, rows: number | null, steps: number): number {
  if (rows !== null && training.max_steps === -1) return (rows * training.num_train_epochs) / steps
  return training.per_device_train_batch_size * training.gradient_accumulation_steps
}

function withOwn(
  { training, lora }: Omit<Setting, 'profile'>,
  now: Setting,
  own: Known['own'],
): Omit<Setting, 'profile'> {
  return { training: kept(training, now.training, own), lora: kept(lora, now.lora, own) }
}

/** With a person's own values in the place of those that are recommended. */
function kept<Part extends object>(recommended: Part, now: Part, own: Known['own']): Part {
  const names = (Object.keys(recommended) as (keyof Part & string)[]).filter(own)
  return { ...recommended, ...Object.fromEntries(names.map((name) => [name, now[name]])) }
}

/** Times that settings are fitted at most: they settle at the second or third. */
const FITS = 5

/**
 * The settings of a run of so many minutes, and what is foretold of them; null where no speed is known here.
 */
export async function timed(
  minutes: number,
  first: Setting,
  known: Known,
  foretell: (setting: Setting) => Promise<RunForecast>,
): Promise<(Setting & { forecast: RunForecast }) | null> {
  let setting = first
  let forecast = await foretell(setting)
  for (let i = 0; i < FITS; i++) {
    if (!forecast.duration) return null
    const next = settingsWithin(minutes, setting, known, { ...forecast, duration: forecast.duration })
    if (JSON.stringify([next.training, next.lora]) === JSON.stringify([setting.training, setting.lora])) break
    setting = { training: next.training, lora: next.lora, profile: next.profile }
    forecast = await foretell(setting)
  }
  return { ...setting, forecast }
}
