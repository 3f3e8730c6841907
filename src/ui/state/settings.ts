import { type Accessor, batch, createEffect, createMemo, createSignal, on } from 'solid-js'
import type { LoraConfig, RunConfig, TrainingConfig } from '../../protocol/run-config.ts'
import type { ModelInfo } from '../../protocol/studio.ts'
import { type ProfileId, recommend } from '../../runs/profiles.ts'
import { byEpochs, type Draft } from './draft.ts'

export type Settings = ReturnType<typeof createSettings>

const PRACTICE = { practice: true, parameters: 1e6 }

/** The hyperparameters of the draft, and the profile that they come from. */
export function createSettings(model: Accessor<ModelInfo | null>, draft: Draft) {
  const [profile, setProfile] = createSignal<ProfileId | 'own'>('quick')
  /** The profile chosen last: what a changed setting is compared with. */
  const [basis, setBasis] = createSignal<ProfileId>('quick')
  const recommended = createMemo(() => recommend(model() ?? PRACTICE, basis()))

  function choose(id: ProfileId): void {
    batch(() => {
      setProfile(id)
      setBasis(id)
      draft.take(recommend(model() ?? PRACTICE, id))
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
    problems: draft.problems,
    choose,
    setTraining,
    setLora,
    setLength,
    take,
  }
}
