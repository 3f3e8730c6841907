import { batch, createEffect, on } from 'solid-js'
import type { Studio } from '../../protocol/studio.ts'
import type { DataState } from './data.ts'
import type { Draft } from './draft.ts'
import type { ModelState } from './models.ts'
import type { Settings } from './settings.ts'

export type LimitState = ReturnType<typeof createLimit>

interface Parts {
  studio: Studio
  draft: Draft
  data: DataState
  models: ModelState
  settings: Settings
}

/**
 * A profile's limit on tokens follows the data: as many as its longest example has, as far as the model and the memory allow. A limit
 * that someone set stays; what is recommended beside it follows the data all the same.
 */
export function createLimit({ studio, draft, data, models, settings }: Parts) {
  /** What the examples need, where all of them have been looked at; of an estimate only that it is more. */
  function needed(): number | null {
    const info = data.prepared()
    if (!info) return (data.prepareFailure()?.detail?.needed as number | undefined) ?? null
    const found = info.needed ?? null
    return info.estimate && found !== null && found <= draft.training().max_length ? null : found
  }

  async function follow(): Promise<void> {
    const [profile, model, wanted] = [settings.profile(), models.chosen(), needed()]
    if (!model || wanted === null) return
    const usual = settings.usual().training
    const config = {
      ...draft.usable(),
      training: { ...draft.usable().training, max_length: usual.max_length },
    }
    const limit =
      wanted <= usual.max_length
        ? usual.max_length
        : await studio.models.fittingLength(config, model.id, wanted).catch(() => null)
    // What was chosen meanwhile is followed by itself.
    if (limit === null || settings.profile() !== profile || models.chosen()?.id !== model.id) return
    batch(() => {
      settings.setFollowed(limit === usual.max_length ? null : limit)
      if (settings.follows('max_length') && draft.training().max_length !== limit)
        draft.change('training', { max_length: limit })
    })
  }

  createEffect(
    on(
      [
        data.prepared,
        data.prepareFailure,
        settings.profile,
        () => models.chosen()?.id,
        () => draft.training().max_length,
      ],
      () => void follow(),
    ),
  )

  return { needed, follow }
}
