import { batch, createMemo, createSignal } from 'solid-js'
import { type Failure, fail, toFailure } from '../../protocol/errors.ts'
import { parseRunConfig, type RunConfig } from '../../protocol/run-config.ts'
import type { DatasetInfo, ModelInfo, RunInfo } from '../../protocol/studio.ts'
import { configObject } from '../../runs/config-text.ts'
import { baseName, isNamed } from '../../runs/named-data.ts'
import { t } from '../messages/t.ts'
import type { DataState } from './data.ts'
import type { Draft } from './draft.ts'
import type { ModelState } from './models.ts'
import type { RunsState } from './runs.ts'
import type { Settings } from './settings.ts'
import type { StartAdapter } from './start-adapter.ts'
import { type OpenedName, SECTIONS, type Section, type StoredOpening } from './stored-draft.ts'
import type { TrainingState } from './training.ts'

/** Something that a config names and that is not here as it says: what, and where to do something about it. */
export interface Missing {
  text: string
  place?: 'data' | 'model'
}

/** A config's text as a run config, and the sections that it names. @throws LapidaryError `bad_config` */
export function readConfigFile(
  bytes: Uint8Array,
  name: string,
): { config: RunConfig; sections: ReadonlySet<Section> } {
  const json = configObject(bytes, name)
  return {
    config: parseRunConfig(json),
    sections: new Set(SECTIONS.filter((section) => Object.hasOwn(json, section))),
  }
}

/** What a config names, among what is here: by its hash, else by its name. */
export function find<Each extends { hash: string; name: string }>(
  list: readonly Each[],
  wanted: { hash: string | null; name: string },
  named: (each: Each) => boolean,
): Each | null {
  return (
    list.find(({ hash }) => wanted.hash !== null && hash === wanted.hash) ??
    (wanted.name === '' ? null : (list.find(named) ?? null))
  )
}

export function findDataset(list: readonly DatasetInfo[], { data }: RunConfig): DatasetInfo | null {
  return find(list, data, ({ name }) => baseName(name) === baseName(data.name))
}

/** The model that a config names; of its hash, where it says one: another of that name is not taken for it, unless it is the practice model. */
export function findModel(list: readonly ModelInfo[], config: RunConfig): ModelInfo | null {
  const found = namesake(list, config)
  const { hash } = config.model
  return found && (hash === null || found.hash === '' || found.hash === hash || found.practice) ? found : null
}

/** The same, or where it is not here what has its name. */
function namesake(list: readonly ModelInfo[], { model }: RunConfig): ModelInfo | null {
  const name = baseName(model.id.replace(/\/+$/, ''))
  return find(list, { hash: model.hash, name }, (each) => each.id === model.id || each.name === name)
}

/** In words, what of a config is not here as it says. */
export function missingOf(
  config: RunConfig,
  here: {
    dataset: DatasetInfo | null
    models: readonly ModelInfo[]
    stored: readonly DatasetInfo[]
    runs: readonly RunInfo[]
    start: RunConfig['start']
    /** Whether the files of the adapter that it begins with are. */
    adapter?: boolean
  },
): Missing[] {
  const { data, model } = config
  const found: Missing[] = []
  const name = baseName(data.name) || t('open.someData')
  if (!here.dataset) found.push({ text: t('open.noData', { name }), place: 'data' })
  else if (data.hash === null ? !isNamed(data, here.dataset) : here.dataset.hash !== data.hash)
    found.push({ text: t('open.otherData', { name }), place: 'data' })
  const [base, other] = [findModel(here.models, config), namesake(here.models, config)]
  if (!base && other) found.push({ text: t('open.onlyNamed', { name: other.name }), place: 'model' })
  else if (!base) found.push({ text: t('open.noModel', { name: baseName(model.id) }), place: 'model' })
  else if (model.hash !== null && base.hash !== '' && base.hash !== model.hash)
    found.push({ text: t('open.otherModel', { name: base.name }), place: 'model' })
  const { synthetic } = data.augment
  if (synthetic && !here.stored.some(({ id, hash }) => id === synthetic.dataset && hash === synthetic.hash))
    found.push({ text: t('open.noWritten'), place: 'data' })
  const { start } = here
  if (start.from === 'run' && !here.runs.some(({ id }) => id === start.run))
    found.push({ text: t('open.noRun', { name: start.run }) })
  if (start.from === 'adapter' && !here.adapter)
    found.push({ text: t('open.noAdapter', { name: start.name }) })
  return found
}

const inWords = (name: OpenedName): string => (typeof name === 'string' ? name : t(name.said))

interface Opened {
  config: RunConfig
  name: OpenedName
  said: ReadonlySet<Section>
}

export type OpenConfig = ReturnType<typeof createOpenConfig>

interface Parts {
  startAdapter: Pick<StartAdapter, 'has'>
  draft: Draft
  data: DataState
  models: ModelState
  settings: Settings
  runs: RunsState
  training: Pick<TrainingState, 'busy'>
}

/** Opens the page from a run config: what it names is chosen where it is here, the rest is said. */
export function createOpenConfig({ startAdapter, draft, data, models, settings, runs, training }: Parts) {
  /** The config that was opened last, until it is put away. */
  const [opened, setOpened] = createSignal<Opened | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)

  /**
   * @param given of a stored run, it may be of an older version
   * @param said the sections that it names; the others stay as the page has them
   * @param how the data set, where it is known already (null: it is known not to be here); whether its hyperparameters are taken
   */
  async function openConfig(
    given: RunConfig,
    name: OpenedName,
    said: ReadonlySet<Section> = new Set(SECTIONS),
    how: { dataset?: DatasetInfo | null; settings?: boolean } = {},
  ): Promise<void> {
    const config = parseRunConfig(given)
    await Promise.all([data.loadLists(), models.ready, runs.ready])
    // Columns without a name of data are of the data in view, as the command line takes them for its --data.
    const unnamed = config.data.hash === null && config.data.name === ''
    const dataset =
      how.dataset !== undefined ? how.dataset : unnamed ? data.dataset() : findDataset(data.stored(), config)
    const model = findModel(models.list(), config)
    batch(() => {
      if (model && said.has('model')) models.choose(model.id)
      if (said.has('model')) draft.change('model', { quantization: config.model.quantization })
      if (how.settings !== false) settings.take(config)
      if (said.has('engine')) {
        // Remembered as a choice on the Model page is, so that a reload finds it again.
        models.chooseEngine(config.engine.kind)
        models.chooseBackend(config.engine.portable_backend)
        draft.take({ engine: config.engine })
      }
      if (said.has('start')) draft.take({ start: config.start })
      if (!said.has('data')) data.await(null)
      else if (dataset) data.take(dataset, config.data)
      else {
        data.close()
        draft.take({ data: config.data })
        data.await(config.data)
      }
      setOpened({ config, name, said })
      // What is opened is set up, whatever run was in view.
      runs.show(null)
    })
    void models.findDevice()
  }

  /** Opens what a file or the clipboard holds; what is wrong with it is shown. */
  async function openBytes(read: () => Promise<ArrayBuffer | Uint8Array>, name: OpenedName): Promise<void> {
    setFailure(null)
    try {
      if (training.busy()) fail('bad_state', t('open.busy'), t('open.busyHint'))
      const { config, sections } = readConfigFile(new Uint8Array(await read()), inWords(name))
      await openConfig(config, name, sections)
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  /** As it was before a reload; what it waited for, it waits for still. */
  function restore({ config, name, said, awaiting }: StoredOpening): void {
    if (awaiting) {
      draft.take({ data: config.data })
      data.await(config.data)
    }
    setOpened({ config, name, said: new Set(said) })
  }

  const missing = createMemo((): Missing[] => {
    const now = opened()
    if (!now) return []
    const { model, data: own } = draft.config()
    const config = {
      ...now.config,
      ...(now.said.has('model') ? {} : { model }),
      ...(now.said.has('data') ? {} : { data: own }),
    }
    if (!now.said.has('data') && !data.dataset()) return []
    return missingOf(config, {
      dataset: data.dataset(),
      models: models.list(),
      stored: data.stored(),
      runs: runs.list(),
      start: draft.start(),
      adapter: startAdapter.has(draft.start()),
    })
  })

  return {
    openConfig,
    openBytes,
    failure,
    dismissFailure: () => setFailure(null),
    opened: () => {
      const now = opened()
      return now && inWords(now.name)
    },
    /** What a reload must find again. */
    kept: (): StoredOpening | null => {
      const now = opened()
      return now && { ...now, said: [...now.said], awaiting: data.awaited() !== null }
    },
    restore,
    missing,
    /** Puts the note away; what was opened stays chosen. */
    dismiss: () => {
      setOpened(null)
      data.await(null)
    },
  }
}
