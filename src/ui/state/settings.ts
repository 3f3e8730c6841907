import { type Accessor, batch, createEffect, createMemo, createSignal, on } from 'solid-js'
import type { LoraConfig, RunConfig, TrainingConfig } from '../../protocol/run-config.ts'
import type { ModelInfo, RunForecast } from '../../protocol/studio.ts'
import { fittedLength, lengthOf, type ProfileId, recommend } from '../../runs/profiles.ts'
import { byEpochs, type Draft } from './draft.ts'

export type Settings = ReturnType<typeof createSettings>

const PRACTICE = { practice: true, parameters: 1e6 }

/** The hyperparameters of the draft, and the profile that they come from. */
export function createSettings(model: Accessor<ModelInfo | null>, draft: Draft) {
  const [profile, setProfile] = createSignal<ProfileId | 'own'>('quick')
  /** The profile chosen last: what a changed setting is compared with. */
  const [basis, setBasis] = createSignal<ProfileId>('quick')
  /** What of the profile was fitted to this machine and this data. */
  const [fitted, setFitted] = createSignal<Partial<TrainingConfig> | null>(null)
  /** The limit on tokens that the data ask for, where it is not the profile's own. */
  const [followed, setFollowed] = createSignal<number | null>(null)
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
      setFitted(null)
      setFollowed(null)
      draft.take(recommend(model() ?? PRACTICE, id))
    })
  }

  /** A quick look is quick on this machine: as many of its steps as the speed measured here allows. Others are as long as the data needs. */
  function fit(forecast: RunForecast): void {
    const chosen = profile()
    if (chosen === 'own' || (model() ?? PRACTICE).practice) return
    const length = lengthOf(usual().training)
    const now = lengthOf(draft.training())
    const fitting = fittedLength(chosen, length, now, forecast)
    const kept = fitting ?? now
    const same = kept.max_steps === length.max_steps && kept.num_train_epochs === length.num_train_epochs
    batch(() => {
      setFitted(same ? null : kept)
      if (fitting) draft.change('training', fitting)
    })
  }

  function setTraining<K extends keyof TrainingConfig>(name: K, value: TrainingConfig[K]): void {
    draft.change('training', { [name]: value })
    setProfile('own')
  }

  function setLora<K extends keyof LoraConfig>(name: K, value: LoraConfig[K]): void {
    draft.change('lora', { [name]: value })
    setProfile('own')
  }

  /** Steps or epochs decide the length; the other is ignored. */
  function setLength(by: 'steps' | 'epochs'): void {
    if (byEpochs(draft.training()) === (by === 'epochs')) return
    setTraining('max_steps', by === 'epochs' ? -1 : 60)
  }

  /** Takes over another config's settings, or those kept over a reload. */
  function take(
    { training, lora }: Pick<RunConfig, 'training' | 'lora'>,
    from: ProfileId | 'own' = 'own',
  ): void {
    batch(() => {
      draft.take({ training, lora })
      setProfile(from)
      if (from !== 'own') setBasis(from)
    })
  }

  choose('quick')
  // Another kind of model has other recommendations; what someone set by hand stays.
  createEffect(
    on(
      () => model()?.id,
      (_, previous) => {
        const chosen = profile()
        if (previous !== undefined && chosen !== 'own') choose(chosen)
      },
    ),
  )

  return {
    profile,
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
    problems: draft.problems,
    choose,
    setTraining,
    setLora,
    setLength,
    take,
  }
}
