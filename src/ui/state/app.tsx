import {
  batch,
  createContext,
  createEffect,
  createRoot,
  createSignal,
  on,
  onCleanup,
  type ParentProps,
  useContext,
} from 'solid-js'
import type { RunConfig } from '../../protocol/run-config.ts'
import type { ModelInfo, Studio } from '../../protocol/studio.ts'
import type { LinkReading } from '../../runs/link.ts'
import type { ProfileId } from '../../runs/profiles.ts'
import { createAnswers } from './answers.ts'
import { createCopiesLater } from './copies-later.ts'
import { createCorrections } from './corrections.ts'
import { createData } from './data.ts'
import { createSynthesis } from './data-synthesis.ts'
import { createDownloads } from './downloads.ts'
import { createDraft } from './draft.ts'
import { createEvaluations } from './evaluations.ts'
import { createFinished } from './finished.ts'
import { createFit } from './fit.ts'
import { gathered } from './gathered.ts'
import { createGpuReport } from './gpu-report.ts'
import { createHints } from './hints.ts'
import { createHood } from './hood.ts'
import { prepareWhileIdle } from './idle.ts'
import { createLanguage } from './language.ts'
import { createLimit } from './limit.ts'
import { createLink } from './link.ts'
import { recall, remember } from './memory.ts'
import { createModels } from './models.ts'
import { createOffline } from './offline.ts'
import { createOpenConfig, findDataset } from './open-config.ts'
import { createPacks } from './packs.ts'
import { guardLeaving, keepAwake } from './presence.ts'
import { createProofs } from './proofs.ts'
import { settleFirst } from './reloading.ts'
import { createRoute } from './route.ts'
import { createRuns } from './runs.ts'
import { createSettings, type Touched } from './settings.ts'
import { takePressed } from './shared-memory.ts'
import { createShelf } from './shelf.ts'
import { createShown } from './shown.ts'
import { createStartAdapter } from './start-adapter.ts'
import { readDraft, type StoredDraft } from './stored-draft.ts'
import { createTheme } from './theme.ts'
import { createTraining } from './training.ts'
import { createTuningLater } from './tuning-later.ts'

export type App = ReturnType<typeof createApp>

/** With the hash of the model that is chosen, by which it is found again. */
const withHash = (config: RunConfig, model: ModelInfo | null): RunConfig => ({
  ...config,
  model: { ...config.model, hash: model?.hash || null },
})

/**
 * Everything the page knows and can do, put together.
 * @param first what its address said beyond a place
 */
function createApp(studio: Studio, first: LinkReading | null) {
  const route = createRoute()
  const shown = createShown(first?.link ?? null)
  const hints = createHints()
  const theme = createTheme(first?.link.theme, !shown.embedded)
  const language = createLanguage()
  const [said, announce] = createSignal('')
  const [runsOpen, openRuns] = createSignal(false)
  const draft = createDraft()
  const models = createModels(studio, draft)
  const settings = createSettings(models.chosen, draft)
  const data = createData(studio, draft, models)
  const runs = createRuns(studio)
  const proofs = createProofs(studio)
  const downloads = createDownloads(studio, runs, proofs)
  const limit = createLimit({ studio, draft, data, models, settings })
  const startAdapter = createStartAdapter({ studio, draft, models, settings })
  const training = createTraining({
    studio,
    startAdapter,
    draft,
    data,
    models,
    settings,
    limit,
    runs,
    announce,
    before: (pressed) => offline.sharedMemory.before(pressed),
  })
  const copies = createCopiesLater({ studio, runs, training })
  const hood = createHood(studio, training.busy)
  const tuning = createTuningLater({ studio, data, models, runs, training })
  const setting = () => route.place() === 'train' && !training.busy() && runs.shown() === null
  const fit = createFit({ studio, draft, data, models, settings, training, seen: setting })
  const finished = createFinished({
    ...{ busy: training.busy, ended: runs.shown, label: runs.label },
    queue: {
      going: () => (tuning.state()?.going() ?? null) !== null,
      ended: () => tuning.state()?.ended() ?? null,
    },
  })
  const seen = () => route.place() === 'model'
  const shelf = createShelf({ studio, draft, models, settings, training, seen })
  const gpuReport = createGpuReport(studio, draft, models)
  const opening = createOpenConfig({ startAdapter, draft, data, models, settings, runs, training })
  // What other tabs, and workers of this one, have stored or removed.
  const deaf = new AbortController()
  onCleanup(() => deaf.abort())
  void studio.kept.follow(
    gathered((kinds) => {
      if (kinds.has('models')) {
        void models.refresh()
        if (shelf.storage()) {
          void shelf.findStorage()
          void shelf.downloads.refresh()
        }
      }
      if (kinds.has('data')) void data.follow()
      if (kinds.has('queues')) void tuning.state()?.refresh()
    }),
    { signal: deaf.signal },
  )
  // What a run needs may have come, or be gone.
  createEffect(
    on(
      () =>
        models
          .list()
          .map(({ id, hash }) => `${id} ${hash}`)
          .join(),
      (_, before) => {
        if (before) void runs.refresh()
      },
    ),
  )
  const link = createLink({ data, opening, training, first, embedded: shown.embedded })
  const packs = createPacks({ studio, training, embedded: shown.embedded })
  createEffect(
    on(
      language.now,
      (tag) => {
        // It was said, in the language of before.
        announce('')
        void packs.speak(tag)
      },
      { defer: true },
    ),
  )
  const answers = createAnswers(studio, models)
  const evaluations = createEvaluations(studio, models)
  const corrections = createCorrections({ opening, route })
  const synthesis = createSynthesis(studio, data, models)

  /** Whether something beside a run goes on that must not be cut off. */
  const otherWork = () =>
    copies.state()?.writing() ||
    (tuning.state()?.going() ?? null) !== null ||
    evaluations.judging() !== null ||
    shelf.downloads.now() !== null ||
    models.adding() !== null ||
    data.opening() !== null ||
    downloads.making() !== null
  const working = () => training.busy() || otherWork()

  const needsThreads = () => {
    if (models.deviceFailure()) return false
    const device = models.device()
    return device && device.engine === 'portable' && navigator.hardwareConcurrency > 1
  }
  /** Whether this page has nothing that only it has: answers, files that are open, what is told of something that went wrong. */
  const keepsAll = () => {
    const info = data.dataset()
    const source = info && data.sourceOf(info)
    const passing: (() => unknown)[] = [
      ...[training.ownQuestions, startAdapter.misplaced, synthesis.progress, tuning.state],
      () => copies.state()?.folder() ?? null,
      ...[link.told, link.asking, models.told, packs.opening, packs.dialog],
      ...[data.failure, models.failure, opening.failure, link.failure, packs.failure],
    ]
    return (
      !otherWork() &&
      passing.every((here) => here() === null) &&
      draft.start().from !== 'adapter' &&
      answers.exchanges.length === 0 &&
      !runs.list().some(({ unkept }) => unkept) &&
      // Where data came from is told to others in a link, and known to this page alone.
      (source === null || source.from === 'sample')
    )
  }
  const offline = createOffline({ needsThreads, training: training.busy, keepsAll })

  keepAwake(working)
  guardLeaving(
    () =>
      !offline.sharedMemory.leaving() &&
      (training.busy() ||
        copies.state()?.writing() ||
        downloads.making() !== null ||
        runs.list().some(({ unkept }) => unkept)),
  )
  settleFirst(stopped)
  prepareWhileIdle(studio, models.device, training.busy, training.forecast)

  /** A run that goes on is stopped after its step; resolves once it is stored. */
  function stopped(): Promise<void> {
    const isGoing = () => training.phase() === 'running' || training.phase() === 'stopping'
    if (isGoing()) void training.stop()
    return new Promise((resolve) =>
      createRoot((end) =>
        createEffect(() => {
          if (isGoing()) return
          resolve()
          end()
        }),
      ),
    )
  }

  const pressed = takePressed()
  const [restored, setRestored] = createSignal(false)
  void (link.opensRun || shown.embedded ? Promise.resolve() : restore()).then(link.begin).finally(() => {
    setRestored(true)
    // What was opened is remembered by now, for this page loaded again and for a second tab.
    if (link.failure() === null) packs.begun()
    if (pressed) void training.goOn(pressed)
  })

  /** What was being set up, found again after a reload. */
  async function restore(): Promise<void> {
    const stored = recall<StoredDraft>('draft') ?? (await interrupted())
    if (!stored) return
    const { config, dataset, profile, own, minutes, shown, opening: waiting } = readDraft(stored)
    batch(() => {
      models.choose(config.model.id)
      draft.change('model', { quantization: config.model.quantization })
      settings.take(config, profile, own ? { ...own, touched: new Set(own.touched) } : undefined, minutes)
      draft.setStart(config.start)
      const { kind: _, portable_backend: __, ...engine } = config.engine
      draft.change('engine', engine)
      draft.change('data', {
        reading: config.data.reading,
        validation_share: config.data.validation_share,
      })
      if (waiting) opening.restore(waiting)
    })
    await Promise.all([models.ready, runs.ready])
    // By its files: what has its id by now may be another.
    const { hash } = config.model
    const same = models.list().find((model) => hash !== null && model.hash === hash)
    const now = models.chosen()
    if (same) models.choose(same.id)
    else if (!now || (hash !== null && !now.practice && now.hash !== hash)) models.choose('pebble')
    if (shown && runs.byId(shown) && !training.busy()) {
      runs.show(shown)
      void runs.load(shown)
    }
    if (!dataset || training.busy() || data.dataset()) return
    await data.loadLists()
    const info = data.stored().find((entry) => entry.id === dataset)
    if (info && !data.dataset() && !training.busy()) data.restore(info, config.data)
  }

  /** Where nothing is remembered, a run that was cut off tells what it was made of. */
  async function interrupted(): Promise<Partial<StoredDraft> | null> {
    await runs.ready
    const run = runs.interrupted()
    if (!run) return null
    await data.loadLists()
    return {
      config: run.config,
      dataset: findDataset(data.stored(), run.config)?.id ?? '',
      profile: 'own',
      shown: run.id,
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
    // Frames are set up by the page around; several of a site would write over each other.
    if (!restored() || shown.embedded) return
    const kept: StoredDraft = {
      config: withHash(draft.usable(), models.chosen()),
      dataset: data.dataset()?.id ?? '',
      profile: settings.profile(),
      own: ownOf(settings.touched(), settings.basis()),
      minutes: settings.minutes(),
      shown: runs.shownId(),
      opening: opening.kept(),
    }
    remember('draft', kept)
  })

  return {
    studio,
    route,
    theme,
    language,
    shown,
    said,
    announce,
    runsOpen,
    openRuns,
    draft,
    startAdapter,
    opening,
    link,
    packs,
    models,
    settings,
    limit,
    data,
    runs,
    downloads,
    proofs,
    training,
    copies,
    tuning,
    finished,
    fit,
    hints,
    hood,
    shelf,
    gpuReport,
    answers,
    evaluations,
    corrections,
    synthesis,
    offline,
    working,
  }
}

function ownOf(touched: Touched, basis: ProfileId): StoredDraft['own'] {
  return touched === 'all' || touched.size === 0 ? null : { touched: [...touched], basis }
}

const AppContext = createContext<App>()

export function AppProvider(props: ParentProps<{ studio: Studio; first: LinkReading | null }>) {
  return (
    <AppContext.Provider value={createApp(props.studio, props.first)}>{props.children}</AppContext.Provider>
  )
}

export function useApp(): App {
  const app = useContext(AppContext)
  if (!app) throw new Error('useApp outside AppProvider')
  return app
}
