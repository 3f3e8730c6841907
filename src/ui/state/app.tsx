import {
  createContext,
  createEffect,
  createMemo,
  createSignal,
  on,
  type ParentProps,
  useContext,
} from 'solid-js'
import { parseRunConfig, type RunConfig } from '../../protocol/run-config.ts'
import type { Mapping, Studio } from '../../protocol/studio.ts'
import type { ProfileId } from '../../runs/profiles.ts'
import { createAnswers } from './answers.ts'
import { createData, type Preparation } from './data.ts'
import { type Recipe, readySteps } from './data-recipe.ts'
import { createSynthesis } from './data-synthesis.ts'
import { recall, remember } from './memory.ts'
import { createModels } from './models.ts'
import { guardLeaving, keepAwake } from './presence.ts'
import { createRoute } from './route.ts'
import { createRuns } from './runs.ts'
import { createSettings } from './settings.ts'
import { createTheme } from './theme.ts'
import { createTraining } from './training.ts'

export type App = ReturnType<typeof createApp>

interface Draft {
  dataset: string
  mapping: Mapping
  recipe: Pick<RunConfig['data'], 'format' | 'steps' | 'split' | 'augment'>
  share: number
  model: string
  profile: ProfileId | 'own'
  settings: Pick<RunConfig, 'training' | 'lora'>
  shown: string | null
}

/** Everything the page knows and can do, put together. */
function createApp(studio: Studio) {
  const route = createRoute()
  const theme = createTheme()
  const [said, announce] = createSignal('')
  const [runsOpen, openRuns] = createSignal(false)
  const models = createModels(studio)
  const settings = createSettings(models.chosen)
  const preparation = createMemo((): Preparation | null => {
    const model = models.chosen()
    if (!model || settings.problems().has('max_length') || settings.problems().has('seed')) return null
    return {
      model: model.id,
      maxLength: settings.training.max_length,
      completionOnlyLoss: settings.training.completion_only_loss,
      seed: settings.training.seed,
    }
  })
  const data = createData(studio, preparation)
  const runs = createRuns(studio)
  const training = createTraining({ studio, data, models, settings, runs, announce })
  const answers = createAnswers(studio, models)
  const synthesis = createSynthesis(studio, data, models)

  keepAwake(training.busy)
  guardLeaving(training.busy)

  const [restored, setRestored] = createSignal(false)
  void restore().finally(() => setRestored(true))

  /** What was being set up, found again after a reload. */
  async function restore(): Promise<void> {
    const draft = recall<Draft>('draft')
    if (!draft) return
    if (draft.model) models.choose(draft.model)
    try {
      if (draft.settings) settings.take(parseRunConfig(draft.settings), draft.profile)
    } catch {
      // Settings of an older page that no longer hold: the defaults stay.
    }
    await Promise.all([models.ready, runs.ready])
    if (!models.chosen()) models.choose('pebble')
    if (typeof draft.share === 'number') data.setValidationShare(draft.share)
    if (draft.shown && runs.byId(draft.shown) && !training.busy()) {
      runs.show(draft.shown)
      void runs.load(draft.shown)
    }
    if (!draft.dataset || training.busy() || data.dataset()) return
    await data.loadLists()
    const info = data.stored().find((entry) => entry.id === draft.dataset)
    if (info && !data.dataset() && !training.busy()) data.reopen(info, kept(draft))
  }

  /** The recipe of a draft, or as much of it as still holds. */
  function kept(draft: Partial<Draft>): Partial<Recipe> {
    const mapping = draft.mapping ? { mapping: draft.mapping } : {}
    try {
      const { format, steps, split, augment } = parseRunConfig({ data: draft.recipe ?? {} }).data
      return { ...mapping, ...(draft.recipe ? { format, steps, split, augment } : {}) }
    } catch {
      return mapping
    }
  }

  // With other data or settings the page is before a run again: what ended is one of the stored runs.
  createEffect(
    on(
      () => JSON.stringify([training.config(), training.ownQuestions()]),
      () => {
        if (restored() && !training.busy()) runs.show(null)
      },
      { defer: true },
    ),
  )

  createEffect(() => {
    if (!restored()) return
    const draft: Draft = {
      dataset: data.dataset()?.id ?? '',
      mapping: data.mapping(),
      recipe: {
        format: data.recipe().format,
        steps: readySteps(data.recipe().steps),
        split: data.recipe().split,
        augment: data.recipe().augment,
      },
      share: data.validationShare(),
      model: models.chosenId(),
      profile: settings.profile(),
      settings: { training: { ...settings.training }, lora: { ...settings.lora } },
      shown: runs.shownId(),
    }
    remember('draft', draft)
  })

  return {
    studio,
    route,
    theme,
    said,
    announce,
    runsOpen,
    openRuns,
    models,
    settings,
    data,
    runs,
    training,
    answers,
    synthesis,
  }
}

const AppContext = createContext<App>()

export function AppProvider(props: ParentProps<{ studio: Studio }>) {
  return <AppContext.Provider value={createApp(props.studio)}>{props.children}</AppContext.Provider>
}

export function useApp(): App {
  const app = useContext(AppContext)
  if (!app) throw new Error('useApp outside AppProvider')
  return app
}
