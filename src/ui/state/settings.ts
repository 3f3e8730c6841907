import { type Accessor, createEffect, createMemo, createSignal, on } from 'solid-js'
import { createStore, reconcile, unwrap } from 'solid-js/store'
import {
  type LoraConfig,
  parseRunConfig,
  type RunConfig,
  type TrainingConfig,
} from '../../protocol/run-config.ts'
import type { ModelInfo } from '../../protocol/studio.ts'
import { type ProfileId, recommend } from '../../runs/profiles.ts'
import {
  checkNumber,
  checkWarmup,
  type FieldProblem,
  LORA_LIMITS,
  type LoraNumber,
  TRAINING_LIMITS,
  type TrainingNumber,
} from './fields.ts'

export type Settings = ReturnType<typeof createSettings>

/**
 * The hyperparameters being set up. Values may be wrong while someone types (an empty field is NaN); `problems` says
 * which, and nothing starts while there is one.
 */
export function createSettings(model: Accessor<ModelInfo | null>) {
  const practice = { practice: true, parameters: 1e6 }
  const first = recommend(practice, 'quick')
  const [profile, setProfile] = createSignal<ProfileId | 'own'>('quick')
  const [training, setTraining] = createStore<TrainingConfig>(first.training)
  const [lora, setLora] = createStore<LoraConfig>(first.lora)

  /** The profile chosen last: what a changed setting is compared with. */
  const [basis, setBasis] = createSignal<ProfileId>('quick')
  const recommended = createMemo(() => recommend(model() ?? practice, basis()))

  const problems = createMemo(() => {
    const found = new Map<TrainingNumber | LoraNumber, FieldProblem>()
    const byEpochs = training.max_steps === -1
    for (const name of Object.keys(TRAINING_LIMITS) as TrainingNumber[]) {
      if (name === (byEpochs ? 'max_steps' : 'num_train_epochs')) continue
      const value = training[name]
      if (value === null) continue
      const problem = name === 'warmup_steps' ? checkWarmup(value) : checkNumber(value, TRAINING_LIMITS[name])
      if (problem) found.set(name, problem)
    }
    for (const name of Object.keys(LORA_LIMITS) as LoraNumber[]) {
      const problem = checkNumber(lora[name], LORA_LIMITS[name])
      if (problem) found.set(name, problem)
    }
    return found
  })

  /** The config of a valid run, or null while something is wrong. The schema has the last word. */
  const config = createMemo((): RunConfig | null => {
    if (problems().size > 0) return null
    try {
      return parseRunConfig({ training: { ...training }, lora: { ...lora } })
    } catch {
      return null
    }
  })

  function choose(id: ProfileId): void {
    setProfile(id)
    setBasis(id)
    const next = recommend(model() ?? practice, id)
    setTraining(reconcile(next.training))
    setLora(reconcile(next.lora))
  }

  function setTrainingField<K extends keyof TrainingConfig>(name: K, value: TrainingConfig[K]): void {
    setTraining(name, value as never)
    setProfile('own')
  }

  function setLoraField<K extends keyof LoraConfig>(name: K, value: LoraConfig[K]): void {
    setLora(name, value as never)
    setProfile('own')
  }

  /** Steps or epochs decide the length; the other is ignored. */
  function setLength(by: 'steps' | 'epochs'): void {
    if ((training.max_steps === -1) === (by === 'epochs')) return
    setTrainingField('max_steps', by === 'epochs' ? -1 : 60)
  }

  /** Takes over a stored run's settings, or a draft kept over a reload. */
  function take(config: Pick<RunConfig, 'training' | 'lora'>, from: ProfileId | 'own' = 'own'): void {
    setTraining(reconcile({ ...config.training }))
    setLora(reconcile({ ...config.lora }))
    setProfile(from)
    if (from !== 'own') setBasis(from)
  }

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
    training,
    lora,
    recommended,
    problems,
    config,
    valid: () => config() !== null,
    choose,
    setTraining: setTrainingField,
    setLora: setLoraField,
    setLength,
    take,
    draft: () => ({
      profile: profile(),
      training: { ...unwrap(training) },
      lora: { ...unwrap(lora) },
    }),
  }
}
