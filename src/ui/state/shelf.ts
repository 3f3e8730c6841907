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
/** Between two looks at the room that there is, while there was too little, ms. */
const LOOK_MS = 2000

/** What may be taken at most, and by what that is known; null where that is not what it was held against. */
const grantOf = (found: FitFound): string | null =>
  'fit' in found && found.fit.limit === 'memory' ? `${found.fit.from} ${found.fit.grants}` : null

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

  /** Something did not fit into the storage, and is told; null: nothing. */
  const full = () => {
    const failure = [models.failure(), downloads.failed()?.failure].find(
      (one) => one?.code === 'quota_exceeded',
    )
    return failure ?? null
  }
  // Deleting frees room a moment later than it is done, and in any tab: what said that there is none goes then.
  createEffect(
    on(full, (failure) => {
      if (!failure) return
      let least: number | null = null
      const look = async () => {
        await findStorage()
        const { usage, quota } = storage() ?? {}
        if (full() !== failure || typeof usage !== 'number' || typeof quota !== 'number') return
        const needed = Number(failure.detail?.needed ?? Number.NaN)
        // Where nobody has said how much it needs, it may fit once anything has gone.
        const fits = Number.isFinite(needed) ? needed <= quota - usage : least !== null && usage < least
        least = Math.min(least ?? usage, usage)
        if (!fits) return
        if (models.failure() === failure) models.report(null)
        if (downloads.failed()?.failure === failure) downloads.dismiss()
      }
      void look()
      const timer = setInterval(() => void look(), LOOK_MS)
      onCleanup(() => clearInterval(timer))
    }),
  )

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
    const chosen = models.chosen()
    // One that is the chosen one's twin takes what that takes.
    const alike =
      chosen?.practice === model.practice && JSON.stringify(chosen.config) === JSON.stringify(model.config)
    if (model.id === models.chosenId() || alike || profile === 'own') return now
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
          const { quantization } = config.model
          const by = JSON.stringify([
            ...[model.hash || model.config, quantization, training, lora, engine, device.description],
          ])
          return { model, config, by }
        })
        const show = () =>
          setFits(
            new Map(asks.flatMap(({ model, by }) => (known.has(by) ? [[model.key, known.get(by)!]] : []))),
          )
        show()
        const timer = setTimeout(async () => {
          // What may be taken is known better once a device is open: what was found before that is found again.
          for (const { model, config, by } of [...asks, ...asks]) {
            if (known.has(by)) continue
            const call = { signal: stopping.signal }
            const found = await studio.models
              .fit(config, model.id ?? model.config, null, call)
              .then((fit): FitFound => ({ fit, tokens: config.training.max_length }))
              .catch((error: unknown): FitFound => ({ failure: toFailure(error) }))
            if (stopping.signal.aborted) return
            if (known.size > MOST_KEPT) known.clear()
            const now = grantOf(found)
            for (const other of asks) {
              const before = known.get(other.by)
              if (before && now && (grantOf(before) ?? now) !== now) known.delete(other.by)
            }
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
