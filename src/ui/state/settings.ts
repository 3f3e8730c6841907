import { type Accessor, batch, createEffect, createMemo, createSignal, on } from 'solid-js'
import type { LoraConfig, RunConfig, TrainingConfig } from '../../protocol/run-config.ts'
import type { ModelInfo, RunForecast } from '../../protocol/studio.ts'
import {
  fittedLength,
  type Length,
  lengthOf,
  type ProfileId,
  quickSteps,
  recommend,
  stepsWithin,
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

/** Share of its steps by which a run may be off the time that was given. */
const NEAR = 0.03

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
  const [touched, setTouched] = createSignal<Touched>(new Set())
  /** How long the run may take, where that is what says its steps; not a number while someone types. */
  const [minutes, setMinutes] = createSignal<number | null>(null)
  /** The last forecast: a new one takes a moment. */
  const [foretold, setForetold] = createSignal<RunForecast | null>(null)
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
    const length = limit === null ? {} : { max_length: limit }
    return { training: { ...training, ...fitted(), ...length }, lora }
  })

  function choose(id: ProfileId): void {
    batch(() => {
      setProfile(id)
      setBasis(id)
      setTouched(new Set<string>())
      setFitted(null)
      setFollowed(null)
      setMinutes(null)
      draft.take(recommend(model() ?? PRACTICE, id))
    })
  }

  /** A quick look is quick on this machine: as many of its steps as the speed measured here allows. Others are as long as the data needs. */
  function fit(forecast: RunForecast): void {
    setForetold(forecast)
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

  /** As many steps as fit into the minutes that were given; what is near enough stays, or it would go to and fro. */
  function hold(forecast: RunForecast): void {
    const wanted = minutes()
    if (wanted === null || !(wanted > 0) || !forecast.duration) return
    const fitting = stepsWithin(wanted * 60, forecast, forecast.duration)
    const now = draft.training().max_steps
    if (now > 0 && Math.abs(fitting - now) <= now * NEAR) return
    draft.change('training', { max_steps: fitting })
  }

  /** Lets the run take so many minutes on this machine; its speed must have been measured. */
  function within(limit: number): void {
    const last = foretold()
    batch(() => {
      setMinutes(limit)
      touch('max_steps')
      if (last) hold(last)
    })
  }

  function setTraining<K extends keyof TrainingConfig>(name: K, value: TrainingConfig[K]): void {
    batch(() => {
      draft.change('training', { [name]: value })
      touch(name)
      if (name === 'max_steps' || name === 'num_train_epochs') setMinutes(null)
    })
  }

  function setLora<K extends keyof LoraConfig>(name: K, value: LoraConfig[K]): void {
    draft.change('lora', { [name]: value })
    touch(name)
  }

  /** Steps or epochs decide the length, and the other is ignored; or the clock, as long as the run takes now. */
  function setLength(by: 'steps' | 'epochs' | 'minutes'): void {
    if (by === 'minutes') {
      const now = (foretold()?.duration?.seconds ?? 60) / 60
      within(Math.max(0.1, Number(now.toPrecision(2))))
      return
    }
    setMinutes(null)
    if (byEpochs(draft.training()) === (by === 'epochs')) return
    setTraining('max_steps', by === 'epochs' ? -1 : 60)
  }

  /**
   * Takes over another config's settings, or those kept over a reload.
   * @param own of a person's own: what was set by hand, and the profile that the rest follows
   */
  function take(
    { training, lora }: Pick<RunConfig, 'training' | 'lora'>,
    from: ProfileId | 'own' = 'own',
    own: { touched: Touched; basis: ProfileId } = { touched: 'all', basis: basis() },
  ): void {
    batch(() => {
      draft.take({ training, lora })
      setMinutes(null)
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
        if (chosen !== 'own') choose(chosen)
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
    minutes,
    within,
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
