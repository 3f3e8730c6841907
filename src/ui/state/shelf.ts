import { createEffect, createSignal, on, onCleanup } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { ModelConfig } from '../../protocol/model.ts'
import { HUB_ENDPOINT, type ModelAddress } from '../../protocol/model-address.ts'
import type { RunConfig } from '../../protocol/run-config.ts'
import type { Fit, ModelInfo, OfferedModel, StorageRoom, Studio } from '../../protocol/studio.ts'
import { recommend } from '../../runs/profiles.ts'
import { type ExpectedSpeed, expectedSpeed } from '../../runs/speed.ts'
import type { Draft } from './draft.ts'
import { createModelDownloads } from './model-downloads.ts'
import { createModelLookup } from './model-lookup.ts'
import type { ModelState } from './models.ts'
import type { Settings } from './settings.ts'
import type { TrainingState } from './training.ts'

export type ShelfState = ReturnType<typeof createShelf>

interface Parts {
  studio: Studio
  draft: Draft
  models: ModelState
  settings: Settings
  training: TrainingState
  /** Whether the shelf is in sight. */
  seen: () => boolean
}

/** What a model is called in the table of fits. */
type Shape = {
  key: string
  name: string
  parameters: number
  practice: boolean
  config: ModelConfig
  id?: string
  hash?: string
}

export type FitFound = { fit: Fit; tokens: number } | { failure: Failure }

/** Milliseconds that settings rest before models are planned by them. */
const REST_MS = 300
const MOST_KEPT = 200

/** Models that may be had beside those at hand, and what each would take with the settings as they are. */
export function createShelf({ studio, draft, models, settings, training, seen }: Parts) {
  const [offered, setOffered] = createSignal<OfferedModel[]>([])
  const [storage, setStorage] = createSignal<StorageRoom | null>(null)
  const [fits, setFits] = createSignal<ReadonlyMap<string, FitFound>>(new Map())
  const lookup = createModelLookup(studio)
  const downloads = createModelDownloads(studio, models, () => void findStorage())
  /** By everything that a plan depends on. */
  const known = new Map<string, FitFound>()

  async function findStorage(): Promise<void> {
    setStorage(await studio.models.storage().catch(() => null))
  }

  async function keep(): Promise<void> {
    await studio.models.keep().catch(() => false)
    await findStorage()
  }

  let begun = false
  createEffect(() => {
    if (!seen() || begun) return
    begun = true
    void findStorage()
    void downloads.refresh()
    // Without the list there is still the field for a name.
    void studio.models.offered().then(setOffered, () => {})
  })

  const isStored = ({ repos }: OfferedModel) =>
    models
      .list()
      .some(({ origin }) => origin.kind === 'hub' && repos.some(({ repo }) => repo === origin.repo))

  /** As it would be trained if it were chosen: another kind of model has other recommendations. */
  function configFor(model: Shape): RunConfig {
    const now = draft.usable()
    const profile = settings.profile()
    if (model.id === models.chosenId() || profile === 'own') return now
    return { ...now, ...recommend(model, profile) }
  }

  const shapes = (): Shape[] => {
    const found = lookup.found()
    return [
      ...models.list().map((model) => ({ ...model, key: model.id })),
      ...offered()
        .filter((model) => !isStored(model))
        .map((model) => ({ ...model, key: model.name, practice: false })),
      ...(found?.config
        ? [
            {
              key: FOUND,
              name: found.name,
              practice: false,
              config: found.config,
              parameters: found.parameters ?? 0,
            },
          ]
        : []),
    ]
  }

  createEffect(
    on(
      [seen, shapes, draft.usable, settings.profile, models.chosenId, models.device, training.busy],
      ([visible, wanted, , , , device, busy]) => {
        // A run finds out how much room there is.
        if (busy) known.clear()
        if (!visible || busy || !device) return
        const stopping = new AbortController()
        const asks = wanted.map((model) => {
          const config = configFor(model)
          const { training, lora, engine } = config
          const by = JSON.stringify([model.hash || model.config, training, lora, engine, device.description])
          return { model, config, by }
        })
        const show = () =>
          setFits(
            new Map(asks.flatMap(({ model, by }) => (known.has(by) ? [[model.key, known.get(by)!]] : []))),
          )
        show()
        const timer = setTimeout(async () => {
          for (const { model, config, by } of asks) {
            if (known.has(by)) continue
            const call = { signal: stopping.signal }
            const found = await studio.models
              .fit(config, model.id ?? model.config, null, call)
              .then((fit): FitFound => ({ fit, tokens: config.training.max_length }))
              .catch((error: unknown): FitFound => ({ failure: toFailure(error) }))
            if (stopping.signal.aborted) return
            if (known.size > MOST_KEPT) known.clear()
            known.set(by, found)
            show()
          }
        }, REST_MS)
        onCleanup(() => {
          clearTimeout(timer)
          stopping.abort()
        })
      },
    ),
  )

  /** Of a repository, at the hub that was chosen. */
  function addressOf(repo: string): ModelAddress {
    const endpoint = lookup.endpoint()
    return { kind: 'hub', repo, ...(endpoint === HUB_ENDPOINT ? {} : { endpoint }) }
  }

  return {
    /** Those that are not here yet. */
    offered: () => offered().filter((model) => !isStored(model)),
    storage,
    findStorage,
    keep,
    lookup,
    downloads,
    addressOf,
    fitOf: (key: string): FitFound | null => fits().get(key) ?? null,
    speedOf(model: Pick<ModelInfo, 'name' | 'parameters'>): ExpectedSpeed | null {
      const device = models.device()
      return device && model.parameters > 0 ? expectedSpeed(device, model, models.backend()) : null
    },
  }
}

/** Key of what was looked up, among the fits. */
export const FOUND = 'found'
