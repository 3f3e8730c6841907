import { type Accessor, batch, createEffect, createMemo, createSignal, on } from 'solid-js'
import { canonical } from '../../protocol/identity.ts'
import type { LoraConfig, RunConfig, TrainingConfig } from '../../protocol/run-config.ts'
import type { ModelInfo, RunForecast } from '../../protocol/studio.ts'
import { settingsWithin } from '../../runs/minutes.ts'
import {
  fittedLength,
  fittingWarmup,
  type Length,
  lengthOf,
  type ProfileId,
  quickSteps,
  recommend,
} from '../../runs/profiles.ts'
import { byEpochs, type Draft } from './draft.ts'

export type Settings = ReturnType<typeof createSettings>

const PRACTICE = { practice: true, parameters: 1e6 }

/** Fields that are one choice: how long a run is. */
const LENGTH: readonly string[] = [
  'max_steps',
  'num_train_epochs',
  'eval_steps',
  'save_steps',
] satisfies (keyof Length)[]

/** Of these, what a time says. */
const STEPS: readonly string[] = ['max_steps', 'num_train_epochs']

/** What someone set by hand, by field; 'all': settings that came as a whole. */
export type Touched = ReadonlySet<string> | 'all'

/** The hyperparameters of the draft, and the profile that they come from. */
export function createSettings(model: Accessor<ModelInfo | null>, draft: Draft) {
  const [profile, setProfile] = createSignal<ProfileId | 'own'>('quick')
  /** The profile chosen last: what a changed setting is compared with. */
  const [basis, setBasis] = createSignal<ProfileId>('quick')
  /** What of the profile was fitted to this machine and this data. */
  const [fitted, setFitted] = createSignal<Partial<TrainingConfig> | null>(null)
  /** The limit on tokens that the data ask for, where it is not the profile's own. */
  const [followed, setFollowed] = createSignal<number | null>(null)
  /** The warm-up that a short run asks for, where it is not the profile's own. */
  const [warmup, setWarmup] = createSignal<number | null>(null)
  const [touched, setTouched] = createSignal<Touched>(new Set())
  /** How long the run may take, where that is what says the rest; not a number while someone types. */
  const [minutes, setMinutes] = createSignal<number | null>(null)
  /** The last forecast: a new one takes a moment. */
  const [foretold, setForetold] = createSignal<RunForecast | null>(null)
  /** Examples to learn from, of the data that the forecast is of. */
  const [rows, setRows] = createSignal<number | null>(null)
  /** What the minutes come to: passes over the data, and whether more of them were of no use. */
  const [allotted, setAllotted] = createSignal<{ passes: number | null; spare: boolean } | null>(null)
  /** Whether a field is as the profile has it, for this model, machine and data. */
  function follows(name: string): boolean {
    const mine = touched()
    if (mine === 'all') return false
    return LENGTH.includes(name) ? !LENGTH.some((other) => mine.has(other)) : !mine.has(name)
  }
  const touch = (name: string) => {
    const before = touched()
    if (before !== 'all') setTouched(new Set([...before, name]))
    setProfile('own')
  }
  const usual = createMemo(() => recommend(model() ?? PRACTICE, basis()))
  const recommended = createMemo(() => {
    const { training, lora } = usual()
    const limit = followed()
    const [length, warming] = [limit === null ? {} : { max_length: limit }, warmup()]
    const begin = warming === null ? {} : { warmup_steps: warming }
    return { training: { ...training, ...fitted(), ...length, ...begin }, lora }
  })

  function choose(id: ProfileId): void {
    batch(() => {
      setProfile(id)
      setBasis(id)
      setTouched(new Set<string>())
      setFitted(null)
      setFollowed(null)
      setWarmup(null)
      setMinutes(null)
      draft.take(recommend(model() ?? PRACTICE, id))
    })
  }

  /** A warm-up that is the profile's own is never so long as the run; @returns whether it has changed. */
  function warmWithin(steps: number): boolean {
    if (!follows('warmup_steps') || !(steps > 0)) return false
    const { warmup_steps: own } = usual().training
    const fitting = fittingWarmup(own, steps)
    if (draft.training().warmup_steps === fitting) return false
    batch(() => {
      setWarmup(fitting === own ? null : fitting)
      draft.change('training', { warmup_steps: fitting })
    })
    return true
  }

  /** A quick look is quick on this machine: as many of its steps as the speed measured here allows. Others are as long as the data needs. */
  function fit(forecast: RunForecast, examples: number | null = null): void {
    setForetold(forecast)
    setRows(examples)
    warmWithin(forecast.steps)
    if (minutes() !== null) {
      hold(forecast)
      return
    }
    if ((model() ?? PRACTICE).practice || touched() === 'all') return
    const length = lengthOf(usual().training)
    const now = lengthOf(draft.training())
    const following = follows('max_steps')
    const fitting = following ? fittedLength(basis(), length, now, forecast) : null
    const kept = following ? (fitting ?? now) : advised(length, now, forecast)
    const same = kept.max_steps === length.max_steps && kept.num_train_epochs === length.num_train_epochs
    batch(() => {
      setFitted(same ? null : kept)
      if (fitting) draft.change('training', fitting)
    })
  }

  /** The length that would fit, beside one that someone chose. */
  function advised(length: Length, now: Length, forecast: RunForecast): Length {
    if (basis() === 'quick')
      return forecast.duration ? quickSteps(length, forecast, forecast.duration) : length
    // From a count of steps nothing is known of epochs.
    return byEpochs(draft.training()) ? (fittedLength(basis(), length, now, forecast) ?? now) : length
  }

  /** The time that the profile in use was found for. */
  let heldFor: number | null = null

  /** Everything that nobody has set by hand, so that the run takes the minutes that were given. */
  function hold(forecast: RunForecast): void {
    const wanted = minutes()
    const { duration } = forecast
    if (wanted === null || !(wanted > 0) || !duration) return
    const mine = touched()
    const now = {
      training: draft.training(),
      lora: draft.lora(),
      profile: heldFor === wanted ? basis() : null,
    }
    heldFor = wanted
    const known = {
      model: model() ?? PRACTICE,
      rows: rows(),
      own: (name: string) => !STEPS.includes(name) && (mine === 'all' || mine.has(name)),
    }
    const {
      training,
      lora,
      profile: found,
      passes,
      spare,
    } = settingsWithin(wanted, now, known, {
      ...forecast,
      duration,
    })
    const same = canonical([training, lora]) === canonical([now.training, now.lora])
    batch(() => {
      if (profile() !== 'own') setProfile(found)
      setBasis(found)
      setFitted(lengthOf(training))
      setAllotted({ passes, spare })
      if (!same) draft.take({ training, lora })
    })
  }

  /** Lets the run take so many minutes on this machine, and everything follow from that; its speed must have been measured. */
  function within(limit: number): void {
    const last = foretold()
    batch(() => {
      setMinutes(limit)
      heldFor = null
      const mine = touched()
      if (mine !== 'all') release(mine, STEPS)
      if (last) hold(last)
    })
  }

  /** A field as it is recommended. */
  function back(name: string): void {
    const mine = touched()
    const { training, lora } = recommended()
    const names = LENGTH.includes(name) ? LENGTH : [name]
    const of = (part: object) =>
      Object.fromEntries(names.filter((one) => one in part).map((one) => [one, part[one as keyof object]]))
    batch(() => {
      draft.take({
        training: { ...draft.training(), ...of(training) },
        lora: { ...draft.lora(), ...of(lora) },
      })
      if (mine !== 'all') release(mine, names)
    })
  }

  /** These are nobody's own any more. */
  function release(mine: ReadonlySet<string>, names: readonly string[]): void {
    const left = new Set([...mine].filter((name) => !names.includes(name)))
    setTouched(left)
    if (left.size === 0) setProfile(basis())
  }

  function setTraining<K extends keyof TrainingConfig>(name: K, value: TrainingConfig[K]): void {
    batch(() => {
      draft.change('training', { [name]: value })
      touch(name)
      if (STEPS.includes(name)) setMinutes(null)
      if (name === 'max_steps') warmWithin(Number(value))
    })
  }

  function setLora<K extends keyof LoraConfig>(name: K, value: LoraConfig[K]): void {
    draft.change('lora', { [name]: value })
    touch(name)
  }

  /** Steps or epochs decide the length, and the other is ignored. */
  function setLength(by: 'steps' | 'epochs'): void {
    if (byEpochs(draft.training()) === (by === 'epochs')) return
    setTraining('max_steps', by === 'epochs' ? -1 : (foretold()?.steps ?? 60))
  }

  /**
   * Takes over another config's settings, or those kept over a reload.
   * @param own of a person's own: what was set by hand, and the profile that the rest follows
   * @param limit minutes that say the rest; null: none were given
   */
  function take(
    { training, lora }: Pick<RunConfig, 'training' | 'lora'>,
    from: ProfileId | 'own' = 'own',
    own: { touched: Touched; basis: ProfileId } = { touched: 'all', basis: basis() },
    limit: number | null = null,
  ): void {
    batch(() => {
      draft.take({ training, lora })
      setMinutes(limit)
      heldFor = limit
      setProfile(from)
      setBasis(from === 'own' ? own.basis : from)
      setTouched(from === 'own' ? own.touched : new Set<string>())
    })
  }

  /** The profile's settings for another model, but for what someone set by hand. */
  function rebase(): void {
    const now = { training: draft.training(), lora: draft.lora() }
    const next = recommend(model() ?? PRACTICE, basis())
    const mixed = <Part extends object>(before: Part, after: Part): Part => {
      const kept = (Object.keys(after) as (keyof Part & string)[]).filter((name) => !follows(name))
      return { ...after, ...Object.fromEntries(kept.map((name) => [name, before[name]])) }
    }
    batch(() => {
      setFitted(null)
      setFollowed(null)
      setWarmup(null)
      draft.take({
        training: mixed(now.training, next.training),
        lora: mixed(now.lora, next.lora),
      })
    })
  }

  choose('quick')
  // Another kind of model has other recommendations; what someone set by hand stays.
  createEffect(
    on(
      () => model()?.id,
      (_, previous) => {
        if (previous === undefined) return
        const chosen = profile()
        if (chosen !== 'own' && minutes() === null) choose(chosen)
        else if (touched() !== 'all') rebase()
      },
    ),
  )

  return {
    profile,
    basis,
    touched,
    follows,
    get training() {
      return draft.training()
    },
    get lora() {
      return draft.lora()
    },
    recommended,
    usual,
    fitted,
    followed,
    setFollowed,
    fit,
    warmWithin,
    minutes,
    within,
    allotted,
    back,
    /** Minutes that the run takes as it is set up; null where that is not known. */
    takes: () => {
      const seconds = foretold()?.duration?.seconds
      return seconds === undefined ? null : seconds / 60
    },
    /** Whether the speed of this machine is known, so that a time can be kept to. */
    timed: () => Boolean(foretold()?.duration),
    problems: draft.problems,
    choose,
    setTraining,
    setLora,
    setLength,
    take,
  }
}
