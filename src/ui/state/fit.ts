import { batch, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { toFailure } from '../../protocol/errors.ts'
import type { RunConfig } from '../../protocol/run-config.ts'
import type { Fit, FitChange, FitData, Studio } from '../../protocol/studio.ts'
import type { DataState } from './data.ts'
import type { Draft } from './draft.ts'
import type { ModelState } from './models.ts'
import type { Settings } from './settings.ts'
import type { TrainingState } from './training.ts'

export type FitState = ReturnType<typeof createFit>

interface Parts {
  studio: Studio
  draft: Draft
  data: DataState
  models: ModelState
  settings: Settings
  training: TrainingState
  /** Whether a run is being set up in sight. */
  seen: () => boolean
}

/** Milliseconds that settings rest before they are planned. */
const REST_MS = 150

/**
 * Whether what is being set up fits into the memory that there is, a moment after the settings have come to rest. What was found of
 * other settings, data or another engine is gone at once.
 */
export function createFit({ studio, draft, data, models, settings, training, seen }: Parts) {
  const [fit, setFit] = createSignal<Fit | null>(null)
  const [working, setWorking] = createSignal(false)

  /** With the data named where there are any, as the run's own plan goes by them. */
  const asked = (): RunConfig | null => {
    const model = models.chosen()
    const ready = draft.ready()
    return training.config() ?? (ready && model && { ...ready, model: { ...ready.model, id: model.id } })
  }

  createEffect(
    on(
      [asked, () => models.chosen()?.hash, data.prepared, training.ownQuestions, seen, models.device],
      ([config, , prepared, , visible]) => {
        batch(() => {
          setFit(null)
          setWorking(config !== null && visible)
        })
        if (!config || !visible) return
        const dataset = prepared && !prepared.estimate ? data.dataset()?.id : undefined
        const stopping = new AbortController()
        const timer = setTimeout(async () => {
          const found = await look(config, dataset, stopping.signal).catch((error: unknown) => {
            // What stands in the way of a plan is told by the forecast, which asks the same.
            if (toFailure(error).code === 'internal') console.error(error)
            return null
          })
          if (stopping.signal.aborted) return
          batch(() => {
            setFit(found)
            setWorking(false)
          })
        }, REST_MS)
        onCleanup(() => {
          clearTimeout(timer)
          stopping.abort()
        })
      },
    ),
  )

  async function look(config: RunConfig, dataset: string | undefined, signal: AbortSignal): Promise<Fit> {
    const own: FitData | null =
      dataset === undefined ? null : { dataset, samplePrompts: await training.asked() }
    return studio.models.fit(config, config.model.id, own, { signal })
  }

  /** Sets what a change would set. It is a person's own choice then: no profile takes it back. */
  function apply({ set }: FitChange): void {
    batch(() => {
      settings.take({
        training: { ...draft.training(), ...set.training },
        lora: { ...draft.lora(), ...set.lora },
      })
      if (set.engine) draft.change('engine', set.engine)
      if (set.model) draft.change('model', set.model)
    })
  }

  return { fit, working, apply }
}
